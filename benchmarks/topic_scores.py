"""Scores of each topic of the models in benchmarks/results/quality.jsonl, from the words that are kept there.

    python benchmarks/topic_scores.py DATA --reference REFERENCES

Arguments are those of quality.py; DATA says which corpora, and is not read. Nothing is trained. Figures of
quality.jsonl are means over topics; intervals need the topics themselves, and other numbers of words need other words.
Lines go to benchmarks/results/topic-scores.jsonl. What is there is not computed again; scores of words that no result
has any more go.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from corpora import add_arguments, of_arguments
from pages.results import Result, results
from pages.scores import COHERENT, score_key, topic_scores, words_digest
from quality import content_digest

from gloctm.files.atomic import atomic_file
from gloctm.metrics import ReferenceCounts, cross_lingual_npmi_by_topic, read_references, reference_file

RESULTS = Path(__file__).resolve().parent / "results" / "topic-scores.jsonl"
NUMBERS_OF_WORDS = (10, 15, 25)


def scores(
    topics: Mapping[str, Sequence[Sequence[str]]], references: Mapping[Any, Sequence[ReferenceCounts]], number: int
) -> dict[str, list[float]]:
    """The measures of each topic, means over languages or their pairs.

    Args:
        topics: by language the words of each topic.
        references: by pair of languages counts of the reference corpus.
        number: how many of the words are looked at.
    """
    first = {code: [list(words[:number]) for words in each] for code, each in topics.items()}

    def coherence(counting: Any) -> np.ndarray[Any, Any]:
        return np.mean(
            [
                cross_lingual_npmi_by_topic(first[one], first[two], *counts, counting=counting)
                for (one, two), counts in references.items()
            ],
            axis=0,
        )

    found = {
        "cnpmi_published": coherence("published"),
        "cnpmi_document": coherence("document"),
        "topic_uniqueness": np.mean([uniqueness(each) for each in first.values()], axis=0),
    }
    return {name: [round(float(value), 5) for value in values] for name, values in found.items()}


def uniqueness(topics: Sequence[Sequence[str]]) -> list[float]:
    """TU of each topic: the mean over its words of 1 / (number of topics that have the word)."""
    frequency = Counter(word for words in topics for word in set(words))
    return [sum(1 / frequency[word] for word in words) / len(words) for words in topics]


def scored(each: Result, references: Mapping[Any, Sequence[ReferenceCounts]]) -> Result:
    """The line of one result."""
    by_words = {number: scores(each["top_words"], references, number) for number in NUMBERS_OF_WORDS}
    return {
        "benchmark": "topic-scores",
        **{name: each.get(name) for name in ("corpus", "model", "view", "seed", "conditions", "name")},
        "words": words_digest(each),
        **by_words[15],
        "by_words": {
            str(number): {name: round(float(np.mean(values)), 5) for name, values in found.items()}
            for number, found in by_words.items()
        },
    }


def scores_of(corpus: str, folder: Path, known: Mapping[tuple[Any, ...], Result]) -> list[Result]:
    """The lines of a corpus: those that are there, and new ones.

    Args:
        corpus: by its preset.
        folder: of the reference corpus by which its models were measured.
        known: lines that are there.
    """
    every = [
        each
        for each in results("quality", "quality")
        if each["corpus"] == corpus and each["top_words"] and each["view"] in ("", COHERENT)
    ]
    lacking = [each for each in every if score_key(each) not in known]
    found = [known[score_key(each)] for each in every if score_key(each) in known]
    if not lacking:
        return found
    languages = list(lacking[0]["top_words"])
    digest = content_digest(reference_file(folder, code) for code in languages)
    if other := next((each for each in lacking if each["reference"]["digest"] != digest), None):
        sys.exit(f"{other['model']} on {corpus} was measured by another reference corpus than {folder}")
    references = read_references(folder, languages)
    for each in lacking:
        line = scored(each, references)
        for measure, values in each["measures"].items():
            if measure in line and abs(np.mean(line[measure]) - np.mean(list(values.values()))) > 1e-4:
                sys.exit(f"{measure} of {each['name']} on {corpus} is not what {folder} gives")
        found.append(line)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    folders = {files.preset: files.reference for files in of_arguments(parser.parse_args())}
    known = topic_scores()
    lines = [each for each in known.values() if each["corpus"] not in folders]
    for corpus, folder in folders.items():
        lines += scores_of(corpus, folder, known)
    with atomic_file(RESULTS) as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
