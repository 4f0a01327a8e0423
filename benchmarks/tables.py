"""The tables in the documentation, made from the results in benchmarks/results.

    python benchmarks/tables.py            # write them anew into docs/*.md
    python benchmarks/tables.py --check    # exit with 1 if they are not what the results say

A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("docs/method.md", "docs/benchmarks.md")
Result = dict[str, Any]


def results(name: str, benchmark: str | None = None) -> list[Result]:
    """The results in a file, of one benchmark."""
    lines = (ROOT / "benchmarks" / "results" / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    every = [json.loads(line) for line in lines if line]
    return [each for each in every if benchmark is None or each["benchmark"] == benchmark]


def markdown(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, all columns but the first aligned right."""
    rule = "|---|" + "--:|" * (len(heading) - 1)
    return "\n".join([f"| {' | '.join(heading)} |", rule, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


LANGUAGE_NAMES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "th": "Thai",
    "zh": "Chinese",
}


def language_name(code: str) -> str:
    return LANGUAGE_NAMES[code]


def per_cent(values: Iterable[float]) -> str:
    return f"{100 * statistics.mean(values):.1f}"


def held_out() -> str:
    rows: dict[str, list[Result]] = {}
    for each in results("unseen_language"):
        if "trained" in each:
            after = ", after English and Chinese" if len(each["trained_on"]) == 2 else ""
            rows.setdefault(language_name(each["language"]) + after, []).append(each)
    return markdown(
        ["held out", "nearest topic", "the same, trained on", "SVM", "the same, trained on"],
        (
            [
                name,
                per_cent(one["linked"]["nearest_topic"] for one in group),
                per_cent(one["trained"]["nearest_topic"] for one in group),
                per_cent(one["linked"]["svm_global"] for one in group),
                per_cent(one["trained"]["svm_local"] for one in group),
            ]
            for name, group in rows.items()
        ),
    )


def never_trained_on() -> str:
    rows: dict[str, list[Result]] = {}
    for each in results("unseen_language"):
        if "trained" not in each:
            rows.setdefault(language_name(each["language"]), []).append(each)
    return markdown(
        ["", "nearest topic", "SVM", "nearest topic, published links", "SVM, published links", "SVM on embeddings"],
        (
            [
                name,
                per_cent(one["linked"]["nearest_topic"] for one in group),
                per_cent(one["linked"]["svm_global"] for one in group),
                per_cent(one["published_form"]["nearest_topic"] for one in group),
                per_cent(one["published_form"]["svm_global"] for one in group),
                per_cent(one["embeddings"] for one in group),
            ]
            for name, group in rows.items()
        ),
    )


def tokenizing() -> str:
    return markdown(
        ["language", "tokeniser", "documents a second", "words a second", "times CountVectorizer"],
        (
            [
                language_name(each["language"]),
                f"`{each['tokenizer']}`",
                f"{each['documents_per_second']:,}",
                f"{each['tokens_per_second']:,}",
                f"{each['ratio']:#.2g}",
            ]
            for each in results("build", "tokenize")
        ),
    )


def counting() -> str:
    return markdown(
        ["language", "documents a second", "CountVectorizer", "times CountVectorizer"],
        (
            [
                language_name(each["language"]),
                f"{each['documents_per_second']:,}",
                f"{each['countvectorizer_documents_per_second']:,}",
                f"{each['ratio']:#.2g}",
            ]
            for each in results("build", "build")
        ),
    )


def building() -> str:
    return markdown(
        ["documents", "languages", "file, MB", "processes", "seconds", "documents a second", "peak memory, MB"],
        (
            [
                f"{each['documents']:,}",
                len(each["languages"]),
                each["file_megabytes"],
                each["processes"],
                f"{each['seconds']:.0f}",
                f"{each['documents_per_second']:,}",
                f"{each['peak_megabytes']:,}",
            ]
            for each in results("build", "build from a file")
        ),
    )


def step() -> str:
    every = results("languages", "step")
    return markdown(
        [
            "languages",
            "words in all",
            "the same, times two's",
            "ms a step",
            "the same, times two's",
            "documents a step",
            "ms a document",
            "the same, times two's",
        ],
        (
            [
                each["languages"],
                f"{each['sum_of_vocabularies']:,}",
                each["vocabularies_over_those_of_two"],
                each["milliseconds_a_step"],
                f"{each['milliseconds_a_step'] / every[0]['milliseconds_a_step']:.1f}",
                each["documents_a_step"],
                each["milliseconds_a_document"],
                each["document_cost_over_that_of_two"],
            ]
            for each in every
        ),
    )


def sizes() -> str:
    return markdown(
        ["languages", "documents", "topics found in all", "lowest TU", "nearest document's label, mean", "least"],
        (
            [
                len(each["documents"]),
                " to ".join(f"{size:,}" for size in sorted({min(each["documents"].values()), 20_000})),
                f"{each['topics_owned_in_all_languages']} of 20",
                min(each["topic_uniqueness"].values()),
                each["nearest_document_agreement_mean"],
                each["nearest_document_agreement_least"],
            ]
            for each in results("languages", "sizes")
        ),
    )


def small() -> str:
    pairs = list(results("languages", "small")[0]["accuracy"]["local"])
    return markdown(
        ["documents", "via", *pairs, "TU"],
        (
            [
                ", ".join(f"{code} {size:,}" for code, size in each["documents"].items()),
                via,
                *(f"{scores[pair]:.3f}" for pair in pairs),
                ", ".join(f"{code} {value:.2f}" for code, value in each["topic_uniqueness"].items()),
            ]
            for each in results("languages", "small")
            for via, scores in each["accuracy"].items()
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "held out": held_out,
    "never trained on": never_trained_on,
    "tokenizing": tokenizing,
    "counting": counting,
    "building": building,
    "step": step,
    "sizes": sizes,
    "small": small,
}


def with_tables(text: str) -> str:
    """A page with its tables as the results have them."""

    def table(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- table: ([\w ]+) -->)\n.*?(<!-- end of table -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Write or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    for page in PAGES:
        path = ROOT / page
        before = path.read_text(encoding="utf-8")
        after = with_tables(before)
        if check and before != after:
            sys.exit(f"{page} has tables that are not what the results say: run python benchmarks/tables.py")
        if not check:
            path.write_text(after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
