"""Tables of building a corpus (docs/results/text-and-languages.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import language_name, markdown
from pages.results import results


def tokenizing() -> str:
    return markdown(
        ["language", "tokenizer", "documents per second", "words per second", "times CountVectorizer"],
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
        ["language", "documents per second", "CountVectorizer", "times CountVectorizer"],
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
        ["documents", "languages", "file, MB", "processes", "seconds", "documents per second", "peak memory, MB"],
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


TABLES: dict[str, Callable[[], str]] = {
    "tokenizing": tokenizing,
    "counting": counting,
    "building": building,
}
