"""What grows with documents is the nonzero counts; nothing is ever documents × vocabulary."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the peak of a process is not told there"),
]

# A million documents of three words, in two languages of 4,000 words: dense, their counts would be 16 GB a language.
CORPUS = """
import json
import resource
import sys

import numpy as np
import scipy.sparse as sp

from gloctm import Corpus
from gloctm.corpus import LanguageCorpus


def peak():
    try:
        lines = open("/proc/self/status").read().splitlines()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def forget_peak():
    # That of a new process begins with its parent's, and building the corpus has one.
    if sys.platform == "linux":
        open("/proc/self/clear_refs", "w").write("5")


DOCUMENTS, WORDS = 1_000_000, 4000
generator = np.random.default_rng(0)
parts = {}
for language in ("en", "de"):
    columns = generator.integers(0, WORDS, 3 * DOCUMENTS, np.int32)
    counts = sp.csr_array(
        (np.ones(len(columns), np.int32), columns, np.arange(DOCUMENTS + 1) * 3), shape=(DOCUMENTS, WORDS)
    )
    counts.sum_duplicates()
    parts[language] = LanguageCorpus(
        counts=counts,
        vocabulary=[f"{language}{word}" for word in range(WORDS)],
        word_embeddings=generator.standard_normal((WORDS, 8), np.float32),
        document_embeddings=generator.standard_normal((DOCUMENTS, 4), np.float32),
    )
corpus = Corpus(parts)
del parts
"""

NETWORK = """
import torch

from gloctm.training.batches import Batches, draw_noise
from gloctm.model.inference import latent_means, topic_proportions
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork
from gloctm.model.parameters import local_encoder_name

torch.set_num_threads(1)
forget_peak()
before = peak()
batches = Batches(corpus, 2, torch.device("cpu"))
network = GloCTMNetwork(dict.fromkeys(corpus, WORDS), 5)
noise = {language: make_generator(0, language) for language in corpus}
epoch = batches.epoch(64, make_generator(0, "shuffling"))
for _ in range(3):
    batch = next(epoch)
    network(batch, draw_noise(batch, 5, noise)).total.backward()
weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
theta = topic_proportions(latent_means(corpus["en"].counts, weights, local_encoder_name("en")))
assert theta.shape == (DOCUMENTS, 5)
# Of global counts, five nonzeros for each of a document's words.
nonzeros = sum(6 * part.counts.nnz for part in corpus.values())
print(json.dumps({"grown": peak() - before, "nonzeros": nonzeros}))
"""

CONTEXT = """
from gloctm import GloCTM

forget_peak()
before = peak()
model = GloCTM(num_topics=5, threads=1, show_progress=False).fit(corpus)
theta = model.transform(corpus["en"].counts, language="en")
assert theta.shape == (DOCUMENTS, 5)
nonzeros = sum(part.counts.nnz for part in corpus.values())
print(json.dumps({"grown": peak() - before, "nonzeros": nonzeros}))
"""


def run(script):
    result = subprocess.run([sys.executable, "-c", CORPUS + script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_memory_of_a_million_documents():
    found = run(NETWORK)
    # An index and a count are 8 bytes; two of the larger matrices while one becomes the other, and some scratch.
    assert found["grown"] < 24 * found["nonzeros"] + 300e6


def test_memory_of_a_million_documents_in_the_context_space():
    # Topics are found in a part of the documents, and θ is inferred block by block: what does not grow with them is
    # some hundred megabytes of similarities and pairs of words.
    found = run(CONTEXT)
    assert found["grown"] < 24 * found["nonzeros"] + 800e6
