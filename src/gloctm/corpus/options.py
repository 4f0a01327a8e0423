"""Options of building a corpus: what users give, checked once, as the building works with it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from numbers import Real
from typing import Any, Literal, TypedDict, TypeVar

from gloctm.checks import check_int, listed
from gloctm.corpus.repeated import Duplicates
from gloctm.errors import (
    InputError,
    NoStopWordsWarning,
    SimilarLanguagesWarning,
    UnsegmentedLanguageWarning,
    UnusedSettingWarning,
)
from gloctm.languages import (
    merged_language,
    normalize_language,
    normalize_languages,
    primary_subtag,
    without_region,
)
from gloctm.reading.columns import Columns
from gloctm.text import Tokenizer, as_tokenizer, get_tokenizer, stop_word_classes
from gloctm.text import stop_words as default_stop_words
from gloctm.text.chinese import CONVERSIONS, ChineseTokenizer, Conversion
from gloctm.text.cleaning import Markup, check_markup
from gloctm.text.folding import FOLDED_LANGUAGES, fold_word
from gloctm.text.lemmas import LEMMA_LANGUAGES
from gloctm.text.normalization import normalize_text
from gloctm.text.passages import PASSAGE_LENGTH
from gloctm.text.vocabulary import check_vocabulary_settings

T = TypeVar("T")
#: Which documents are split into passages, where no length is given.
Passaging = Literal["auto", "never"]
# In shorter passages, a few words decide.
_SHORTEST_PASSAGE = 50

# Drop a language that was only identified, never named, with fewer documents: it mostly is a mistake.
MIN_DOCUMENTS = 20
# In a language without a list of stop words, a word in a larger share of the documents is one: it says little of any.
FREQUENT = 0.25
# In fewer documents, a word in many of them may be what they are about.
ENOUGH_DOCUMENTS = 40
# An identified language with less confidence is a guess.
MIN_CONFIDENCE = 0.5


class TextOptions(TypedDict, total=False):
    """Options of ``Corpus.from_texts``, ``Corpus.from_records`` and ``Corpus.from_files``: from raw texts to counts.

    ``tokenizers``, ``stop_words``, ``more_stop_words``, ``keep_words`` and ``lemmas`` of a language apply to its
    regional variants, unless a variant has its own: what is set for ``en`` applies to ``en-GB``.

    Attributes:
        tokenizers: a callable per language where you want another tokenizer than the default.
        stop_words: words to remove per language, instead of the default list; None or ``"none"`` instead of the words
            of a language, or of the mapping, removes none.
        more_stop_words: words to remove per language, in addition to the list.
        keep_words: words never removed as stop words, per language.
        lemmas: bring words to their dictionary form: True for all languages that have a lemmatizer, or a list of
            languages. False (the default): different forms say more, and encoders place them near each other.
        convert: bring Chinese words to ``"simplified"`` or ``"traditional"`` characters.
        fold: bring words that a language writes in several ways to one: True for all languages that have such words,
            or a list of languages. Two scripts of Serbian, accents of Greek, alefs of Arabic and others, see
            ``gloctm.text.folding``. False is the default.
        markup: ``"auto"`` (the default) takes tags out of texts and decodes entities, where there are any (see
            ``gloctm.text.cleaning``); ``"keep"`` leaves them. A model treats new texts alike.
        phrases: count pairs of words that belong together ("new york") as one, see ``gloctm.text.phrases``.
        passages: split long documents into passages, by sentences, which topics are found in; results stay per document
            (``gloctm.corpus.Passages``). ``"auto"`` (the default) splits documents of more than 2,000 characters into
            passages of at most 1,000, a number those of more than twice as many, ``"never"`` none. An ideograph, a kana
            or a syllable of Hangul counts as three characters.
        min_df: a word must be in at least this many documents or, below 1, in this share of them. None (the default)
            chooses 1 for a language with fewer than 2,000 documents, which has few frequent words, and 2 for others.
        max_df: a word may be in at most this share of documents or, above 1, in this many. 0.5 unless given. For both
            settings, each passage of a document that is split counts as a document.
        max_vocabulary: keep this many words per language, by document frequency; None keeps all. The default, 5,000,
            is the published size.
        drop_duplicates: leave out documents that repeat an earlier one of their language: ``"exact"`` but for capitals
            and white space, ``"near"`` also those that differ in a few words (see ``gloctm.corpus.duplicates``). None
            (the default) keeps all, and the report counts the exact ones.
        drop_boilerplate: take out of the texts the lines and sentences that at least 10 documents and 5 % of a
            language's documents have, such as signatures and banners. They are counted in the report anyway.
        processes: how many processes tokenize. Unless given, all cores where there are thousands of texts and no
            tokenizer of your own, else one. The result is the same.

    Example:
        >>> from gloctm.corpus import Corpus
        >>> texts = {"en": ["the red house", "a red car"], "de": ["das rote Haus", "ein rotes Auto"]}
        >>> corpus = Corpus.from_texts(texts, more_stop_words={"en": ["car"]}, max_df=1.0, encoder=None)
        >>> corpus["en"].vocabulary
        ['house', 'red']
    """

    tokenizers: Mapping[str, Callable[[str], list[str]]] | None
    stop_words: Mapping[str, Iterable[str] | None] | Literal["none"] | None
    more_stop_words: Mapping[str, Iterable[str]] | None
    keep_words: Mapping[str, Iterable[str]] | None
    lemmas: bool | Collection[str]
    convert: Conversion | None
    fold: bool | Collection[str]
    markup: Markup
    phrases: bool
    passages: Passaging | int
    min_df: float | None
    max_df: float
    max_vocabulary: int | None
    drop_duplicates: Duplicates | None
    drop_boilerplate: bool
    processes: int | None


@dataclass(frozen=True)
class VocabularySettings:
    """The settings of ``choose_words`` and ``gloctm.text.phrases``; ``chosen_min_df`` replaces a ``min_df`` of None."""

    min_df: float | None = None
    max_df: float = 0.5
    max_size: int | None = 5000
    phrases: bool = False


@dataclass(frozen=True)
class TextSettings:
    """How texts become words; see ``TextOptions``.

    Attributes:
        tokenizers: see ``TextOptions``.
        stop_words: see ``TextOptions``.
        more_stop_words: see ``TextOptions``.
        keep_words: see ``TextOptions``.
        no_stop_words: whether no language has stop words but those given for it.
        lemmas: True for all languages that have a lemmatizer, or the languages.
        convert: see ``TextOptions``.
        fold: True for all languages that have something to fold, or the languages.
        markup: see ``TextOptions``.
        phrases: whether stop words stay among the others, as phrases need them.
        languages: the languages wanted, if given; documents identified as others are dropped.
        min_confidence: documents identified with less confidence are dropped.
        passage_length: of the passages that long texts are split into; None keeps all texts whole.
    """

    tokenizers: Mapping[str, Callable[[str], list[str]]] = field(default_factory=dict)
    stop_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    more_stop_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    keep_words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    no_stop_words: bool = False
    lemmas: bool | frozenset[str] = False
    convert: Conversion | None = None
    fold: bool | frozenset[str] = False
    markup: Markup = "auto"
    phrases: bool = False
    languages: tuple[str, ...] | None = None
    min_confidence: float = 0.0
    passage_length: int | None = None

    def tokenizer(self, language: str) -> Tokenizer:
        """Return the user's tokenizer of a language, or the default."""
        own = _set_for(language, self.tokenizers)
        if own is not None:
            return as_tokenizer(own)
        return _default_tokenizer(language, self.wants_lemmas(language), self.convert, self.folds(language))

    def check(self, language: str) -> None:
        """Raise or warn now about what tokenizing texts of this language will meet.

        Raises:
            MissingDependencyError: its tokenizer is not installed.

        Warns:
            UnsegmentedLanguageWarning: it has no tokenizer here.
        """
        if _set_for(language, self.tokenizers) is None:
            get_tokenizer(language, lemmas=self.wants_lemmas(language), fold=self.folds(language))("")

    def stopped(self, language: str) -> frozenset[str]:
        """Return the stop words of a language."""
        chosen = _set_for(language, self.stop_words)
        if chosen is None and self.no_stop_words:
            chosen = frozenset()
        if chosen is None:
            chosen = default_stop_words(language, lemmas=self.wants_lemmas(language))
        chosen = (chosen | (_set_for(language, self.more_stop_words) or frozenset())) - self.kept(language)
        if not self.folds(language):
            return chosen
        kept = {fold_word(word, language) for word in self.kept(language)}
        return (chosen | {fold_word(word, language) for word in chosen}) - kept

    def kept(self, language: str) -> frozenset[str]:
        """Return the words of a language that are no stop words whatever the list says."""
        return _set_for(language, self.keep_words) or frozenset()

    def lacks_stop_words(self, language: str) -> bool:
        """Return whether nobody said what the stop words of a language are: neither a list of ours nor the user."""
        said = self.no_stop_words or _set_for(language, self.stop_words) is not None
        return not said and not stop_word_classes(language)

    def wants_lemmas(self, language: str) -> bool:
        """Return whether the words of a language are brought to their dictionary form."""
        if not isinstance(self.lemmas, bool):
            return language in self.lemmas or without_region(language) in self.lemmas
        own = _set_for(language, self.tokenizers)
        return self.lemmas and own is None and primary_subtag(language) in LEMMA_LANGUAGES

    def folds(self, language: str) -> bool:
        """Return whether words that a language writes in several ways are brought to one."""
        if not isinstance(self.fold, bool):
            return language in self.fold or without_region(language) in self.fold
        own = _set_for(language, self.tokenizers)
        return self.fold and own is None and primary_subtag(language) in FOLDED_LANGUAGES

    def has_chinese(self, languages: Iterable[str]) -> bool:
        """Return whether the Chinese tokenizer works on any of these languages."""
        return any(self.tokenizer(code).name.startswith(ChineseTokenizer.name) for code in languages)

    def by_name(self) -> dict[str, Collection[str]]:
        """Return the languages that each per-language option was given for."""
        named = {name: list(getattr(self, name)) for name in _PER_LANGUAGE}
        wanted = {"lemmas": self.lemmas, "fold": self.fold}
        return {**named, **{name: [] if isinstance(each, bool) else sorted(each) for name, each in wanted.items()}}


