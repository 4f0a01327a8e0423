"""Memory of streamed transform does not grow with documents: three times as many take hardly more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from handmade import handmade_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is read from /proc"),
]

# By default, what was freed may stay with the allocators: it comes and goes by more than what is looked for.
EAGER = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "ARROW_DEFAULT_MEMORY_POOL": "system"}
SCRIPT = """
import json
import sys

from gloctm.corpus import read_records
from gloctm.export import transform_to
from gloctm.model.model import TopicModel

transform_to(TopicModel.load(sys.argv[1]), read_records(sys.argv[2]), sys.argv[3], processes=1)
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps(peak))
"""


@pytest.mark.parametrize("target", ["theta.parquet", "theta.jsonl", "theta"])
def test_three_times_the_documents_take_hardly_more_memory(tmp_path, target):
    rng = np.random.default_rng(0)
    vocabulary = {code: [f"{code}{word}" for word in range(500)] for code in ("en", "de")}
    beta = {code: rng.normal(size=(20, 500)) for code in vocabulary}
    model = handmade_model(vocabulary, beta).save(tmp_path / "model")
    peaks = []
    # A part has 8 MB of these, which is some 70,000 documents; a group of rows has 65,536.
    for number in (160_000, 480_000):
        source = tmp_path / f"{number}.jsonl"
        with source.open("w") as stream:
            for row, words in enumerate(rng.integers(0, 500, (number, 12))):
                code = ("en", "de")[row % 2]
                stream.write(json.dumps({"text": " ".join(f"{code}{word}" for word in words), "lang": code}) + "\n")
        run = [sys.executable, "-c", SCRIPT, str(model), str(source), str(tmp_path / f"{number}-{target}")]
        result = subprocess.run(run, capture_output=True, text=True, check=False, env={**os.environ, **EAGER})
        assert result.returncode == 0, result.stderr
        peaks.append(json.loads(result.stdout))
    assert peaks[1] < 1.1 * peaks[0]
