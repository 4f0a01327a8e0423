"""Write the artifacts below ``kept/``: corpora, models and checkpoints as versions of this package left them.

They stand for what users have, so never rewrite one: add those of a new format to the others. Run with the code whose
artifacts are wanted::

    PYTHONPATH=src python tests/data/make_artifacts.py corpus FOLDER    # any version
    PYTHONPATH=src python tests/data/make_artifacts.py shards FOLDER    # a version that writes corpora of format 3
    PYTHONPATH=src python tests/data/make_artifacts.py all FOLDER       # a version that writes models of format 2
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus

LANGUAGES = ("en", "fr")
TOPICS, WORDS, DOCUMENTS, DIMENSION = 3, 5, 24, 8
COMMON = {"num_topics": TOPICS, "random_state": 0, "threads": 1, "show_progress": False}
SETTINGS: dict[str, dict[str, Any]] = {
    "context": COMMON,
    "published": {
        **COMMON,
        **{"method": "published", "epochs": 4, "batch_size": 16, "dropout": 0.1, "num_neighbors": 2},
        **{"local_hidden_size": 6, "global_hidden_size": 8, "schedule": "cosine"},
    },
}


def parts_of_corpus() -> dict[str, LanguageCorpus]:
    """Documents of one planted topic each, with everything that a document can have."""
    centers = np.random.default_rng(0).normal(size=(TOPICS, DIMENSION))
    topic_of_word = np.repeat(np.arange(TOPICS), WORDS)
    parts = {}
    for number, language in enumerate(LANGUAGES):
        rng = np.random.default_rng(1 + number)
        vocabulary = [f"{language}-{topic}-{rank}" for topic in range(TOPICS) for rank in range(WORDS)]
        topics = np.arange(DOCUMENTS) % TOPICS
        counts = rng.poisson(np.where(topics[:, None] == topic_of_word, 1.0, 0.05))
        counts[np.arange(DOCUMENTS), topics * WORDS] += 1
        parts[language] = LanguageCorpus(
            counts=sp.csr_array(counts),
            vocabulary=vocabulary,
            word_embeddings=(centers[topic_of_word] + 0.3 * rng.normal(size=(TOPICS * WORDS, DIMENSION))).astype("f4"),
            document_embeddings=(centers[topics] + 0.3 * rng.normal(size=(DOCUMENTS, DIMENSION))).astype("f4"),
            ids=[f"{language}-{row}" for row in range(DOCUMENTS)],
            labels=[str(topic) for topic in topics],
            texts=[" ".join(np.repeat(vocabulary, row)) for row in counts],
        )
    return parts


def corpus_with_report(folder: Path) -> Corpus:
    """The same, dated, and with the report of a corpus that lines were left out of."""
    parts = parts_of_corpus()
    lines = [
        json.dumps({"text": text, "lang": language, "date": f"2024-0{1 + row % 3}", "id": part.ids[row]})
        for language, part in parts.items()
        for row, text in enumerate(part.texts or [])
    ]
    (folder / "documents.jsonl").write_text("\n".join([*lines, "[1]", '{"text": "12"}\n']), encoding="utf-8")
    options: dict[str, Any] = {"on_error": "skip", "encoder": None, "show_progress": False}
    options["tokenizers"] = dict.fromkeys(LANGUAGES, str.split)
    built = Corpus.from_files(folder / "documents.jsonl", **options)
    (folder / "documents.jsonl").unlink()
    dated = {code: dataclasses.replace(part, dates=built[code].dates) for code, part in parts.items()}
    return Corpus(dated, report=built.report)


def stop_at_round(number: int) -> Any:
    """Have the context method interrupted in one of its rounds; what was there before comes back."""
    import gloctm.context.fit as fit

    rounds, refined = [], fit.refined

    def refined_until(*arguments: Any) -> Any:
        rounds.append(None)
        if len(rounds) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return refined(*arguments)

    fit.refined = refined_until
    return lambda: setattr(fit, "refined", refined)


def write_checkpoint(corpus: Corpus, method: str, path: Path) -> None:
    """Stop a training midway, by an interrupt."""
    from gloctm.errors import TrainingInterrupted
    from gloctm.training.callbacks import Callback

    class Stop(Callback):
        def on_epoch_end(self, run: Any, epoch: Any) -> None:
            if epoch["epoch"] == 2:
                os.kill(os.getpid(), signal.SIGINT)

    restore = stop_at_round(3) if method == "context" else lambda: None
    try:
        callbacks = [] if method == "context" else [Stop()]
        GloCTM(**SETTINGS[method]).fit(corpus, checkpoint=path, callbacks=callbacks)
    except TrainingInterrupted:
        return
    finally:
        restore()
    raise SystemExit(f"the training by {method} was not interrupted")


def split_corpus() -> Corpus:
    """The same in shards of ten documents and blocks of four, the second language's documents split into two."""
    from gloctm.corpus import Passages, shard_files

    shard_files.SHARD_DOCUMENTS, shard_files.BLOCK_DOCUMENTS = 10, 4
    corpus = Corpus(parts_of_corpus(), encoder="own vectors", passage_length=300)
    part = corpus["fr"]
    first = sp.csr_array(part.counts.minimum(1))
    order = np.arange(2 * DOCUMENTS).reshape(2, DOCUMENTS).T.ravel()
    passages = Passages(
        document=np.repeat(np.arange(DOCUMENTS), 2),
        starts=np.tile([0, 7], DOCUMENTS),
        counts=sp.csr_array(sp.vstack([first, part.counts - first]).tocsr()[order]),
        embeddings=np.repeat(part.document_embeddings, 2, axis=0),
    )
    texts = ["\ud83d lone", *list(part.texts or [])[1:]]
    split = dataclasses.replace(
        part, passages=passages, document_embeddings=passages.document_embeddings(), texts=texts, labels=None
    )
    return Corpus({"en": corpus["en"], "fr": split}, encoder=corpus.encoder, passage_length=corpus.passage_length)


def write_shards(folder: Path) -> None:
    """Write the corpus in shards, and what is expected of it."""
    from gloctm import ShardedCorpus

    corpus = split_corpus()
    sharded = ShardedCorpus.load(corpus.save(folder / "corpus-format-3", sharded=True))
    expected = {"fingerprint": corpus.fingerprint(), "sharded_fingerprint": sharded.fingerprint()}
    (folder / "expected-shards.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


def main(what: str, folder: Path) -> None:
    """Write the corpus, the one in shards, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    if what == "shards":
        write_shards(folder)
        return
    if what == "corpus":
        Corpus(parts_of_corpus()).save(folder / "corpus")
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    corpus = corpus_with_report(folder)
    corpus.save(folder / "corpus")
    expected: dict[str, Any] = {"fingerprint": corpus.fingerprint(), "settings": SETTINGS}
    for method, settings in SETTINGS.items():
        model = GloCTM(**settings).fit(corpus)
        model.save(folder / f"model-{method}")
        write_checkpoint(corpus, method, folder / f"{method}.checkpoint")
        theta = {code: each[:6].tolist() for code, each in model.transform(corpus).items()}
        topics = [record["words"] for record in model.topics(3)]
        expected[method] = {"theta": theta, "topics": topics}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