# How sentences begin about options that are lists of languages.
_GIVEN = {"lemmas": "lemmas are asked", "fold": "fold is asked"}
_PER_LANGUAGE = ("tokenizers", "stop_words", "more_stop_words", "keep_words")


def _set_for(language: str, settings: Mapping[str, T]) -> T | None:
    """Return what is set for a language, or else for the language that it is a regional variant of."""
    found = settings.get(language)
    return settings.get(without_region(language)) if found is None else found


# A dictionary is loaded once per process, not once per block.
@lru_cache(maxsize=64)
def _default_tokenizer(language: str, lemmas: bool, convert: Conversion | None, fold: bool) -> Tokenizer:
    with warnings.catch_warnings():
        # ``check`` has warned already.
        warnings.simplefilter("ignore", UnsegmentedLanguageWarning)
        tokenizer = get_tokenizer(language, lemmas=lemmas, fold=fold)
        if convert is None or tokenizer.name != ChineseTokenizer.name:
            return tokenizer
        return get_tokenizer(language, convert=convert)


def check_option_names(function: str, options: Mapping[str, Any], others: Iterable[str]) -> None:
    """Raise TypeError, as Python does, for a keyword argument that does not exist.

    Args:
        function: the function that was called.
        options: the keyword arguments that are not among its own.
        others: its own keyword arguments, one of which may be meant.
    """
    known = list(TextOptions.__annotations__)
    for name in options:
        if name not in known:
            close = get_close_matches(name, [*known, *others], n=1, cutoff=0.7)
            hint = f". Did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{hint}")


