"""Steps of training by one process and by several together: their time, what they exchange, and their loss.

``python benchmarks/scale.py joint`` measures; as a program, this is one of the processes that it starts.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

from machine import machine

WARMUP = 5
# Two languages of 5,000 words, 46 different ones per document, 512-dimensional embeddings, 50 topics.
DOCUMENTS, WORDS, DISTINCT = 20_000, 5000, 46


def measure(batch_size: int, ranks: int, steps: int) -> dict[str, Any]:
    """Run some processes on this machine, one thread each, and return what the first one found."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    shared = {"WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, str(batch_size), str(steps)]
    processes = [
        subprocess.Popen(command, env={**os.environ, **shared, "RANK": str(rank)}, stdout=subprocess.PIPE)
        for rank in range(ranks)
    ]
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        sys.exit(f"training by {ranks} processes failed, see above")
    return {"benchmark": "joint", **json.loads(outputs[0]), "machine": machine()}


def take_steps(batch_size: int, steps: int) -> dict[str, Any]:
    """Train for some steps, together with the other processes, and say what they took."""
    import torch
    import torch.distributed as dist
    from made_up import Shape

    from gloctm.network import joined_ranks
    from gloctm.training import TrainingSettings
    from gloctm.training.batches import Batches
    from gloctm.training.loop import TrainingLoop

    torch.set_num_threads(1)
    corpus = Shape(documents=(DOCUMENTS,) * 2, words=(WORDS,) * 2, distinct_words=DISTINCT).corpus()
    settings = TrainingSettings(batch_size=batch_size, epochs=1000)
    sent: list[int] = []
    all_reduce = dist.all_reduce

    def counted(tensor: torch.Tensor, *arguments: Any) -> None:
        sent.append(tensor.numel() * tensor.element_size())
        all_reduce(tensor, *arguments)

    dist.all_reduce = counted
    with joined_ranks(torch.device("cpu")) as ranks:
        batches = Batches(corpus, settings.num_neighbors, torch.device("cpu"), ranks=ranks)
        loop = TrainingLoop({code: part.num_words for code, part in corpus.items()}, batches, settings, 0, {}, ranks)
        loop.network.train()
        taken, started, used = 0, 0.0, 0.0
        while taken < WARMUP + steps:
            for batch in batches.epoch(batch_size, loop.shuffling):
                if taken == WARMUP:
                    sent.clear()
                    started, used = time.perf_counter(), time.process_time()
                loop.take_step(batch)
                taken += 1
                if taken == WARMUP + steps:
                    break
            loop.batch = 0
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - used
        loss = float(loop.epoch_sum.sum()) / taken
        ranks.leave()
    return {
        "batch_size": batch_size,
        "ranks": ranks.world,
        "steps": steps,
        "milliseconds": round(1000 * seconds / steps, 2),
        "cpu_milliseconds": round(1000 * cpu_seconds / steps, 2),
        "exchanges": len(sent) / steps,
        "bytes": sum(sent) / steps,
        "loss": loss,
    }


def main() -> None:
    """Be one of the processes; the first says what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("batch_size", type=int)
    parser.add_argument("steps", type=int)
    arguments = parser.parse_args()
    found = take_steps(arguments.batch_size, arguments.steps)
    if os.environ["RANK"] == "0":
        print(json.dumps(found))


if __name__ == "__main__":
    main()
