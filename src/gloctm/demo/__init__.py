"""The built-in corpus: original short texts on everyday themes, written for this project and given away (CC0).

``LANG.jsonl`` holds 240 documents of a language, 20 for each theme, none a translation of another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

from gloctm.errors import InputError
from gloctm.languages import normalize_languages
from gloctm.reading.builder import Record

LANGUAGES = ("en", "zh", "ja", "es", "de")
THEMES = (
    "football",
    "cooking",
    "elections",
    "space",
    "health",
    "film",
    "weather",
    "school",
    "phones",
    "trains",
    "money",
    "music",
)


def demo_records(languages: Sequence[str] | None = None) -> list[Record]:
    """Return the documents of some of the five languages (all unless given), theme as label.

    Example:
        >>> demo_records(["en"])[0]["label"]
        'football'
    """
    chosen = LANGUAGES if languages is None else normalize_languages(languages)
    records: list[Record] = []
    for language in chosen:
        if language not in LANGUAGES:
            raise InputError(f"the built-in corpus has no language {language!r}: it has {', '.join(LANGUAGES)}")
        text = files("gloctm.demo").joinpath(f"{language}.jsonl").read_text(encoding="utf-8")
        records.extend(json.loads(line) for line in text.split("\n") if line)
    return records