def as_columns(columns: Columns | Mapping[str, str | None] | None) -> Columns:
    """Return ``Columns`` from a mapping of the columns that have other names; None leaves one unread."""
    if columns is None or isinstance(columns, Columns):
        return columns or Columns()
    if not isinstance(columns, Mapping):
        raise InputError(f"columns are given as {type(columns).__name__}: give a mapping such as {{'text': 'body'}}")
    known = list(Columns.__dataclass_fields__)
    for name, column in columns.items():
        if name not in known:
            raise InputError(f"columns has the unknown key {name!r}: the keys are {listed(known)}")
        # A document needs text; the others may be left unread.
        if not (isinstance(column, str) or (column is None and name != "text")):
            otherwise = "" if name == "text" else ", or None to leave it unread"
            raise InputError(f"columns has {column!r} for {name!r}: give the name of a column{otherwise}")
    return Columns(**columns)  # type: ignore[arg-type]  # text is never None, as checked


def check_confidence(min_confidence: Any) -> None:
    """Raise InputError unless this is a number from 0 to 1."""
    if isinstance(min_confidence, bool) or not isinstance(min_confidence, Real) or not 0 <= float(min_confidence) <= 1:
        raise InputError(f"min_confidence is {min_confidence!r}: it must be a number from 0 to 1")


