"""Building the parts of a corpus from tokens or raw texts."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from gloctm.checks import check_int, count_of, listed
from gloctm.corpus.collection import WordCollection
from gloctm.corpus.collector import DocumentCollector, Documents
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.options import (
    FREQUENT,
    TextOptions,
    TextSettings,
    VocabularySettings,
    by_code,
    check_confidence,
    text_settings,
    vocabulary_settings,
    warn_of_lacking_stop_words,
    warn_of_similar,
    warn_of_unused,
)
from gloctm.corpus.passages import passages_from
from gloctm.corpus.repeated import RepeatSettings, find_kept, repeat_settings
from gloctm.corpus.report import BuildReport, IdentifiedLanguage, WordStatistics
from gloctm.corpus.validation import check_language_count
from gloctm.corpus.workers import in_blocks, tokenize_blocks
from gloctm.errors import DuplicateIdWarning, InputError, ReadingWarning, SmallCorpusWarning
from gloctm.languages import check_is_language, merged_language, normalize_languages
from gloctm.progress import track
from gloctm.reading.builder import NO_TEXT, Record
from gloctm.reading.dates import DateOrder, DateReader
from gloctm.reading.dropped import EXCERPT, DroppedDocument
from gloctm.reading.notes import Note, Notes
from gloctm.reading.quoting import LITERAL, SPANNING
from gloctm.reading.records import RecordReader
from gloctm.reading.values import is_missing
from gloctm.text import build_vocabulary, count_tokens, is_built_in
from gloctm.text.cleaning import CleanedText
from gloctm.text.phrases import SUFFIX as PHRASES
from gloctm.text.stopwords import changes_of_list
from gloctm.text.vocabulary import why_no_words

# Warnings name the caller of ``Corpus.from_...``, which called the function here.
_CALLER = 3
# Languages that a warning lists.
_SHOWN = 10


def build_from_tokens(
    documents: Mapping[str, Sequence[Sequence[str]]],
    *,
    labels: Mapping[str, Sequence[str]] | None,
    ids: Mapping[str, Sequence[str]] | None,
    vocabulary: Mapping[str, Sequence[str]] | None,
    min_df: float,
    max_df: float,
    max_vocabulary: int | None,
) -> dict[str, LanguageCorpus]:
    """Return a LanguageCorpus per language of tokenized documents; see ``Corpus.from_tokens``."""
    languages = _normalized(documents)
    aligned = _aligned(languages, labels=labels, ids=ids, vocabulary=vocabulary)
    parts = {}
    for language, tokenized in languages.items():
        _check_tokens(language, tokenized)
        _warn_of_duplicate_ids(language, aligned["ids"].get(language), stacklevel=_CALLER)
        words = aligned["vocabulary"].get(language)
        if words is None:
            words = build_vocabulary(tokenized, min_df=min_df, max_df=max_df, max_size=max_vocabulary)
            if not words:
                every = build_vocabulary(tokenized, min_df=1, max_df=1.0, max_size=None)
                frequency = count_tokens(tokenized, every).count_nonzero(axis=0)
                reason = why_no_words(frequency, len(tokenized), num_stopped=0, min_df=min_df, max_df=max_df)
                raise InputError(f"the vocabulary of {language!r} is empty: {reason}")
        parts[language] = LanguageCorpus(
            counts=count_tokens(tokenized, words),
            vocabulary=words,
            labels=aligned["labels"].get(language),
            ids=aligned["ids"].get(language),
            texts=[" ".join(tokens) for tokens in tokenized],
        )
    return parts


def build_from_texts(
    texts: Mapping[str, Iterable[str]],
    options: TextOptions,
    *,
    labels: Mapping[str, Sequence[str]] | None,
    ids: Mapping[str, Sequence[str]] | None,
    dates: Mapping[str, Sequence[str]] | None,
    date_order: DateOrder,
    show_progress: bool,
) -> tuple[dict[str, LanguageCorpus], BuildReport]:
    """Return a LanguageCorpus per language of raw texts; see ``Corpus.from_texts``."""
    notes = Notes()
    languages = {language: _listed_texts(language, raw, notes) for language, raw in _normalized(texts).items()}
    # The corpus would say so too, but only after all texts have been tokenized.
    check_language_count(languages)
    warn_of_similar(languages, languages, "give their texts under one code", stacklevel=_CALLER)
    choice, settings = vocabulary_settings(options), text_settings(options, tuple(languages))
    repeats = repeat_settings(options)
    aligned = _aligned(languages, labels=labels, ids=ids, dates=dates)
    aligned["dates"] = _read_dates(aligned["dates"], DateReader(date_order, notes))
    collected = {language: Documents() for language in languages}
    read = 0
    dropped: list[DroppedDocument] = []
    for language, raw in languages.items():
        for text in raw:
            collected[language].repeats.add(text)
        if repeats:
            dropped += _drop_repeated(language, languages, aligned, collected, repeats)
    records = (Record(text=text, lang=language) for language, raw in languages.items() for text in raw)
    with track("tokenizing", sum(map(len, languages.values())), "texts", show=show_progress) as progress:
        for block, tokenized in tokenize_blocks(in_blocks(records), settings, options.get("processes")):
            for language, words in tokenized.words.items():
                collected[language].words.add(words)
            _replace(languages, read, tokenized.cleaned)
            read += len(block)
            progress.advance(len(block))
    parts = {}
    for language, documents in collected.items():
        columns = {name: values.get(language) for name, values in aligned.items()}
        _warn_of_duplicate_ids(language, columns["ids"], stacklevel=_CALLER)
        parts[language] = _language_corpus(language, documents, settings, choice, texts=languages[language], **columns)
    warn_of_lacking_stop_words(settings, parts, stacklevel=_CALLER)
    warn_of_notes(notes.all(), stacklevel=_CALLER)
    return parts, _report(collected, {}, choice, dropped, notes=notes.all())


def build_from_records(
    records: RecordReader,
    options: TextOptions,
    *,
    languages: Sequence[str] | None,
    min_confidence: float,
    min_documents: int,
    merge_regions: bool,
    show_progress: bool,
) -> tuple[dict[str, LanguageCorpus], BuildReport]:
    """Return a LanguageCorpus per language of a stream of records; see ``Corpus.from_records``."""
    wanted = wanted_languages(languages, merge_regions=merge_regions)
    check_int("min_documents", min_documents, 0)
    check_confidence(min_confidence)
    choice, repeats = vocabulary_settings(options), repeat_settings(options)
    settings = text_settings(options, wanted, min_confidence=min_confidence, merge_regions=merge_regions)
    collector = DocumentCollector(records, settings, merge_regions=merge_regions)
    with track("tokenizing", None, "texts", show=show_progress) as progress:
        for block, tokenized in tokenize_blocks(in_blocks(collector.read()), settings, options.get("processes")):
            collector.add(block, tokenized)
            progress.advance(len(block), total=collector.guessed_total())
    for block, tokenized in tokenize_blocks(in_blocks(collector.misplaced()), settings, options.get("processes")):
        collector.add(block, tokenized)
    small = collector.drop_small_languages(min_documents)
    warn_of_small(small, collector.collected, min_documents, stacklevel=_CALLER)
    if repeats:
        again = in_blocks(collector.without_repeated(repeats))
        for block, tokenized in tokenize_blocks(again, settings, options.get("processes")):
            collector.add(block, tokenized)
    dropped = [*records.dropped, *collector.dropped]
    settled = records.settle_dates()
    collected = collector.collected
    reasons = BuildReport(dropped=tuple(dropped)).dropped_by_reason()
    check_found(records.origin, collected, wanted, reasons, collector.num_read)
    check_language_count(collected)
    warn_of_unused(settings, collected, stacklevel=_CALLER)
    if wanted is None:
        warn_of_similar(collected, collector.named, "pass merge_regions=True", stacklevel=_CALLER)
    else:
        collected = {code: collected[code] for code in wanted}
    parts = {}
    for language, documents in collected.items():
        ids, dates = documents.ids, list(map(settled, documents.dates))
        _warn_of_duplicate_ids(language, ids, stacklevel=_CALLER)
        parts[language] = _language_corpus(
            language,
            documents,
            settings,
            choice,
            labels=documents.labels if any(documents.labels) else None,
            ids=ids,
            dates=dates if any(dates) else None,
            texts=documents.texts.finished(),
        )
    warn_of_lacking_stop_words(settings, parts, stacklevel=_CALLER)
    warn_of_notes(records.notes, stacklevel=_CALLER)
    places = [each.source for each in dropped if each.reason == NO_TEXT]
    warn_of_no_text(len(places), places[0] if places else "", stacklevel=_CALLER)
    return parts, _report(
        collected, collector.confidences, choice, dropped, columns=records.columns, notes=records.notes
    )


def wanted_languages(languages: Sequence[str] | None, *, merge_regions: bool) -> tuple[str, ...] | None:
    """Return the languages wanted in normal form, None where all are; fewer than two are an error."""
    if languages is None:
        return None
    wanted = tuple(map(check_is_language, normalize_languages(languages)))
    if merge_regions:
        wanted = tuple(dict.fromkeys(map(merged_language, wanted)))
    check_language_count(wanted)
    return wanted


def _drop_repeated(
    language: str,
    languages: dict[str, list[str]],
    aligned: dict[str, dict[str, Any]],
    collected: dict[str, Documents],
    settings: RepeatSettings,
) -> list[DroppedDocument]:
    """Take repeated texts of a language out of texts and columns, in place; return the documents left out."""
    texts, counted = languages[language], collected[language].repeats
    for name, values in aligned.items():
        given = values.get(language)
        if given is not None and len(given) != len(texts):
            raise InputError(f"{len(given)} {name} are given for {len(texts)} texts in {language!r}: give one per text")
    boilerplate = counted.boilerplate() if settings.boilerplate else {}
    kept = find_kept(texts, settings, boilerplate)
    ids = aligned["ids"].setdefault(language, [str(row) for row in range(len(texts))])
    rows = kept.rows
    dropped = [
        DroppedDocument(f"text {row} of {language}", reason, texts[row][:EXCERPT], str(ids[row]), language)
        for row, reason in kept.reasons(ids)
    ]
    languages[language] = [kept.texts[row] for row in rows]
    for values in aligned.values():
        if values.get(language) is not None:
            values[language] = [values[language][row] for row in rows]
    collected[language] = Documents(dropped_boilerplate=boilerplate if settings.boilerplate else None)
    for text in languages[language]:
        collected[language].repeats.add(text)
    return dropped


def check_found(
    origin: str,
    collected: Mapping[str, Any],
    wanted: Sequence[str] | None,
    dropped: Mapping[str, int],
    read: int,
) -> None:
    """Raise InputError where the documents of an input make no corpus.

    Args:
        origin: the input.
        collected: what was found, by language.
        wanted: the languages wanted, if given.
        dropped: how many documents were left out, by reason, most first.
        read: how many documents were read.
    """
    if not read and not dropped:
        raise InputError(f"{origin} has no documents: nothing to build a corpus from")
    absent = [code for code in wanted or () if code not in collected]
    if absent:
        languages, them = ("language", "it") if len(absent) == 1 else ("languages", "them")
        raise InputError(
            f"{origin} has no documents in the {languages} {listed(list(map(repr, absent)))}: remove {them} from "
            "languages"
        )
    if len(collected) < 2 and dropped:
        reasons = ", ".join(f"{reason}: {count}" for reason, count in list(dropped.items())[:3])
        found = next(iter(collected), None)
        raise InputError(
            f"a corpus needs at least two languages and {f'only {found!r}' if found else 'none'} was found; documents "
            f"left out: {reasons}"
        )


def _replace(languages: Mapping[str, list[str]], first: int, cleaned: Mapping[int, CleanedText]) -> None:
    """Put cleaned texts in the place of the given ones.

    Args:
        languages: all texts; the order is that of blocks.
        first: the place of a block among all texts.
        cleaned: by place in the block.
    """
    for row, each in cleaned.items():
        place = first + row
        for texts in languages.values():
            if place < len(texts):
                texts[place] = each.text
                break
            place -= len(texts)


def _listed_texts(language: str, texts: Any, notes: Notes) -> list[str]:
    # A mapping or a data frame would give its keys, or the names of its columns.
    no_list = isinstance(texts, str | bytes | Mapping) or hasattr(texts, "columns") or not isinstance(texts, Iterable)
    if no_list:
        raise InputError(f"the texts of {language!r} must be a list of strings, one per document")
    checked = []
    for row, text in enumerate(texts):
        if isinstance(text, str):
            checked.append(text)
        elif is_missing(text):
            # Labels and the like are aligned with the texts, so the document stays.
            notes.add("text is missing, so the document is empty", f"document {row} of {language!r}", text)
            checked.append("")
        else:
            raise InputError(f"document {row} of {language!r} is {text!r:.60}, not text: give a list of strings")
    return checked


def _read_dates(dates: Mapping[str, Any], reader: DateReader) -> dict[str, list[str]]:
    """Return dates as records have them."""
    found = {}
    for language, given in dates.items():
        if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
            raise InputError(f"the dates of {language!r} must be a list, one for each document")
        found[language] = [
            reader.read(value, f"document {row} of {language!r}") or "" for row, value in enumerate(given)
        ]
    settled = reader.settle()
    return {language: list(map(settled, values)) for language, values in found.items()}


def warn_of_small(dropped: Mapping[str, int], kept: Iterable[str], min_documents: int, *, stacklevel: int) -> None:
    """Warn of languages that documents name, and that are left out."""
    if not dropped:
        return
    merged = {merged_language(code) for code in kept}
    variants = {code: base for code in dropped if (base := merged_language(code)) in merged}
    least = min(dropped.values())
    cures = [f"merge_regions=True counts {code} as {base}" for code, base in list(variants.items())[:1]]
    cures.append(f"min_documents={least} keeps {'it' if len(dropped) == 1 else 'them'}")
    shown = [f"{code} ({count_of(size, 'document')})" for code, size in list(dropped.items())[:_SHOWN]]
    if len(dropped) > _SHOWN:
        shown.append(f"{len(dropped) - _SHOWN} more")
    are = "is" if len(dropped) == 1 else "are"
    warnings.warn(
        f"{listed(shown)} {are} left out, since min_documents is {min_documents}: {', '.join(cures)}",
        SmallCorpusWarning,
        stacklevel=stacklevel + 1,
    )


def warn_of_no_text(number: int, first: str, *, stacklevel: int) -> None:
    """Warn of documents that were left out though nothing was wrong with how they are written.

    Args:
        number: how many.
        first: the place of the first.
        stacklevel: that of the caller's caller.
    """
    if number:
        have, are = ("has", "is") if number == 1 else ("have", "are")
        warnings.warn(
            f"{count_of(number, 'document')} {have} no text and {are} left out, the first at {first}: the report lists "
            "all",
            ReadingWarning,
            stacklevel=stacklevel + 1,
        )


def warn_of_notes(notes: Iterable[Note], *, stacklevel: int) -> None:
    """Warn of what documents lost, though they are kept."""
    for note in notes:
        if note.what not in (SPANNING, LITERAL):
            warnings.warn(str(note), ReadingWarning, stacklevel=stacklevel + 1)


def _language_corpus(
    language: str, documents: Documents, settings: TextSettings, choice: VocabularySettings, **columns: Any
) -> LanguageCorpus:
    if settings.languages is None:
        settings.check(language)
    tokenizer = settings.tokenizer(language)
    if settings.lacks_stop_words(language):
        documents.words.stop_frequent(FREQUENT, settings.kept(language))
    stopped = settings.stopped(language).union(documents.words.frequent)
    vocabulary, counts = documents.words.vocabulary_and_counts(choice)
    if not vocabulary:
        raise InputError(f"the vocabulary of {language!r} is empty: {documents.words.why_empty(choice)}")
    passages = passages_from(documents.words.num_documents, documents.words.starts, counts)
    return LanguageCorpus(
        counts=counts if passages is None else passages.document_counts(),
        passages=passages,
        vocabulary=vocabulary,
        tokenizer=tokenizer.name + (PHRASES if settings.phrases else ""),
        own_tokenizer=None if is_built_in(tokenizer) else tokenizer,
        stop_words=changes_of_list(language, stopped),
        markup=settings.markup,
        **columns,
    )


def _report(
    collected: Mapping[str, Documents],
    confidences: Mapping[str, Sequence[float]],
    choice: VocabularySettings,
    dropped: Sequence[DroppedDocument],
    *,
    columns: Mapping[str, str | None] | None = None,
    notes: tuple[Note, ...] = (),
) -> BuildReport:
    words = {code: each.words for code, each in collected.items()}
    least = {code: each.min_df(choice) for code, each in words.items()}
    return BuildReport(
        words={
            code: WordStatistics(each.num_tokens, each.num_stopped, each.num_distinct, each.num_phrases, *_split(each))
            for code, each in words.items()
        },
        identified={
            code: IdentifiedLanguage(len(each), round(sum(each) / len(each), 4)) for code, each in confidences.items()
        },
        repeated={
            code: found for code, each in collected.items() if (found := each.repeats.found(each.dropped_boilerplate))
        },
        settings=vocabulary_report(least, choice),
        dropped=tuple(dropped),
        columns=columns or {},
        notes=notes,
        cleaned={code: each.cleaned for code, each in words.items() if each.cleaned},
    )


def vocabulary_report(min_df: Mapping[str, float], choice: VocabularySettings) -> dict[str, Any]:
    """Return how vocabularies were chosen, for the report.

    Args:
        min_df: by language.
        choice: the other settings.
    """
    return {
        # One number where all languages have the same.
        "min_df": min(min_df.values()) if len(set(min_df.values())) == 1 else dict(min_df),
        "max_df": choice.max_df,
        "max_vocabulary": choice.max_size,
        "phrases": choice.phrases,
    }


def _split(words: WordCollection) -> tuple[int, int] | tuple[None, None]:
    """Return how many documents are split, and into how many passages; None where none is."""
    if not words.starts:
        return None, None
    return len(words.starts), sum(map(len, words.starts.values()))


def _warn_of_duplicate_ids(language: str, ids: Sequence[str] | None, *, stacklevel: int) -> None:
    """Warn if two documents of a language share an id: it does not distinguish their results."""
    seen: set[str] = set()
    double = []
    for each in (str(given) for given in ids or () if not is_missing(given)):
        if each in seen:
            double.append(each)
        seen.add(each)
    warn_of_double_ids(language, len(double), double[0] if double else "", stacklevel=stacklevel + 1)


def warn_of_double_ids(language: str, number: int, first: str, *, stacklevel: int) -> None:
    """Warn of documents with an id that an earlier one has.

    Args:
        language: of the documents.
        number: how many.
        first: the first such id.
        stacklevel: that of the caller's caller.
    """
    if number:
        have = "has" if number == 1 else "have"
        warnings.warn(
            f"{count_of(number, 'document')} in {language!r} {have} an id that another has ({first!r} first): "
            "all are kept, but the id does not distinguish their results",
            DuplicateIdWarning,
            stacklevel=stacklevel + 1,
        )


def _normalized(by_language: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(by_language, Mapping):
        raise InputError(f"give a mapping from language code to documents, not {type(by_language).__name__}")
    codes = map(check_is_language, normalize_languages(by_language))
    return dict(zip(codes, by_language.values(), strict=True))


def _aligned(languages: Collection[str], **extras: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """Bring the keys of optional mappings to normal form; a language without documents is an error."""
    result = {name: by_code(name, by_language) for name, by_language in extras.items()}
    for name, by_language in result.items():
        for code in by_language:
            if code not in languages:
                raise InputError(f"{name} are given for {code!r}, which has no documents: it is not in the corpus")
    return result


def _check_tokens(language: str, documents: Sequence[Sequence[str]]) -> None:
    for row, tokens in enumerate(documents):
        if isinstance(tokens, str):
            raise InputError(
                f"document {row} of {language!r} is one string: give a list of words, or use Corpus.from_texts"
            )
        for token in tokens:
            if not isinstance(token, str):
                raise InputError(f"document {row} of {language!r} holds {token!r}: words are text")
