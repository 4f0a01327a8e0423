"""Peak memory of the default method on a corpus in shards does not grow with its documents."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is told by Linux"),
]

WRITE = """
import sys
import numpy as np
import scipy.sparse as sp
from gloctm import Corpus, LanguageCorpus

folder, documents = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(0)
parts = {}
for code in ("en", "de"):
    columns = rng.integers(0, 500, 6 * documents, np.int32)
    counts = sp.csr_array(
        (np.ones(len(columns), np.int32), columns, np.arange(documents + 1) * 6), shape=(documents, 500)
    )
    counts.sum_duplicates()
    parts[code] = LanguageCorpus(
        counts=counts,
        vocabulary=[f"{word}{code}" for word in range(500)],
        word_embeddings=rng.standard_normal((500, 128), np.float32),
        document_embeddings=rng.standard_normal((documents, 128), np.float32),
    )
Corpus(parts).save(folder, sharded=True)
"""

FIT = """
import sys
from gloctm import GloCTM, ShardedCorpus
from gloctm.context import fit, train

# The sample that 100,000 documents are to millions.
fit.FITTED_DOCUMENTS = train.FITTED_DOCUMENTS = 2_000
corpus = ShardedCorpus.load(sys.argv[1])
GloCTM(num_topics=5, num_near_documents=3, num_refinements=1, threads=1, show_progress=False).fit(corpus)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(folder, documents: int) -> int:
    """The peak of training on so many documents per language, in kB."""
    subprocess.run([sys.executable, "-c", WRITE, str(folder), str(documents)], check=True)
    fitted = subprocess.run([sys.executable, "-c", FIT, str(folder)], capture_output=True, text=True, check=False)
    assert fitted.returncode == 0, fitted.stderr
    return int(fitted.stdout)


def test_memory_does_not_grow_with_documents(tmp_path):
    # From one shard on, the largest of which is in memory at a time.
    assert peak(tmp_path / "large", 160_000) < 1.1 * peak(tmp_path / "small", 40_000)
