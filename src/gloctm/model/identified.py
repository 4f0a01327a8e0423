"""The languages of documents to be inferred: as given, or identified among those of a model first."""

from __future__ import annotations

from collections.abc import Sequence

from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.corpus.tokenization import with_languages
from gloctm.errors import InputError
from gloctm.languages import is_unidentified, normalize_language
from gloctm.reading.builder import Record


def is_to_be_identified(language: str | None) -> bool:
    """Return whether this asks for identification, in place of a language.

    Examples:
        >>> [is_to_be_identified(each) for each in ("auto", None, "en", "nan")]
        [True, True, False, False]
    """
    # Min Nan is nan.
    return language is None or (isinstance(language, str) and language.lower() != "nan" and is_unidentified(language))


def codes_of(documents: Sequence[object], languages: Sequence[str | None], known: Sequence[str]) -> list[str]:
    """Return the normalized language of each document, identified where it is ``auto`` or None.

    Args:
        documents: texts where a language is to be identified.
        languages: one per document.
        known: the languages of the model, in one of which a short text most probably is.

    Raises:
        InputError: a language is none, a document is no text, or its language can't be identified.
        MissingDependencyError: py3langid is not installed.
    """
    normal = {
        given: normalize_language(given)
        for given in dict.fromkeys(languages)
        if given is not None and not is_to_be_identified(given)
    }
    records: list[Record] = []
    for row, (document, given) in enumerate(zip(documents, languages, strict=True)):
        record: Record = {"text": "", "source": "the text" if len(documents) == 1 else f"documents[{row}]"}
        if given in normal:
            record["lang"] = normal[given]
        elif isinstance(document, str):
            record["text"] = document
        else:
            raise InputError(
                f"{record['source']} is a {type(document).__name__}, and only texts can be identified: name its "
                "language"
            )
        records.append(record)
    complete, unknown = with_languages(records, MIN_CONFIDENCE, known=known)
    if unknown:
        raise InputError(f"the language of {unknown[0].source} can't be identified: name it")
    return [record["lang"] for record in complete]
