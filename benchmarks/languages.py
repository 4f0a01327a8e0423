"""Many languages at once: what a step costs with 2, 5 and 10 of them, and what becomes of very small ones.

    python benchmarks/languages.py step
    python benchmarks/languages.py sizes [--epochs 10]
    python benchmarks/languages.py small FOLDER [--languages en,cn] [--few 200] [--epochs 15]

``step`` times training steps of the published network on random corpora (2,000 words a language, 50 topics, 128
documents a language), the numbers of languages interleaved, one thread. A step takes a batch of every language, and
each document is decoded over all vocabularies, so what should grow no faster than the sum of vocabularies is the cost
of a document.

``sizes`` trains on planted topics (20 topics, 600 words a language) in ten languages of 200 to 20,000 documents, and in
two of 20,000, and reports how many planted topics have a topic of their own in all languages, topic uniqueness, and how
often a document's nearest in another language has its label.

``small`` trains on a benchmark folder with all documents of two languages, then with a few of the second, and reports
topic uniqueness and the accuracy of an RBF SVM on μ, within each language and across; by the published network, for its
local and its global encoders.

``sizes`` and ``small`` train by default, or with ``--epochs`` the published network, for so many.

Each result is a JSON line on standard output; benchmarks/results/languages.jsonl keeps them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from machine import machine

from gloctm import Corpus, GloCTM
from gloctm.corpus import LanguageCorpus
from gloctm.metrics import nearest_document_agreement, theme_topics, topic_uniqueness

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
CODES = ["en", "zh", "de", "ja", "fr", "ru", "es", "ar", "ko", "it"]


def random_corpus(languages: list[str], words: int, documents: int) -> Corpus:
    """Counts and embeddings without any meaning, of the size and sparsity of news headlines and their vocabularies."""
    parts = {}
    for number, code in enumerate(languages):
        rng = np.random.default_rng(number)
        counts = sp.random_array((documents, words), density=12 / words, rng=rng, format="csr")
        counts.data[:] = 1
        parts[code] = LanguageCorpus(
            counts=counts,
            vocabulary=[f"{code}{word}" for word in range(words)],
            word_embeddings=rng.normal(size=(words, 64)).astype(np.float32),
            document_embeddings=rng.normal(size=(documents, 512)).astype(np.float32),
        )
    return Corpus(parts)


def step() -> None:
    import torch

    from gloctm.network import GloCTMNetwork, make_generator
    from gloctm.training.batches import Batches, draw_noise

    torch.set_num_threads(1)
    words, num_topics, batch_size = 2000, 50, 128
    runs: dict[int, Any] = {}
    for count in (2, 5, 10):
        corpus = random_corpus(CODES[:count], words, 2000)
        batches = Batches(corpus, 3, torch.device("cpu"))
        network = GloCTMNetwork(dict.fromkeys(corpus, words), num_topics)
        optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, fused=True)
        noise = {code: make_generator(0, "noise", code) for code in corpus}
        runs[count] = (network, optimizer, noise, [next(iter(batches.epoch(batch_size, make_generator(0, "s"))))])
    seconds: dict[int, list[float]] = {count: [] for count in runs}
    for _ in range(15):
        for count, (network, optimizer, noise, samples) in runs.items():
            start = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            network(samples[0], draw_noise(samples[0], num_topics, noise), noise).total.backward()
            optimizer.step()
            seconds[count].append(time.perf_counter() - start)
    base = statistics.median(seconds[2])
    for count, each in seconds.items():
        median = statistics.median(each)
        print(
            json.dumps(
                {
                    "benchmark": "step",
                    "languages": count,
                    "sum_of_vocabularies": words * count,
                    "documents_a_step": batch_size * count,
                    "milliseconds_a_step": round(1e3 * median, 1),
                    "milliseconds_a_document": round(1e3 * median / batch_size / count, 4),
                    "document_cost_over_that_of_two": round(median / count / (base / 2), 2),
                    "vocabularies_over_those_of_two": count / 2,
                    "machine": machine(),
                }
            ),
            flush=True,
        )


def aligned(model: GloCTM, corpus: Corpus) -> dict[str, Any]:
    """How well the topics of a corpus with labels are found, and shared by its languages."""
    theta = model.transform(corpus)
    labels = {code: part.labels or [] for code, part in corpus.items()}
    sample = {code: np.random.default_rng(0).permutation(len(labels[code]))[:500] for code in corpus}
    agreement = nearest_document_agreement(
        {code: theta[code][sample[code]] for code in corpus},
        {code: [labels[code][row] for row in sample[code]] for code in corpus},
    )
    pairs = {
        "-".join(pair): len(theme_topics({code: theta[code] for code in pair}, {code: labels[code] for code in pair}))
        for pair in combinations(corpus.languages, 2)
    }
    return {
        "documents": {code: part.num_documents for code, part in corpus.items()},
        "topics_owned_in_all_languages": len(theme_topics(theta, labels)),
        "topics_owned_in_pairs_mean": round(statistics.mean(pairs.values()), 2),
        "topics_owned_in_pairs_least": min(pairs.items(), key=lambda pair: pair[1]),
        "topic_uniqueness": {
            code: round(topic_uniqueness([each["words"] for each in model.topics(15, languages=[code])]), 3)
            for code in corpus
        },
        "nearest_document_agreement_mean": round(statistics.mean(agreement.values()), 3),
        "nearest_document_agreement_least": round(min(agreement.values()), 3),
    }


def estimator(epochs: int | None, preset: str, **settings: Any) -> GloCTM:
    """The default method, or with epochs the network as a preset has it."""
    given = {**settings, "threads": 1, "random_state": 0}
    return GloCTM(**given) if epochs is None else GloCTM.from_preset(preset, **given, epochs=epochs)


def sizes(epochs: int | None) -> None:
    from planted import planted_corpus

    spread = {code: round(20_000 * 0.01 ** (rank / 9)) for rank, code in enumerate(CODES)}
    for languages in (dict.fromkeys(CODES[:2], 20000), spread):
        corpus = planted_corpus(list(languages), num_topics=20, words_per_topic=30, documents=languages, noise=0.3)
        model = estimator(epochs, "published", num_topics=20)
        start = time.perf_counter()
        model.fit(corpus)
        result = {"benchmark": "sizes", "epochs": epochs, "seconds": round(time.perf_counter() - start)}
        print(json.dumps({**result, **aligned(model, corpus), "machine": machine()}), flush=True)


def small(folder: str, languages: list[str], few: int, epochs: int | None) -> None:
    from sklearn.svm import SVC

    train = Corpus.from_benchmark(folder, languages)
    test = Corpus.from_benchmark(folder, languages, split="test", encoder=None)
    large_code, small_code = train.languages
    for limit in (None, few):
        corpus = train if limit is None else Corpus({large_code: train[large_code], small_code: first(train, few)})
        model = estimator(epochs, "ecnews").fit(corpus)
        scores: dict[str, dict[str, float]] = {"default": {}} if epochs is None else {"local": {}, "global": {}}
        for via, each in scores.items():
            through = None if via == "default" else via
            fitted, tested = (model.transform(part, latent=True, via=through) for part in (corpus, test))
            for source in corpus.languages:
                labels = np.asarray(corpus[source].labels)
                rows = np.random.default_rng(0).permutation(len(labels))[:8000]
                classifier = SVC(kernel="rbf").fit(fitted[source][rows], labels[rows])
                for target in corpus.languages:
                    truth = np.asarray(test[target].labels)
                    accuracy = float((classifier.predict(tested[target]) == truth).mean())
                    each[f"{target} from {source}"] = round(accuracy, 4)
        uniqueness = {
            code: round(topic_uniqueness([each["words"] for each in model.topics(15, languages=[code])]), 3)
            for code in corpus
        }
        result = {
            "benchmark": "small",
            "folder": Path(folder).name,
            "epochs": epochs,
            "documents": {code: part.num_documents for code, part in corpus.items()},
            "accuracy": scores,
            "topic_uniqueness": uniqueness,
            "machine": machine(),
        }
        print(json.dumps(result), flush=True)


def first(corpus: Corpus, few: int) -> LanguageCorpus:
    """A few documents of the corpus' last language, drawn by seed 0, with the whole vocabulary."""
    part = corpus[corpus.languages[-1]]
    rows = np.random.default_rng(0).permutation(part.num_documents)[:few]
    return LanguageCorpus(
        counts=part.counts[rows],
        vocabulary=part.vocabulary,
        word_embeddings=part.word_embeddings,
        document_embeddings=np.asarray(part.document_embeddings)[rows],
        labels=None if part.labels is None else [part.labels[row] for row in rows],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("step")
    planted = commands.add_parser("sizes")
    planted.add_argument("--epochs", type=int)
    real = commands.add_parser("small")
    real.add_argument("folder", help="a benchmark folder")
    real.add_argument("--languages", default="en,cn", help="two; the second is made small")
    real.add_argument("--few", type=int, default=200)
    real.add_argument("--epochs", type=int)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.command == "step":
        step()
    elif arguments.command == "sizes":
        sizes(arguments.epochs)
    else:
        small(arguments.folder, arguments.languages.split(","), arguments.few, arguments.epochs)


if __name__ == "__main__":
    main()
