"""The report of a corpus: which languages were found in its documents, which words, what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gloctm.checks import count_of
from gloctm.corpus.repeated import RepeatedTexts
from gloctm.files.manifest import known_fields
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.notes import Note, notes_from_json

# What differs from one document to the next in reasons of the same kind: a value, where in a line, a wrong code.
_DETAIL = re.compile(
    r"(?<=duplicate of ).*|"
    r"(?<=\bis )(?:'[^']*'|\"[^\"]*\"|-?\d[\d.]*|[\[{].*(?=,))|(?<= )\([^()]*\)|^'[^']*'(?= is not a language)"
)
# Reasons for leaving documents out that are shown one by one.
_MOST_REASONS = 6


@dataclass(frozen=True)
class WordStatistics:
    """The words of a language's documents before the vocabulary was chosen.

    Attributes:
        tokens: words in all documents, stop words left out.
        stopped: stop words that were left out.
        distinct: distinct words among ``tokens``.
        phrases: pairs of words that the vocabulary has as one; None where none were sought.
        split: documents that were split into passages; None where none was.
        passages: into how many passages.
    """

    tokens: int
    stopped: int
    distinct: int
    phrases: int | None = None
    split: int | None = None
    passages: int | None = None


@dataclass(frozen=True)
class IdentifiedLanguage:
    """How documents came to be in a language that nobody had named.

    Attributes:
        documents: how many were kept, duplicates that were dropped later included.
        confidence: the mean of the identifier's confidence, 0 to 1.
    """

    documents: int
    confidence: float


@dataclass(frozen=True)
class CleanedDocuments:
    """In how many documents of a language something was changed before words were counted.

    Attributes:
        markup: tags or entities were taken out.
        addresses: web and e-mail addresses or mentions were passed over.
        hyphens: words that were divided at the end of a line were made whole.
        folded: words were brought to another spelling.

    Example:
        >>> CleanedDocuments(markup=2) + CleanedDocuments(markup=1, hyphens=1)
        CleanedDocuments(markup=3, addresses=0, hyphens=1, folded=0)
    """

    markup: int = 0
    addresses: int = 0
    hyphens: int = 0
    folded: int = 0

    def __add__(self, other: CleanedDocuments) -> CleanedDocuments:
        return CleanedDocuments(**{name: value + getattr(other, name) for name, value in asdict(self).items()})

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class BuildReport:
    """What became of the documents.

    Attributes:
        words: by language.
        identified: by language, where languages were identified.
        repeated: what documents repeat, of languages where any do.
        settings: how the vocabulary was chosen.
        dropped: the documents that were left out, and why; of a corpus in shards, read whenever they are asked for.
        columns: the column that held each field; None where none did.
        notes: what was read otherwise than written, by kind.
        cleaned: by language, where texts were cleaned.

    Example:
        >>> from gloctm import Corpus
        >>> texts = {"en": ["the red house", "a red car"], "de": ["das rote Haus", "ein rotes Auto"]}
        >>> Corpus.from_texts(texts, max_df=1.0, encoder=None).report.words["en"].stopped
        1
    """

    words: Mapping[str, WordStatistics] = field(default_factory=dict)
    identified: Mapping[str, IdentifiedLanguage] = field(default_factory=dict)
    repeated: Mapping[str, RepeatedTexts] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    dropped: Sequence[DroppedDocument] = ()
    columns: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    cleaned: Mapping[str, CleanedDocuments] = field(default_factory=dict)

    def dropped_by_reason(self) -> dict[str, int]:
        """Return how many documents were left out for each kind of reason, most first; values are shown as ``…``."""
        return dict(Counter(kind_of_reason(each.reason) for each in self.dropped).most_common())

    def select(self, languages: Iterable[str]) -> BuildReport:
        """Return the report on these languages; what was dropped stays in it."""
        chosen = list(languages)
        return BuildReport(
            words={code: self.words[code] for code in chosen if code in self.words},
            identified={code: self.identified[code] for code in chosen if code in self.identified},
            repeated={code: self.repeated[code] for code in chosen if code in self.repeated},
            settings=self.settings,
            dropped=self.dropped,
            columns=self.columns,
            notes=self.notes,
            cleaned={code: self.cleaned[code] for code in chosen if code in self.cleaned},
        )

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON holds it, without the dropped documents, which have a file of their own."""
        return {
            "words": {
                code: {name: value for name, value in asdict(each).items() if value is not None}
                for code, each in self.words.items()
            },
            "identified": {code: asdict(each) for code, each in self.identified.items()},
            "repeated": {code: asdict(each) for code, each in self.repeated.items()},
            "settings": dict(self.settings),
            "cleaned": {
                code: {name: value for name, value in asdict(each).items() if value}
                for code, each in self.cleaned.items()
            },
            "dropped": self.dropped_by_reason(),
            "columns": dict(self.columns),
            "notes": [asdict(each) for each in self.notes],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], dropped: Sequence[DroppedDocument]) -> BuildReport:
        """Return the report that ``as_json`` and a list of documents hold."""
        return cls(
            words={code: known_fields(WordStatistics, each) for code, each in content["words"].items()},
            identified={code: known_fields(IdentifiedLanguage, each) for code, each in content["identified"].items()},
            # Corpora from before these were counted have none.
            repeated={code: known_fields(RepeatedTexts, each) for code, each in content.get("repeated", {}).items()},
            settings=dict(content["settings"]),
            dropped=dropped,
            # Older reports have none.
            columns=dict(content.get("columns", {})),
            notes=notes_from_json(content.get("notes", ())),
            # Reports from before have none.
            cleaned={code: known_fields(CleanedDocuments, each) for code, each in content.get("cleaned", {}).items()},
        )


def kind_of_reason(reason: str) -> str:
    """Return why a document was left out without what differs from one document to the next.

    Example:
        >>> kind_of_reason("duplicate of en-7")
        'duplicate of …'
    """
    return _DETAIL.sub("…", reason)


def main_reasons(by_reason: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return why documents were left out and how many, most first; rare reasons, of which there may be many, as one.

    Args:
        by_reason: how many documents, by the kind of reason.
    """
    counts: Counter[str] = Counter()
    for reason, count in by_reason.items():
        # What differs says nothing where it ends the reason.
        counts[reason.replace("duplicate of …", "duplicate of another").removesuffix(" …")] += count
    reasons = counts.most_common()
    if len(reasons) <= _MOST_REASONS:
        return reasons
    others = sum(count for _, count in reasons[_MOST_REASONS - 1 :])
    return [*reasons[: _MOST_REASONS - 1], ("other reasons", others)]


def describe_left_out(by_reason: Mapping[str, int]) -> str:
    """Return how many documents were left out, and for which reasons.

    Args:
        by_reason: how many documents, by the kind of reason.

    Example:
        >>> describe_left_out({"has no text": 2, "is not JSON": 1})
        '3 documents were left out (has no text: 2; is not JSON: 1)'
    """
    number = sum(by_reason.values())
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in main_reasons(by_reason))
    return f"{count_of(number, 'document')} {'was' if number == 1 else 'were'} left out ({reasons})"