def vocabulary_settings(options: TextOptions) -> VocabularySettings:
    """Return the options that choose a vocabulary, checked."""
    usual = VocabularySettings()
    settings = VocabularySettings(
        min_df=options.get("min_df", usual.min_df),
        max_df=options.get("max_df", usual.max_df),
        max_size=options.get("max_vocabulary", usual.max_size),
        phrases=bool(options.get("phrases", False)),
    )
    min_df = 1 if settings.min_df is None else settings.min_df
    check_vocabulary_settings(min_df=min_df, max_df=settings.max_df, max_size=settings.max_size)
    return settings


def passage_length(passages: Any) -> int | None:
    """Return the length of passages that the option ``passages`` means; None for no passages.

    Raises:
        InputError: it is neither auto, nor never, nor a length.

    Examples:
        >>> passage_length("auto")
        1000
    """
    if passages == "auto":
        return PASSAGE_LENGTH
    if passages == "never":
        return None
    if isinstance(passages, str):
        raise InputError(f"passages is {passages!r}: it must be auto, never, or a number of characters per passage")
    return check_int("passages", passages, _SHORTEST_PASSAGE, ", or auto, or never")


def text_settings(
    options: TextOptions,
    languages: tuple[str, ...] | None,
    *,
    min_confidence: float = 0.0,
    merge_regions: bool = False,
) -> TextSettings:
    """Return the options that turn texts into words, checked.

    Args:
        options: as given.
        languages: the languages of the corpus, if they are known.
        min_confidence: see ``TextSettings``.
        merge_regions: whether what is set for regional variants is for the languages that they are merged into.
    """
    given: dict[str, Any] = dict(options)
    no_stop_words = given.get("stop_words") == "none"
    if no_stop_words:
        given["stop_words"] = None
    per_language = {name: by_code(name, given.get(name), merge_regions=merge_regions) for name in _PER_LANGUAGE}
    for code, tokenizer in per_language["tokenizers"].items():
        if not callable(tokenizer):
            raise InputError(
                f"the tokenizer of {code!r} is {tokenizer!r:.60}: give a function that takes a text and returns a list "
                "of words, or leave it out for the default"
            )
    convert = options.get("convert")
    if convert is not None and convert not in CONVERSIONS:
        raise InputError(f"convert is {convert!r}: it must be {' or '.join(CONVERSIONS)}")
    markup = options.get("markup", "auto")
    check_markup(markup)
    settings = TextSettings(
        tokenizers=per_language["tokenizers"],
        stop_words={
            code: frozenset() if words is None or words == "none" else _as_tokens(code, words)
            for code, words in per_language["stop_words"].items()
        },
        more_stop_words={code: _as_tokens(code, words) for code, words in per_language["more_stop_words"].items()},
        keep_words={
            code: _as_tokens(code, words, "words to keep") for code, words in per_language["keep_words"].items()
        },
        no_stop_words=no_stop_words,
        lemmas=_all_or_some("lemmas", options.get("lemmas", False), merge_regions),
        convert=convert,
        fold=_all_or_some("fold", options.get("fold", False), merge_regions),
        markup=markup,
        phrases=bool(options.get("phrases", False)),
        languages=languages,
        min_confidence=min_confidence,
        passage_length=passage_length(options.get("passages", "auto")),
    )
    if languages is not None:
        for name, codes in settings.by_name().items():
            for code in codes:
                if not _concerns(code, languages):
                    raise InputError(
                        f"{_GIVEN.get(name, f'{name} are given')} for {code!r}, which has no documents: it is not "
                        "in the corpus"
                    )
    named = settings.by_name()
    for code in (*named["lemmas"], *named["fold"], *(languages or ())):
        settings.check(code)
    if languages is not None and convert is not None and not settings.has_chinese(languages):
        raise InputError(f"convert={convert!r} is for Chinese, which is not among the languages: leave it out")
    return settings


