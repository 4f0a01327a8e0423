"""Tables of languages: never trained on (docs/lab/links.md), and many (docs/results/text-and-languages.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import language_name, markdown, per_cent
from pages.results import Result, results


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


def step() -> str:
    every = results("languages", "step")
    return markdown(
        [
            "languages",
            "words in all",
            "the same, times two's",
            "ms per step",
            "the same, times two's",
            "documents per step",
            "ms per document",
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
    pairs = list(next(iter(results("languages", "small")[0]["accuracy"].values())))
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
    "step": step,
    "sizes": sizes,
    "small": small,
}
