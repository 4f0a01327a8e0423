"""How well maps of documents keep themes together and mix languages, by what places the documents.

    OMP_NUM_THREADS=1 python benchmarks/document_map.py [CORPUS] [--topics 12] [--seeds 0 1 2]

CORPUS is a saved corpus with labels and embeddings of documents; the built-in one unless given. Prints a row of a table
in Markdown for each way to place documents, with the means over the seeds of the trainings:

- mixing: the share of other languages among the 15 nearest neighbors, over the share by chance;
- same label: the share of these neighbors that have the document's label;
- across: the same of the 15 nearest documents of each other language, taken by itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neighbors import KDTree

from gloctm import Corpus, GloCTM
from gloctm.model.vectors import joined_vectors, topic_vectors
from gloctm.summary.map import project
from gloctm.summary.mixing import NUM_NEIGHBORS, language_mixing
from gloctm.summary.projection import by_topics, by_umap

Places = Any


def same_label(places: Places, labels: Any) -> float:
    """The share of neighbors with a document's label."""
    found = KDTree(places).query(places, NUM_NEIGHBORS + 1, return_distance=False)
    # Itself is usually the first; of documents at one place, any.
    own = found == np.arange(len(places))[:, None]
    own[~own.any(axis=1), -1] = True
    neighbors = found[~own].reshape(len(places), NUM_NEIGHBORS)
    return float((labels[neighbors] == labels[:, None]).mean())


def same_label_across(places: Places, labels: Any, languages: Any) -> float:
    """The share of neighbors with a document's label, sought in each other language by itself."""
    shares = []
    for one in np.unique(languages):
        for other in set(languages.tolist()) - {one}:
            asked, answers = np.flatnonzero(languages == one), np.flatnonzero(languages == other)
            found = answers[KDTree(places[answers]).query(places[asked], NUM_NEIGHBORS, return_distance=False)]
            shares.append((labels[found] == labels[asked][:, None]).mean())
    return float(np.mean(shares))


def ways(model: GloCTM, theta: Any, vectors: Any) -> dict[str, Callable[[], Places]]:
    """Each way to place the documents."""
    topics = project(joined_vectors(topic_vectors(model.word_scores_, model.word_embeddings_)))
    unknown = [(None, rows) for _, rows in vectors]
    begin = by_topics(theta, topics, vectors)
    # Where all documents have the same proportions, vectors alone differ.
    alike = np.full_like(theta, 1 / theta.shape[1])
    return {
        "topics' own map": lambda: begin,
        "UMAP of √θ": lambda: by_umap(theta, unknown, begin),
        "UMAP of vectors": lambda: by_umap(alike, vectors, begin),
        "UMAP of √θ and vectors": lambda: by_umap(theta, vectors, begin),
    }


def main() -> None:
    """Train, place and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?")
    parser.add_argument("--topics", type=int, default=12)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    corpus = Corpus.demo(show_progress=False) if given.corpus is None else Corpus.load(given.corpus)
    rows = {code: np.flatnonzero(~part.empty_documents) for code, part in corpus.items()}
    labels = np.concatenate([np.asarray(part.labels)[rows[code]] for code, part in corpus.items()])
    labels = np.unique(labels, return_inverse=True)[1]
    languages = np.repeat(np.arange(len(rows)), [len(each) for each in rows.values()])
    vectors = [(part.document_embeddings, rows[code]) for code, part in corpus.items()]
    measured: dict[str, list[tuple[float, ...]]] = {}
    for seed in given.seeds:
        model = GloCTM(num_topics=given.topics, random_state=seed, threads=1, show_progress=False).fit(corpus)
        inferred = model.transform(corpus)
        theta = np.concatenate([inferred[code][rows[code]] for code in corpus.languages])
        for name, place in ways(model, theta, vectors).items():
            places = place()
            figures = (
                language_mixing(places, languages) or 0.0,
                same_label(places, labels),
                same_label_across(places, labels, languages),
            )
            measured.setdefault(name, []).append(figures)
    print("| placed by | mixing | same label, % | across, % |\n|---|--:|--:|--:|")
    for name, figures in measured.items():
        mixing, same, across = np.mean(figures, axis=0)
        print(f"| {name} | {mixing:.2f} | {100 * same:.1f} | {100 * across:.1f} |")


if __name__ == "__main__":
    main()
