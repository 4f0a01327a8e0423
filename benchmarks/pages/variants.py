"""Tables of the method's variants, and of the method without its parts (docs/quality.md)."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping

from variants import VARIANTS

from pages.markdown import markdown, spread
from pages.results import Result, results

BASE = "base"
ABLATIONS = {BASE: "GloCTM"} | {name: name for name in VARIANTS if name.startswith("without ")}
OTHERS = {name: name for name in VARIANTS if name == BASE or name not in ABLATIONS}
PATHS = ("local", "global", "both")


def grouped(corpus: str) -> dict[str, dict[tuple[int, str], list[Result]]]:
    """Results on a corpus by variant, then by epochs and further changes of settings, the seeds of each together.

    Raises:
        SystemExit: there are results of a variant that is none.
    """
    groups: dict[str, dict[tuple[int, str], list[Result]]] = {}
    for each in results("variants", "variants"):
        if each["variant"] not in VARIANTS:
            sys.exit(f"benchmarks/results/variants.jsonl has {each['variant']!r}, which benchmarks/variants.py has not")
        if each["corpus"] == corpus:
            # What a variant is made by is told by its name.
            own = VARIANTS[each["variant"]].settings
            changed = [f"{key} {value:g}" for key, value in each["settings"].items() if (key, value) not in own.items()]
            kind = (each["epochs"], ", ".join(changed))
            groups.setdefault(each["variant"], {}).setdefault(kind, []).append(each)
    return groups


def compared(corpus: str, names: Mapping[str, str]) -> Callable[[], str]:
    """The table of one corpus: variants beside the method as it is.

    Args:
        corpus: by its preset.
        names: of the variants, in the order of their rows; what each is called in the table.
    """

    def table() -> str:
        groups = {name: kinds for name, kinds in grouped(corpus).items() if name in names}
        if not groups.keys() - {BASE}:
            return "not measured yet"
        first = next(group[0] for kinds in groups.values() for group in kinds.values())
        across = [pair for pair in first["accuracy"]["local"] if len(set(pair.split(" from "))) == 2]
        return markdown(
            ["variant", "epochs", "seeds", "CNPMI, published", "CNPMI, document", "TU"]
            + [f"{pair}, {path}" for path in PATHS for pair in across],
            (
                [
                    called + (f"; {settings}" if settings else ""),
                    epochs,
                    len(group),
                    *(
                        spread([one["cnpmi"][counting] for one in group], ".4f")
                        for counting in ("published", "document")
                    ),
                    spread([statistics.mean(one["topic_uniqueness"].values()) for one in group]),
                    *(spread([accuracy(one, path, pair) for one in group]) for path in PATHS for pair in across),
                ]
                for name, called in names.items()
                for (epochs, settings), group in groups.get(name, {}).items()
            ),
        )

    return table


def accuracy(one: Result, path: str, pair: str) -> float | None:
    """Of SVMs across languages; None where the variant has no such path."""
    score: float | None = one["accuracy"][path][pair] if path in VARIANTS[one["variant"]].paths else None
    return score


TABLES: dict[str, Callable[[], str]] = {
    "variants ecnews": compared("ecnews", OTHERS),
    "variants rakuten": compared("rakuten_amazon", OTHERS),
    "ablations ecnews": compared("ecnews", ABLATIONS),
    "ablations rakuten": compared("rakuten_amazon", ABLATIONS),
}
