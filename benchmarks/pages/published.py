"""Figures that papers state, beside those measured here (docs/guides/reproduce.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import CORPORA, markdown
from pages.quality import as_published, mean_of
from pages.results import results

# CNPMI and TQ by corpus; None where none is stated. Measured on WikiComp 2014, with the papers' encoders.
STATED: dict[str, dict[str, tuple[float | None, float | None]]] = {
    "nmtm": {"ecnews": (None, 0.023), "amazon_review": (0.043, 0.029), "rakuten_amazon": (0.012, 0.007)},
    "infoctm": {"ecnews": (0.041, 0.041), "amazon_review": (0.037, 0.034), "rakuten_amazon": (None, 0.028)},
    "xtra": {"ecnews": (0.078, 0.070), "amazon_review": (0.053, 0.050), "rakuten_amazon": (None, 0.027)},
    "gloctm": {"ecnews": (0.071, 0.070), "amazon_review": (0.058, 0.056), "rakuten_amazon": (0.040, 0.037)},
}
NAMES = {"nmtm": "NMTM", "infoctm": "InfoCTM", "xtra": "XTRA", "gloctm": "GloCTM as published"}


def stated() -> str:
    """A row per model and corpus: the papers' figures and ours, which cannot be compared."""
    measured = {each["corpus"] for each in results("quality", "quality")}
    ours = {
        (corpus, group[0]["model"]): group for corpus in CORPORA if corpus in measured for group in as_published(corpus)
    }
    rows = []
    for model, by_corpus in STATED.items():
        for corpus, pair in by_corpus.items():
            group = ours.get((corpus, model))
            here = (
                [None, None]
                if group is None
                else [mean_of(group, name) for name in ("cnpmi_published", "topic_quality")]
            )
            cells = ["—" if value is None else f"{value:.3f}" for value in (*pair, *here)]
            rows.append([NAMES[model], CORPORA[corpus], *cells])
    return markdown(["model", "corpus", "CNPMI, paper", "TQ, paper", "CNPMI, here", "TQ, here"], rows)


TABLES: dict[str, Callable[[], str]] = {"published figures": stated}
