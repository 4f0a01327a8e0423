"""A corpus as notebooks show it: one row per language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.statistics import frequent_words
from gloctm.embedding.encoder import Embeddings

_HEADING = (
    "language",
    "documents",
    "empty documents",
    "words",
    "frequent words",
    "word embeddings",
    "document embeddings",
)
_FREQUENT_WORDS = 5
# Nothing sets a color, so the table is legible in dark notebooks, too.
_STYLE = "color: inherit; background: transparent; border-collapse: collapse"


def corpus_html(parts: Mapping[str, LanguageCorpus], encoder: str | None) -> str:
    """Return a table of languages with their documents, words and embeddings.

    Args:
        parts: the documents of each language.
        encoder: the encoder's name, if the corpus has embeddings.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> corpus = Corpus.from_tokens({"en": [["red", "car"]], "de": [["rot", "auto"]]}, encoder=None)
        >>> '<td dir="auto" lang="en">car, red</td>' in corpus_html(corpus, None)
        True
    """
    heading = "".join(f'<th scope="col">{name}</th>' for name in _HEADING)
    rows = "".join(f"<tr>{_row(code, part)}</tr>" for code, part in parts.items())
    caption = f"{len(parts)} languages" + (f", embeddings by {escape(encoder)}" if encoder else "")
    for code, part in parts.items():
        if part.passages is not None:
            caption += f"; {part.passages.num_split:,} documents in {escape(code)} are split into passages"
    return (
        f'<table style="{_STYLE}"><caption dir="auto" style="color: inherit">{caption}</caption>'
        f"<thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(code: str, part: LanguageCorpus) -> str:
    words = ", ".join(frequent_words(part, _FREQUENT_WORDS))
    numbers = (part.num_documents, int(part.empty_documents.sum()), part.num_words)
    return (
        f'<th scope="row" dir="auto">{escape(code)}</th>'
        + "".join(f"<td>{number:,}</td>" for number in numbers)
        + f'<td dir="auto" lang="{escape(code)}">{escape(words)}</td>'
        + "".join(f"<td>{_size(each)}</td>" for each in (part.word_embeddings, part.document_embeddings))
    )


def _size(embeddings: Embeddings | None) -> str:
    return "none" if embeddings is None else f"{embeddings.shape[1]:,} dimensions"
