"""What training on shards takes in memory depends on the window and not on the number of documents."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read from /proc"),
]

MADE = """
import sys

import numpy as np
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.corpus import LanguageCorpus

DOCUMENTS, WORDS, DIMENSION = int(sys.argv[1]), 500, 128
generator = np.random.default_rng(0)
parts = {}
for language in ("en", "de"):
    columns = generator.integers(0, WORDS, 10 * DOCUMENTS, np.int32)
    counts = sp.csr_array(
        (np.ones(len(columns), np.int32), columns, np.arange(DOCUMENTS + 1) * 10), shape=(DOCUMENTS, WORDS)
    )
    counts.sum_duplicates()
    parts[language] = LanguageCorpus(
        counts=counts,
        vocabulary=[f"{language}{word}" for word in range(WORDS)],
        word_embeddings=generator.standard_normal((WORDS, 8), np.float32),
        document_embeddings=generator.standard_normal((DOCUMENTS, DIMENSION), np.float32),
    )
Corpus(parts).save(sys.argv[2], sharded=True)
"""

TRAINED = """
import json
import sys

from gloctm import ShardedCorpus
from gloctm.training import TrainingSettings
from gloctm.training.train import train

settings = TrainingSettings(
    num_topics=4, epochs=1, batch_size=1024, local_hidden_size=8, global_hidden_size=8, shuffle_documents=8192,
    threads=1, device="cpu",
)
result = train(ShardedCorpus.load(sys.argv[1]), settings, seed=0, show_progress=False)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"kilobytes": int(peak.split()[1]), "loss": result.history[-1]["loss"]}))
"""


def peak(folder, documents: int) -> int:
    # Another process, since a corpus in memory would count.
    subprocess.run([sys.executable, "-c", MADE, str(documents), str(folder)], check=True, capture_output=True)
    trained = subprocess.run([sys.executable, "-c", TRAINED, str(folder)], capture_output=True, text=True, check=False)
    assert trained.returncode == 0, trained.stderr
    return int(json.loads(trained.stdout)["kilobytes"])


def test_memory_does_not_grow_with_documents(tmp_path):
    few, many = (peak(tmp_path / str(documents), documents) for documents in (40_000, 160_000))
    # Held at once, the documents that were added would be 140 MB.
    assert many < 1.1 * few
