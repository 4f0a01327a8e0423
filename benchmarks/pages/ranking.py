"""The tables of words ranked by how frequent they are, too (docs/quality.md)."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from pages.markdown import markdown, spread
from pages.results import Result, results


def ranking(corpus: str) -> Callable[[], str]:
    """The table of one corpus, by its preset."""

    def table() -> str:
        groups: dict[tuple[str, float], list[Result]] = {}
        for each in results("ranking", "ranking"):
            if each["corpus"] == corpus:
                changed = ", ".join(f"`{name}={value}`" for name, value in each["changes"].items())
                groups.setdefault((changed, each["frequency_weight"]), []).append(each)
        return markdown(
            ["training", "α", "seeds", "CNPMI, published", "CNPMI, document", "TU", "documents with a word"],
            (
                [
                    changed or "as published",
                    f"{weight:g}",
                    len(group),
                    *(
                        spread([one["cnpmi"][counting] for one in group], ".4f")
                        for counting in ("published", "document")
                    ),
                    spread([statistics.mean(one["topic_uniqueness"].values()) for one in group]),
                    f"{100 * statistics.mean(statistics.mean(one['median_share'].values()) for one in group):.2f} %",
                ]
                for (changed, weight), group in sorted(groups.items())
            ),
        )

    return table


TABLES = {"ranking ecnews": ranking("ecnews"), "ranking rakuten": ranking("rakuten_amazon")}
