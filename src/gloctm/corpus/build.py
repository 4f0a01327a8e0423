"""Building the parts of a corpus from tokens or raw texts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from numbers import Real
from typing import Any, TypedDict, cast

from gloctm.checks import check_whole
from gloctm.corpus.collection import VocabularySettings
from gloctm.corpus.collector import DocumentCollector, Documents
from gloctm.corpus.language import LanguageCorpus
from gloctm.corpus.report import BuildReport, IdentifiedLanguage, WordStatistics
from gloctm.corpus.tokenization import (
    TextSettings,
    in_blocks,
    tokenize_blocks,
)
from gloctm.corpus.validation import check_language_count
from gloctm.errors import DuplicateIdWarning, InputError, SimilarLanguagesWarning, UnusedSettingWarning
from gloctm.languages import normalize_language, normalize_languages, without_region
from gloctm.progress import track
from gloctm.reading.dropped import DroppedDocument
from gloctm.reading.records import Columns, Record, RecordReader
from gloctm.reading.values import as_date
from gloctm.text import build_vocabulary, count_tokens, is_built_in
from gloctm.text.chinese import CONVERSIONS, ChineseTokenizer, Conversion
from gloctm.text.normalization import normalize_text
from gloctm.text.phrases import SUFFIX as PHRASES
from gloctm.text.vocabulary import check_vocabulary_settings, why_no_words


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
    """A LanguageCorpus for each language of tokenised documents; see ``Corpus.from_tokens``."""
    languages = _normalized(documents)
    aligned = _aligned_by_language({"labels": labels, "ids": ids, "vocabulary": vocabulary}, languages)
    parts = {}
    for language, tokenized in languages.items():
        _check_tokens(language, tokenized)
        warn_of_duplicate_ids(language, aligned["ids"].get(language))
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


class TextOptions(TypedDict, total=False):
    """What ``Corpus.from_texts``, ``from_records`` and ``from_files`` take alike; see there."""

    tokenizers: Mapping[str, Callable[[str], list[str]]] | None
    stop_words: Mapping[str, Iterable[str]] | None
    more_stop_words: Mapping[str, Iterable[str]] | None
    lemmas: bool | Collection[str]
    convert: Conversion | None
    phrases: bool
    min_df: float | None
    max_df: float
    max_vocabulary: int | None
    processes: int | None


def check_option_names(function: str, options: Mapping[str, Any], others: Iterable[str]) -> None:
    """Raise TypeError, as Python does, for a keyword argument that there is not.

    Args:
        function: whose.
        options: those that were given beside its own.
        others: its own, which one may have meant.
    """
    known = list(TextOptions.__annotations__)
    for name in options:
        if name not in known:
            close = get_close_matches(name, [*known, *others], n=1, cutoff=0.7)
            hint = f". Did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")


def build_from_texts(
    texts: Mapping[str, Iterable[str]],
    options: TextOptions,
    *,
    labels: Mapping[str, Sequence[str]] | None,
    ids: Mapping[str, Sequence[str]] | None,
    dates: Mapping[str, Sequence[str]] | None,
    show_progress: bool,
) -> tuple[dict[str, LanguageCorpus], BuildReport]:
    """A LanguageCorpus for each language of raw texts; see ``Corpus.from_texts``."""
    languages = {language: _listed_texts(language, raw) for language, raw in _normalized(texts).items()}
    # The corpus would say so too, but only after all texts have been cut into words.
    check_language_count(languages)
    settings = _text_settings(options, tuple(languages))
    aligned = _aligned_by_language({"labels": labels, "ids": ids, "dates": dates}, languages)
    checked_dates = {language: _checked_dates(language, given) for language, given in aligned["dates"].items()}
    records = (Record(text=text, lang=language) for language, raw in languages.items() for text in raw)
    collected = {language: Documents() for language in languages}
    with track("cutting into words", sum(map(len, languages.values())), "texts", show=show_progress) as progress:
        for block, tokenized in tokenize_blocks(in_blocks(records), settings, options.get("processes")):
            for language, words in tokenized.words.items():
                collected[language].words.add(words)
            progress.advance(len(block))
    parts = {}
    for language, documents in collected.items():
        warn_of_duplicate_ids(language, aligned["ids"].get(language))
        parts[language] = _language_corpus(
            language,
            documents,
            settings,
            options,
            labels=aligned["labels"].get(language),
            ids=aligned["ids"].get(language),
            dates=checked_dates.get(language),
            texts=languages[language],
        )
    return parts, _report(collected, {}, options, [])


def build_from_records(
    records: RecordReader,
    options: TextOptions,
    *,
    origin: str,
    languages: Sequence[str] | None,
    min_confidence: float,
    min_documents: int,
    merge_regions: bool,
    show_progress: bool,
) -> tuple[dict[str, LanguageCorpus], BuildReport]:
    """A LanguageCorpus for each language of a stream of records; see ``Corpus.from_records``."""
    wanted = None if languages is None else normalize_languages(languages)
    if wanted is not None and merge_regions:
        wanted = tuple(dict.fromkeys(map(without_region, wanted)))
    if wanted is not None:
        check_language_count(wanted)
    check_whole("min_documents", min_documents, 0)
    if isinstance(min_confidence, bool) or not isinstance(min_confidence, Real):
        raise InputError(f"min_confidence is {min_confidence!r}: it must be a number from 0 to 1")
    if not 0 <= min_confidence <= 1:
        raise InputError(f"min_confidence is {min_confidence}: it must be from 0 to 1")
    if merge_regions:
        options = _for_whole_languages(options)
    settings = _text_settings(options, wanted, min_confidence=min_confidence)
    collector = DocumentCollector(records, settings, merge_regions=merge_regions)
    with track("cutting into words", None, "texts", show=show_progress) as progress:
        for block, tokenized in tokenize_blocks(in_blocks(collector.read()), settings, options.get("processes")):
            collector.add(block, tokenized)
            progress.advance(len(block), total=collector.guessed_total())
    for block, tokenized in tokenize_blocks(in_blocks(collector.misplaced()), settings, options.get("processes")):
        collector.add(block, tokenized)
    collector.drop_small_languages(min_documents)
    dropped = [*records.dropped, *collector.dropped]
    collected = collector.collected
    _check_found(origin, collected, wanted, dropped, collector.num_read)
    check_language_count(collected)
    _warn_of_unused(options, settings, collected)
    if wanted is None:
        _warn_of_similar(collected, collector.named)
    order = [code for code in wanted or collected if code in collected]
    collected = {code: collected[code] for code in order}
    parts = {}
    for language, documents in collected.items():
        warn_of_duplicate_ids(language, documents.ids)
        parts[language] = _language_corpus(
            language,
            documents,
            settings,
            options,
            labels=documents.labels if any(documents.labels) else None,
            ids=documents.ids,
            dates=documents.dates if any(documents.dates) else None,
            texts=documents.texts.finished(),
        )
    return parts, _report(collected, collector.confidences, options, dropped)


def _check_found(
    origin: str,
    collected: Mapping[str, Any],
    wanted: Sequence[str] | None,
    dropped: Sequence[DroppedDocument],
    read: int,
) -> None:
    if not read and not dropped:
        raise InputError(f"{origin} has no documents: nothing to build a corpus from")
    absent = [code for code in wanted or () if code not in collected]
    if absent:
        raise InputError(f"{origin} has no documents in {', '.join(absent)}: leave it out of the languages wanted")
    if len(collected) < 2 and dropped:
        counted = BuildReport(dropped=tuple(dropped)).dropped_by_reason()
        reasons = ", ".join(f"{reason}: {count}" for reason, count in list(counted.items())[:3])
        found = next(iter(collected), None)
        raise InputError(
            f"a corpus needs at least two languages and {f'only {found!r}' if found else 'none'} was found; documents "
            f"left out: {reasons}"
        )


def _listed_texts(language: str, texts: Any) -> list[str]:
    # A mapping or a data frame would give its keys, or the names of its columns.
    no_list = isinstance(texts, str | bytes | Mapping) or hasattr(texts, "columns") or not isinstance(texts, Iterable)
    listed = [] if no_list else list(texts)
    if no_list or not all(isinstance(text, str) for text in listed):
        raise InputError(f"the texts of {language!r} must be a list of strings, one a document")
    return listed


def _checked_dates(language: str, dates: Any) -> list[str] | None:
    """Dates as records have them; None where no document has one."""
    if isinstance(dates, str | Mapping) or not isinstance(dates, Iterable):
        raise InputError(f"the dates of {language!r} must be a list, one for each document")
    checked = []
    for row, value in enumerate(dates):
        try:
            checked.append(as_date(value) or "")
        except ValueError as error:
            raise InputError(f"date {row} of {language!r} is {value!r:.60}, {error}: mend it") from None
    return checked


def _for_whole_languages(options: TextOptions) -> TextOptions:
    """What is set for regional variants, set for the languages that they are merged to."""
    merged: dict[str, Any] = dict(options)
    for name in ("tokenizers", "stop_words", "more_stop_words"):
        by_code: dict[str, Any] = {}
        for code, value in _by_code(name, merged.get(name)).items():
            base = without_region(code)
            if base in by_code:
                raise InputError(f"{name} are given for more than one variant of {base!r}, which are merged: give one")
            by_code[base] = value
        merged[name] = by_code
    if isinstance(merged.get("lemmas"), Collection) and not isinstance(merged["lemmas"], str):
        merged["lemmas"] = {without_region(code) for code in normalize_languages(merged["lemmas"])}
    return cast("TextOptions", merged)


def as_columns(columns: Columns | Mapping[str, str | None] | None) -> Columns:
    """Which column holds what, from a mapping of the columns that have other names, or None to leave one unread."""
    if columns is None or isinstance(columns, Columns):
        return columns or Columns()
    if not isinstance(columns, Mapping):
        raise InputError(f"columns are given as {type(columns).__name__}: give a mapping such as {{'text': 'body'}}")
    known = list(Columns.__dataclass_fields__)
    for name, column in columns.items():
        # A document needs text; the others may be left unread.
        if name not in known or not (isinstance(column, str) or (column is None and name != "text")):
            raise InputError(f"columns has {name!r}: {column!r}: it says which column is {', '.join(known)}")
    return Columns(**columns)  # type: ignore[arg-type]  # text is never None, as checked


def _text_settings(
    options: TextOptions, languages: tuple[str, ...] | None, *, min_confidence: float = 0.0
) -> TextSettings:
    choice = _vocabulary_choice(options)
    check_vocabulary_settings(**{**choice, "min_df": 1 if choice["min_df"] is None else choice["min_df"]})
    given: dict[str, Any] = {name: options.get(name) for name in ("tokenizers", "stop_words", "more_stop_words")}
    aligned = {name: _by_code(name, by_language) for name, by_language in given.items()}
    for name, by_language in aligned.items():
        for code in by_language:
            if languages is not None and not _concerns(code, languages):
                raise InputError(f"{name} are given for {code!r}, which has no documents: it is not in the corpus")
    for code, tokenizer in aligned["tokenizers"].items():
        if not callable(tokenizer):
            raise InputError(
                f"the tokenizer of {code!r} is {tokenizer!r:.60}: give a function that takes a text and gives a list "
                "of words, or leave it out for the default"
            )
    lemmas = options.get("lemmas", False)
    if isinstance(lemmas, str):
        raise InputError(f"lemmas is one string: give a list of languages, for example [{lemmas!r}], or True for all")
    if not isinstance(lemmas, Iterable | bool):
        raise InputError(f"lemmas is {lemmas!r}: give a list of languages, or True for all")
    convert = options.get("convert")
    if convert is not None and convert not in CONVERSIONS:
        raise InputError(f"convert is {convert!r}: it must be {' or '.join(CONVERSIONS)}")
    settings = TextSettings(
        tokenizers=aligned["tokenizers"],
        stop_words={code: _as_tokens(code, words) for code, words in aligned["stop_words"].items()},
        more_stop_words={code: _as_tokens(code, words) for code, words in aligned["more_stop_words"].items()},
        lemmas=lemmas if isinstance(lemmas, bool) else frozenset(normalize_languages(lemmas)),
        convert=convert,
        phrases=bool(options.get("phrases", False)),
        languages=languages,
        min_confidence=min_confidence,
    )
    for code in [] if isinstance(settings.lemmas, bool) else settings.lemmas:
        if languages is not None and not _concerns(code, languages):
            raise InputError(f"lemmas are asked for {code!r}, which has no documents: it is not in the corpus")
        settings.check(code)
    if languages is not None:
        for code in languages:
            settings.check(code)
        if convert is not None and not _have_chinese(settings, languages):
            raise InputError(f"convert={convert!r} is for Chinese, which is not among the languages: leave it out")
    return settings


def _as_tokens(language: str, words: Iterable[str]) -> frozenset[str]:
    """Stop words as given, and as tokenisers bring words to their normal form."""
    if isinstance(words, str):
        raise InputError(f"the stop words of {language!r} are one string: give a list of words")
    listed = list(words) if isinstance(words, Iterable) else [words]
    for word in listed:
        if not isinstance(word, str):
            raise InputError(f"the stop words of {language!r} hold {word!r:.60}: give a list of words")
    return frozenset([*listed, *(normalize_text(word, language) for word in listed)])


def _concerns(code: str, languages: Iterable[str]) -> bool:
    """Whether something set for a language is for any of these: for it or for regional variants of it."""
    return any(code in (language, without_region(language)) for language in languages)


def _have_chinese(settings: TextSettings, languages: Iterable[str]) -> bool:
    return any(settings.tokenizer(code).name.startswith(ChineseTokenizer.name) for code in languages)


def _warn_of_similar(languages: Iterable[str], named: Collection[str]) -> None:
    """Warn where documents name several regional variants of a language: each becomes a language of its own."""
    variants: dict[str, list[str]] = {}
    for code in languages:
        variants.setdefault(without_region(code), []).append(code)
    for base, codes in variants.items():
        if len(codes) > 1 and any(code in named for code in codes):
            warnings.warn(
                f"{', '.join(codes)} are languages of their own in this corpus, each with its own vocabulary and part "
                f"in training: to have them as one, {base}, give merge_regions=True",
                SimilarLanguagesWarning,
                stacklevel=4,
            )


def _warn_of_unused(options: TextOptions, settings: TextSettings, languages: Collection[str]) -> None:
    """Warn of settings for languages that no document turned out to be in."""
    if settings.convert is not None and not _have_chinese(settings, languages):
        warnings.warn(
            f"convert={settings.convert!r} is for Chinese, which no document is in: it had no effect",
            UnusedSettingWarning,
            stacklevel=4,
        )
    lemmas = options.get("lemmas", False)
    named: dict[str, Any] = {
        "tokenizers": options.get("tokenizers"),
        "stop_words": options.get("stop_words"),
        "more_stop_words": options.get("more_stop_words"),
        "lemmas": None if isinstance(lemmas, bool) else lemmas,
    }
    for name, codes in named.items():
        unused = [code for code in normalize_languages(codes or ()) if not _concerns(code, languages)]
        if unused:
            warnings.warn(
                f"{name} are given for {', '.join(unused)}, which no document is in: they had no effect",
                UnusedSettingWarning,
                stacklevel=4,
            )


def _vocabulary_choice(options: TextOptions) -> dict[str, Any]:
    settings = VocabularySettings()
    return {
        "min_df": options.get("min_df", settings.min_df),
        "max_df": options.get("max_df", settings.max_df),
        "max_size": options.get("max_vocabulary", settings.max_size),
    }


def _language_corpus(
    language: str, documents: Documents, settings: TextSettings, options: TextOptions, **columns: Any
) -> LanguageCorpus:
    if settings.languages is None:
        settings.check(language)
    tokenizer = settings.tokenizer(language)
    choice = VocabularySettings(**_vocabulary_choice(options), phrases=settings.phrases)
    vocabulary, counts = documents.words.vocabulary_and_counts(choice)
    if not vocabulary:
        raise InputError(f"the vocabulary of {language!r} is empty: {documents.words.why_empty(choice)}")
    return LanguageCorpus(
        counts=counts,
        vocabulary=vocabulary,
        tokenizer=tokenizer.name + (PHRASES if settings.phrases else ""),
        own_tokenizer=None if is_built_in(tokenizer) else tokenizer,
        **columns,
    )


def _report(
    collected: Mapping[str, Documents],
    confidences: Mapping[str, Sequence[float]],
    options: TextOptions,
    dropped: Sequence[DroppedDocument],
) -> BuildReport:
    usual = VocabularySettings()
    choice = VocabularySettings(**_vocabulary_choice(options))
    least = {code: each.words.min_df(choice) for code, each in collected.items()}
    return BuildReport(
        words={
            code: WordStatistics(
                each.words.num_tokens, each.words.num_stopped, each.words.num_distinct, each.words.num_phrases
            )
            for code, each in collected.items()
        },
        identified={
            code: IdentifiedLanguage(len(each), round(sum(each) / len(each), 4)) for code, each in confidences.items()
        },
        settings={
            # One number where all languages have the same.
            "min_df": min(least.values()) if len(set(least.values())) == 1 else least,
            "max_df": options.get("max_df", usual.max_df),
            "max_vocabulary": options.get("max_vocabulary", usual.max_size),
            "phrases": bool(options.get("phrases", False)),
        },
        dropped=tuple(dropped),
    )


def warn_of_duplicate_ids(language: str, ids: Sequence[str] | None) -> None:
    """Warn if two documents of a language have one id: results could not be told apart by it."""
    if ids is None:
        return
    seen: set[str] = set()
    double = []
    for each in map(str, ids):
        if each in seen:
            double.append(each)
        seen.add(each)
    if double:
        warnings.warn(
            f"{len(double)} documents in {language!r} have an id that another has ({double[0]!r} first): all are kept, "
            "but results can't be told apart by their id",
            DuplicateIdWarning,
            stacklevel=3,
        )


def _normalized(by_language: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(by_language, Mapping):
        raise InputError(f"give a mapping from language code to documents, not {type(by_language).__name__}")
    return dict(zip(normalize_languages(by_language), by_language.values(), strict=True))


def _aligned_by_language(
    extras: Mapping[str, Mapping[str, Any] | None], languages: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Bring the keys of optional mappings to normal form; a language that has no documents is an error."""
    result: dict[str, dict[str, Any]] = {}
    for name, by_language in extras.items():
        result[name] = _by_code(name, by_language)
        for code in result[name]:
            if code not in languages:
                raise InputError(f"{name} are given for {code!r}, which has no documents: it is not in the corpus")
    return result


def _by_code(name: str, by_language: Mapping[str, Any] | None) -> dict[str, Any]:
    if by_language is not None and not isinstance(by_language, Mapping):
        raise InputError(
            f"{name} are given as {type(by_language).__name__}: give a mapping from language code to {name}"
        )
    return {normalize_language(code): value for code, value in (by_language or {}).items()}


def _check_tokens(language: str, documents: Sequence[Sequence[str]]) -> None:
    for row, tokens in enumerate(documents):
        if isinstance(tokens, str):
            raise InputError(
                f"document {row} of {language!r} is one string: give a list of words, or use Corpus.from_texts"
            )
        for token in tokens:
            if not isinstance(token, str):
                raise InputError(f"document {row} of {language!r} holds {token!r}: words are text")
