"""Seconds a step of topica's InfoCTM, by its documented interface; run by an interpreter that has topica.

    python benchmarks/peer.py '{"documents": 1000, "words": 5000, "topics": 50, "batch": 128}'

Reading the documents and preparing the dictionary are left out: the time of one epoch is taken from that of three.
"""

from __future__ import annotations

import json
import math
import sys
import time
from importlib.metadata import version

import numpy as np
import topica


def main() -> None:
    sizes = json.loads(sys.argv[1])
    generator = np.random.default_rng(0)
    words = sizes["words"]
    frequency = 1 / np.arange(10, words + 10)
    documents = [
        [
            [f"{language}{word}" for word in generator.choice(words, 12, p=frequency / frequency.sum())]
            for _ in range(sizes["documents"])
        ]
        for language in "ab"
    ]
    pairs = [(f"a{word}", f"b{word}") for word in range(words)]

    def fit(epochs: int) -> float:
        start = time.perf_counter()
        topica.InfoCTM(sizes["topics"]).fit(*documents, dictionary=pairs, iters=epochs, batch_size=sizes["batch"])
        return time.perf_counter() - start

    steps = math.ceil(sizes["documents"] / sizes["batch"])
    once, thrice = fit(1), fit(3)
    print(json.dumps({"step_seconds": (thrice - once) / (2 * steps), "version": version("topica")}))


if __name__ == "__main__":
    main()