def _all_or_some(name: str, given: Any, merge_regions: bool) -> bool | frozenset[str]:
    """Return an option that is True or False for all languages, or a list of languages, checked."""
    if isinstance(given, str):
        raise InputError(f"{name} is one string: give a list of languages, for example [{given!r}], or True for all")
    if not isinstance(given, Iterable | bool):
        raise InputError(f"{name} is {given!r}: give a list of languages, or True for all")
    if isinstance(given, bool):
        return given
    codes = normalize_languages(given)
    return frozenset(map(merged_language, codes) if merge_regions else codes)


def by_code(name: str, by_language: Mapping[str, Any] | None, *, merge_regions: bool = False) -> dict[str, Any]:
    """Return an optional mapping with its language codes in normal form."""
    if by_language is not None and not isinstance(by_language, Mapping):
        raise InputError(
            f"{name} are given as {type(by_language).__name__}: give a mapping from language code to {name}"
        )
    result: dict[str, Any] = {}
    for given, value in (by_language or {}).items():
        code = normalize_language(given)
        if merge_regions:
            code = merged_language(code)
            if code in result:
                raise InputError(f"{name} are given for more than one variant of {code!r}, which are merged: give one")
        result[code] = value
    return result


def _as_tokens(language: str, words: Iterable[str], kind: str = "stop words") -> frozenset[str]:
    """Return stop words as given, and as tokenizers normalize words."""
    if isinstance(words, str):
        raise InputError(f"the {kind} of {language!r} are one string: give a list of words")
    listed = list(words) if isinstance(words, Iterable) else [words]
    for word in listed:
        if not isinstance(word, str):
            raise InputError(f"the {kind} of {language!r} hold {word!r:.60}: give a list of words")
    return frozenset([*listed, *(normalize_text(word, language) for word in listed)])


def _concerns(code: str, languages: Iterable[str]) -> bool:
    """Return whether what is set for a language applies to any of these or their regional variants."""
    return any(code in (language, without_region(language)) for language in languages)


def warn_of_similar(languages: Iterable[str], named: Collection[str], cure: str, *, stacklevel: int) -> None:
    """Warn where documents name several variants of a language, which become languages of their own."""
    variants: dict[str, list[str]] = {}
    for code in languages:
        variants.setdefault(merged_language(code), []).append(code)
    for base, codes in variants.items():
        if len(codes) > 1 and any(code in named for code in codes):
            warnings.warn(
                f"{listed(codes)} are treated as separate languages; to merge them into {base}, {cure}",
                SimilarLanguagesWarning,
                stacklevel=stacklevel + 1,
            )


def warn_of_lacking_stop_words(settings: TextSettings, languages: Iterable[str], *, stacklevel: int) -> None:
    """Warn, once for all of them, of languages that have no list of stop words."""
    lacking = [repr(code) for code in languages if settings.lacks_stop_words(code)]
    if lacking:
        lists = "a list" if len(lacking) == 1 else "lists"
        warnings.warn(
            f"there is no list of stop words for {listed(lacking)}: words in over {FREQUENT:.0%} of the documents are "
            f"left out instead, where there are {ENOUGH_DOCUMENTS} documents or more; to give {lists} of your own, "
            f"pass stop_words={{{lacking[0]}: [...]}}",
            NoStopWordsWarning,
            stacklevel=stacklevel + 1,
        )


def warn_of_unused(settings: TextSettings, languages: Collection[str], *, stacklevel: int) -> None:
    """Warn of settings for languages that no document turned out to be in."""
    unused = [
        f"{_GIVEN.get(name, f'{name} are given')} for {', '.join(absent)}, which no document is in: they had no effect"
        for name, codes in settings.by_name().items()
        if (absent := [code for code in codes if not _concerns(code, languages)])
    ]
    if settings.convert is not None and not settings.has_chinese(languages):
        unused.insert(0, f"convert={settings.convert!r} is for Chinese, which no document is in: it had no effect")
    for message in unused:
        warnings.warn(message, UnusedSettingWarning, stacklevel=stacklevel + 1)
