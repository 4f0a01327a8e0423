"""Building the parts of a corpus from tokens or raw texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gloctm.corpus.corpus import LanguageCorpus
from gloctm.corpus.validation import check_language_count
from gloctm.errors import InputError
from gloctm.languages import normalize_language, normalize_languages
from gloctm.progress import track
from gloctm.text import as_tokenizer, build_vocabulary, count_tokens, get_tokenizer, is_built_in
from gloctm.text import stop_words as default_stop_words


def build_from_tokens(
    documents: Mapping[str, Sequence[Sequence[str]]],
    *,
    labels: Mapping[str, Sequence[str]] | None,
    ids: Mapping[str, Sequence[str]] | None,
    vocabulary: Mapping[str, Sequence[str]] | None,
    min_df: int,
    max_df: float,
    max_vocabulary: int | None,
) -> dict[str, LanguageCorpus]:
    """A LanguageCorpus for each language of tokenised documents; see ``Corpus.from_tokens``."""
    languages = _normalized(documents)
    aligned = _aligned_by_language({"labels": labels, "ids": ids, "vocabulary": vocabulary}, languages)
    parts = {}
    for language, tokenized in languages.items():
        _check_tokens(language, tokenized)
        words = aligned["vocabulary"].get(language)
        if words is None:
            words = build_vocabulary(tokenized, min_df=min_df, max_df=max_df, max_size=max_vocabulary)
        parts[language] = LanguageCorpus(
            counts=count_tokens(tokenized, words),
            vocabulary=words,
            labels=aligned["labels"].get(language),
            ids=aligned["ids"].get(language),
            texts=[" ".join(tokens) for tokens in tokenized],
        )
    return parts


def build_from_texts(
    texts: Mapping[str, Sequence[str]],
    *,
    labels: Mapping[str, Sequence[str]] | None,
    ids: Mapping[str, Sequence[str]] | None,
    tokenizers: Mapping[str, Callable[[str], list[str]]] | None,
    stop_words: Mapping[str, Iterable[str]] | None,
    min_df: int,
    max_df: float,
    max_vocabulary: int | None,
    show_progress: bool,
) -> dict[str, LanguageCorpus]:
    """A LanguageCorpus for each language of raw texts; see ``Corpus.from_texts``."""
    languages = _normalized(texts)
    # The corpus would say so too, but only after all texts have been cut into words.
    check_language_count(languages)
    aligned = _aligned_by_language(
        {"labels": labels, "ids": ids, "tokenizers": tokenizers, "stop_words": stop_words}, languages
    )
    for language, raw in languages.items():
        if isinstance(raw, str) or not all(isinstance(text, str) for text in raw):
            raise InputError(f"the texts of {language!r} must be a list of strings, one a document")
    parts = {}
    with track("cutting into words", sum(map(len, languages.values())), "texts", show=show_progress) as progress:
        for language, raw in languages.items():
            tokenizer = as_tokenizer(aligned["tokenizers"].get(language) or get_tokenizer(language))
            stopped = aligned["stop_words"].get(language)
            tokenized = []
            for text in raw:
                tokenized.append(tokenizer(text))
                progress.advance()
            words = build_vocabulary(
                tokenized,
                stop_words=default_stop_words(language) if stopped is None else frozenset(stopped),
                min_df=min_df,
                max_df=max_df,
                max_size=max_vocabulary,
            )
            parts[language] = LanguageCorpus(
                counts=count_tokens(tokenized, words),
                vocabulary=words,
                labels=aligned["labels"].get(language),
                ids=aligned["ids"].get(language),
                texts=list(raw),
                tokenizer=tokenizer.name,
                own_tokenizer=None if is_built_in(tokenizer) else tokenizer,
            )
    return parts


def _normalized(by_language: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(by_language, Mapping):
        raise InputError(f"give a mapping from language code to documents, not {type(by_language).__name__}")
    return dict(zip(normalize_languages(by_language), by_language.values(), strict=True))


def _aligned_by_language(
    extras: Mapping[str, Mapping[str, Any] | None], languages: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Bring the keys of optional mappings to normal form; a language that has no documents is an error."""
    result: dict[str, dict[str, Any]] = {}
    for name, by_language in extras.items():
        if by_language is not None and not isinstance(by_language, Mapping):
            raise InputError(
                f"{name} are given as {type(by_language).__name__}: give a mapping from language code to {name}"
            )
        result[name] = {normalize_language(code): value for code, value in (by_language or {}).items()}
        for code in result[name]:
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
