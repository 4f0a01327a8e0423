"""``Corpus``: what GloCTM is trained on, one part per language, validated when it is made."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np

from gloctm.arrays import evenly_spread
from gloctm.checks import check_int
from gloctm.corpus.benchmark import read_benchmark
from gloctm.corpus.build import build_from_records, build_from_texts, build_from_tokens
from gloctm.corpus.by_language import ByLanguage
from gloctm.corpus.encoders import by_encoder, encoder_for_missing, joined_names, word_encoder_name
from gloctm.corpus.html import corpus_html
from gloctm.corpus.language import SAMPLE_DOCUMENTS, LanguageCorpus, document_texts
from gloctm.corpus.options import (
    MIN_CONFIDENCE,
    MIN_DOCUMENTS,
    TextOptions,
    as_columns,
    check_option_names,
    passage_length,
)
from gloctm.corpus.passages import warn_of_unseen
from gloctm.corpus.report import BuildReport
from gloctm.corpus.sharded import save_sharded
from gloctm.corpus.storage import load_parts, loading, save_parts
from gloctm.corpus.validation import (
    check_language_count,
    check_word_dimensions,
    checked_embeddings,
    validate_language,
)
from gloctm.embedding.arrays import load_embeddings
from gloctm.embedding.embed import embed_texts, get_encoders, warn_of_unknown_language
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.errors import InputError
from gloctm.languages import normalize_language, normalize_languages
from gloctm.reading.columns import Columns
from gloctm.reading.dates import DateOrder
from gloctm.reading.quoting import Quoting
from gloctm.reading.records import as_records, group_records, read_records


class Corpus(ByLanguage[LanguageCorpus]):
    """Documents in two or more languages: ``corpus["en"]`` is a LanguageCorpus, ``corpus.languages`` their order.

    Documents need not be translations of each other, nor equally many per language. Row i of every array of a language
    is its i-th document, even if that is empty.

    Args:
        languages: a LanguageCorpus per language code (BCP-47; codes such as ``cn`` are understood).
        encoder: name of the encoder that the embeddings come from, for the record.
        word_encoder: name of the one encoder that all word embeddings come from, which can link words of further
            languages to these; None for vectors of your own.
        passage_length: length of the passages that long texts are split into, here and by models trained on the corpus
            (see ``gloctm.corpus.TextOptions``); None keeps texts whole.
        report: what became of the documents that the corpus was built from, if known.

    Raises:
        InputError: fewer than two languages, an unknown one, or parts that don't fit together.

    Example:
        >>> from gloctm import Corpus
        >>> texts = {"en": ["the red house", "a red car"], "de": ["das rote Haus", "ein rotes Auto"]}
        >>> corpus = Corpus.from_texts(texts, max_df=1.0, encoder=None)
        >>> corpus
        Corpus(en: 2 × 3, de: 2 × 4)
        >>> corpus["de"].vocabulary
        ['auto', 'haus', 'rote', 'rotes']
    """

    def __init__(
        self,
        languages: Mapping[str, LanguageCorpus],
        *,
        encoder: str | None = None,
        word_encoder: str | None = None,
        passage_length: int | None = None,
        report: BuildReport | None = None,
    ) -> None:
        codes = normalize_languages(languages)
        check_language_count(codes)
        parts = zip(codes, languages.values(), strict=True)
        super().__init__({code: validate_language(code, part) for code, part in parts})
        self.encoder = encoder
        self.word_encoder = word_encoder
        self.passage_length = passage_length
        self.report = report
        dimensions = {
            code: part.word_embeddings.shape[1]
            for code, part in self._languages.items()
            if part.word_embeddings is not None
        }
        check_word_dimensions(dimensions)

    def __repr__(self) -> str:
        parts = (f"{code}: {part.num_documents} × {part.num_words}" for code, part in self.items())
        return f"Corpus({', '.join(parts)})"

    def _repr_html_(self) -> str:
        return corpus_html(self, self.encoder)

    @property
    def has_embeddings(self) -> bool:
        """Whether every language has word and document embeddings."""
        return all(part.word_embeddings is not None and part.has_document_embeddings for part in self.values())

    def fingerprint(self) -> str:
        """Return the SHA-256 of languages, vocabularies, counts, embeddings and passages: what a model was trained on.

        Examples:
            >>> len(corpus.fingerprint())
            64
        """
        digest = hashlib.sha256()
        for code, part in self.items():
            digest.update(code.encode() + b"\0" + "\n".join(part.vocabulary).encode("utf-8", "surrogatepass"))
            arrays = [*_count_arrays(part.counts), part.word_embeddings, part.document_embeddings]
            if (passages := part.passages) is not None:
                arrays += [passages.document.astype("<i8"), passages.starts.astype("<i8")]
                arrays += [*_count_arrays(passages.counts), passages.embeddings]
            for array in arrays:
                digest.update(b"-" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def select(self, languages: Sequence[str]) -> Corpus:
        """Return the same corpus with these languages only, in this order.

        Example:
            >>> corpus = Corpus.from_tokens({"en": [["a", "b"]], "de": [["c", "d"]], "fr": [["e", "f"]]}, encoder=None)
            >>> corpus.select(["fr", "en"]).languages
            ('fr', 'en')
        """
        codes = normalize_languages(languages)
        return Corpus(
            {code: self[code] for code in codes},
            encoder=self.encoder,
            word_encoder=self.word_encoder,
            passage_length=self.passage_length,
            report=None if self.report is None else self.report.select(codes),
        )

    def as_passages(self) -> Corpus:
        """Return the corpus whose documents are the passages; itself where no document is split. Models train on it.

        Examples:
            >>> corpus.as_passages() is corpus
            True
        """
        if all(part.passages is None for part in self.values()):
            return self
        return self._of({code: part.as_passages() for code, part in self.items()})

    def embed(
        self,
        encoder: str | TextEncoder | EncoderPair = "auto",
        *,
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """Return the same corpus with the embeddings it lacks; those it has are kept, and no encoder is loaded then.

        Args:
            encoder: ``"auto"`` is the encoder of the embeddings that the corpus has, or else usem3, or e5 where that is
                installed and a language needs it (see ``gloctm.embedding.choose_encoder``). For others see
                ``gloctm.embedding.get_encoders``.
            cache: True for the cache on disk, a folder for another, False for none.
            show_progress: whether progress is shown.

        Example:
            >>> from gloctm.embedding import ArrayEncoder
            >>> corpus = Corpus.from_tokens({"en": [["red", "car"]], "de": [["rot", "auto"]]}, encoder=None)
            >>> texts = ["red", "car", "rot", "auto", "red car", "rot auto"]
            >>> vectors = ArrayEncoder(texts, [[1, 0], [0, 1], [1, 0], [0, 1], [1, 1], [1, 1]])
            >>> corpus.embed(vectors, cache=False, show_progress=False)["de"].word_embeddings
            array([[0., 1.],
                   [1., 0.]], dtype=float32)
        """
        if self.has_embeddings:
            return self
        if encoder == "auto":
            parts = self.items()
            lacking = [code for code, part in parts if part.word_embeddings is None or part.document_embeddings is None]
            encoder = encoder_for_missing(self.word_encoder, lacking)
        pair = get_encoders(encoder)
        names = [self.encoder]
        languages = {}
        for code, part in self.items():
            # Passages are embedded instead of their documents.
            words, units = part.word_embeddings, part.as_passages()
            documents = units.document_embeddings
            needed = [each for each, own in ((pair.words, words), (pair.documents, documents)) if own is None]
            warn_of_unknown_language(code, needed)
            names += [each.name for each in needed]
            if words is None:
                description = f"embedding {code} words{by_encoder(pair.words)}"
                words = embed_texts(
                    part.vocabulary, pair.words, cache=cache, description=description, show_progress=show_progress
                )
            if documents is None:
                texts, what = document_texts(units), "documents" if units is part else "passages"
                warn_of_unseen(code, texts, pair.documents)
                description = f"embedding {code} {what}{by_encoder(pair.documents)}"
                documents = embed_texts(
                    texts, pair.documents, cache=cache, description=description, show_progress=show_progress
                )
            languages[code] = _with_document_embeddings(
                code, dataclasses.replace(part, word_embeddings=words), documents
            )
        given = [part.word_embeddings is not None for part in self.values()]
        return Corpus(
            languages,
            encoder=joined_names(*names),
            word_encoder=word_encoder_name(self.word_encoder, pair.words, given),
            passage_length=self.passage_length,
            report=self.report,
        )

    def with_embeddings(self, language: str, *, words: Any = None, documents: Any = None) -> Corpus:
        """Return the same corpus with embeddings of your own for one language.

        Args:
            language: the language that the embeddings are for.
            words: ``(vocabulary, dimension)`` array or path of a ``.npy`` file, rows in the vocabulary's order.
            documents: ``(documents, dimension)`` array or path of a ``.npy`` file, rows in the documents' order. Where
                documents are split, one row per passage, in the order of ``corpus.as_passages()``.

        Example:
            >>> corpus = Corpus.from_tokens({"en": [["red", "car"]], "de": [["rot", "auto"]]}, encoder=None)
            >>> corpus.with_embeddings("en", words=[[0, 1], [1, 0]])["en"].word_embeddings.shape
            (2, 2)
        """
        code = normalize_language(language)
        part = self[code]
        if words is not None:
            part = dataclasses.replace(part, word_embeddings=load_embeddings(words))
        if documents is not None:
            part = _with_document_embeddings(code, part, load_embeddings(documents))
        return Corpus(
            {**self._languages, code: part},
            encoder=joined_names(self.encoder, "own vectors"),
            word_encoder=self.word_encoder if words is None else None,
            passage_length=self.passage_length,
            report=self.report,
        )

    def take(self, rows: Mapping[str, Any], *, texts: bool = True, embeddings: bool = True) -> Corpus:
        """Return some documents of each language, in these orders, as a corpus.

        Args:
            rows: for each language the rows of the documents; languages that are not named are left out.
            texts: whether they keep their texts.
            embeddings: whether they keep the embeddings of documents.

        Raises:
            InputError: fewer than two languages remain, or a language without any word.

        Examples:
            >>> corpus.take({"en": [0, 5, 6], "de": [1, 2]})["en"].num_documents
            3
        """
        return self._of(
            {code: self[code].take(each, texts=texts, embeddings=embeddings) for code, each in rows.items()}
        )

    def sample(self, num_documents: int = SAMPLE_DOCUMENTS, *, texts: bool = True, embeddings: bool = True) -> Corpus:
        """Return documents spread evenly over each language; the corpus itself where no document would be left out.

        Nothing is drawn: a corpus sorted by label or date is represented, and one corpus has one sample.

        Args:
            num_documents: per language, at most.
            texts: whether they are needed; False lets a sample leave them out.
            embeddings: whether those of documents are needed.

        Examples:
            >>> corpus.sample(50)["en"].num_documents
            50
        """
        number = check_int("num_documents", num_documents, 1)
        if all(part.num_documents <= number for part in self.values()):
            return self
        rows = {code: evenly_spread(part.num_documents, number) for code, part in self.items()}
        return self.take(rows, texts=texts, embeddings=embeddings)

    def _of(self, languages: Mapping[str, LanguageCorpus]) -> Corpus:
        return Corpus(
            languages,
            encoder=self.encoder,
            word_encoder=self.word_encoder,
            passage_length=self.passage_length,
            report=self.report,
        )

    def save(self, path: str | os.PathLike[str], *, sharded: bool = False) -> Path:
        """Write the corpus to a folder (see docs/reference/formats.md); an older corpus there is replaced.

        Args:
            path: the folder.
            sharded: write shards of 32,768 documents, which ``gloctm.ShardedCorpus`` reads without loading all of
                them. Needs pyarrow. ``Corpus.load`` reads either.

        Raises:
            InputError: the folder holds something else; or, for shards, documents that are split have embeddings and
                their passages have none.

        Examples:
            >>> corpus.save("corpus").name
            'corpus'
        """
        return (save_sharded if sharded else save_parts)(
            path,
            self,
            encoder=self.encoder,
            word_encoder=self.word_encoder,
            passage_length=self.passage_length,
            report=self.report,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, verify: bool | None = None) -> Corpus:
        """Read a corpus that ``save`` wrote; embeddings are memory-mapped, those in shards if they are many.

        Args:
            path: the folder.
            verify: None compares the SHA-256 of each file when this process first reads it, at about a second per GB.
                True compares those of all files again; False compares none.

        Raises:
            FileFormatError: it is missing, foreign, incomplete, damaged, or written by a newer version.

        Example:
            >>> import tempfile
            >>> corpus = Corpus.from_tokens({"en": [["red", "car"]], "de": [["rot", "auto"]]}, encoder=None)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     Corpus.load(corpus.save(folder))
            Corpus(en: 1 × 2, de: 1 × 2)
        """
        with loading(path):
            return cls(**load_parts(path, verify=verify))

    @classmethod
    def from_benchmark(
        cls,
        path: str | os.PathLike[str],
        languages: Sequence[str] | None = None,
        *,
        split: str = "train",
        encoder: str | TextEncoder | EncoderPair | None = "auto",
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

        Examples:
            >>> Corpus.from_benchmark("ECNews", ["en", "cn"]).languages  # doctest: +SKIP
            ('en', 'zh')
        """
        return cls(read_benchmark(path, languages, split=split))._embedded(encoder, cache, show_progress)

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
        encoder: str | TextEncoder | EncoderPair | None = "auto",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
    ) -> Corpus:
        """Build a corpus from tokenized documents; no word is changed, and no stop words are removed.

        Args:
            documents: per language a list of documents, each a list of words.
            labels: per language a label for each document.
            ids: per language an identifier for each document.
            vocabulary: per language the words to use; chosen by the next three settings unless given.
            min_df: a word must be in at least this many documents. 1 keeps your choice of words.
            max_df: a word may be in at most this share of documents.
            max_vocabulary: keep this many words per language, by document frequency; None keeps all.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.

        Example:
            >>> tokens = {"en": [["red", "house"], ["red", "car"]], "de": [["rotes", "haus"], ["rotes", "auto"]]}
            >>> Corpus.from_tokens(tokens, encoder=None)["en"].counts.toarray()
            array([[0, 1, 1],
                   [1, 0, 1]], dtype=int32)
        """
        parts = build_from_tokens(
            documents,
            labels=labels,
            ids=ids,
            vocabulary=vocabulary,
            min_df=min_df,
            max_df=max_df,
            max_vocabulary=max_vocabulary,
        )
        return cls(parts)._embedded(encoder, cache, show_progress)

    @classmethod
    def from_texts(
        cls,
        texts: Mapping[str, Iterable[str]],
        *,
        labels: Mapping[str, Sequence[str]] | None = None,
        ids: Mapping[str, Sequence[str]] | None = None,
        dates: Mapping[str, Sequence[Any]] | None = None,
        date_order: DateOrder = "auto",
        encoder: str | TextEncoder | EncoderPair | None = "auto",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
        **options: Unpack[TextOptions],
    ) -> Corpus:
        """Build a corpus from raw texts: tokenize them, remove stop words, choose a vocabulary, embed.

        Args:
            texts: per language its documents. Row i is document i: a missing text (None, NaN) is an empty document.
            labels: per language a label for each document.
            ids: per language an identifier for each document.
            dates: per language a date for each document. One that can't be read is left out, with a warning.
            date_order: of day and month in dates such as 05/31/2024, ``"dmy"`` or ``"mdy"``; by the dates unless given.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
            **options: ``tokenizers``, ``stop_words``, ``more_stop_words``, ``keep_words``, ``lemmas``, ``convert``,
                ``fold``, ``markup``, ``phrases``, ``passages``, ``min_df``, ``max_df``, ``max_vocabulary`` and
                ``processes``, see
                ``gloctm.corpus.TextOptions``.

        Example:
            >>> texts = {"en": ["the red house", "a red car"], "de": ["das rote Haus", "ein rotes Auto"]}
            >>> labels = {"en": ["homes", "traffic"], "de": ["homes", "traffic"]}
            >>> Corpus.from_texts(texts, labels=labels, max_df=1.0, encoder=None)["de"].labels
            ['homes', 'traffic']
        """
        check_option_names("from_texts", options, cls.from_texts.__kwdefaults__ or ())
        length = passage_length(options.get("passages", "auto"))
        parts, report = build_from_texts(
            texts,
            options,
            labels=labels,
            ids=ids,
            dates=dates,
            date_order=date_order,
            show_progress=show_progress,
        )
        return cls(parts, passage_length=length, report=report)._embedded(encoder, cache, show_progress)

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
        date_order: DateOrder = "auto",
        encoder: str | TextEncoder | EncoderPair | None = "auto",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
        **options: Unpack[TextOptions],
    ) -> Corpus:
        """Build a corpus from documents in any order of languages, read once, one after another.

        The language of a document is identified if it is missing, empty or ``auto``. If ``languages`` or other
        documents name one variant of it (``en-GB``), the document counts as that. ``corpus.report`` says what was left
        out and why; a text without any word stays, empty.

        Args:
            records: mappings with ``text``, ``lang`` and optionally ``label``, ``id`` and ``date``; or a table of
                pandas, polars or Arrow, or a data set of Hugging Face's ``datasets``, with such columns.
            columns: which column is which, if they have other names: ``{"text": "body", "lang": "locale"}``.
            language: the language of all documents; ``"auto"`` identifies all, whatever their column says.
            languages: the languages wanted, in order; documents in others are left out. All unless given.
            min_confidence: leave out documents whose language is identified with less confidence (0 to 1).
            min_documents: leave out a language with fewer documents that was only identified, never named: it mostly
                is a mistake.
            merge_regions: count regional variants as one language: en, en-GB and en-US are en; zh-TW and zh-Hant-HK,
                which are not in the usual script, are zh-Hant. False: each code is a language of its own.
            date_order: see ``from_texts``.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
            **options: see ``from_texts``.

        Example:
            >>> records = [{"text": "a red car", "lang": "en"}, {"text": "ein rotes Auto", "lang": "de"}]
            >>> Corpus.from_records(records, max_df=1.0, encoder=None)
            Corpus(en: 1 × 2, de: 1 × 2)
        """
        check_option_names("from_records", options, cls.from_records.__kwdefaults__ or ())
        length = passage_length(options.get("passages", "auto"))
        parts, report = build_from_records(
            as_records(records, columns=as_columns(columns), language=language, date_order=date_order),
            options,
            languages=languages,
            min_confidence=min_confidence,
            min_documents=min_documents,
            merge_regions=merge_regions,
            show_progress=show_progress,
        )
        return cls(parts, passage_length=length, report=report)._embedded(encoder, cache, show_progress)

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
        quoting: Quoting = "auto",
        date_order: DateOrder = "auto",
        encoder: str | TextEncoder | EncoderPair | None = "auto",
        cache: bool | str | os.PathLike[str] = True,
        show_progress: bool = True,
        **options: Unpack[TextOptions],
    ) -> Corpus:
        r"""Build a corpus from files, read as a stream: texts wait on disk, and memory holds words and counts.

        Args:
            paths: JSON lines, CSV, TSV or Parquet, or a folder of such files, or a folder of text files in subfolders
                named by language; any of them gzipped; ``-`` for standard input. See docs/reference/formats.md.
            columns: see ``from_records``, as for the next five.
            language: the language of all documents.
            languages: the languages wanted.
            min_confidence: the least confidence of an identified language.
            min_documents: the least number of documents in a language that no document names.
            merge_regions: whether regional variants are one language.
            encoding: of text files.
            file_format: ``"jsonl"`` (or a JSON array), ``"csv"``, ``"tsv"``, ``"parquet"`` or ``"txt"``; by the files'
                names unless given.
            on_error: ``"skip"`` leaves out lines that can't be read and lists them in the report; ``"raise"`` stops.
            quoting: whether quotation marks quote the fields of CSV and TSV: ``"csv"`` or ``"none"``.
                ``"auto"`` decides by the lines, so that a mark that is text does not join rows.
            date_order: see ``from_texts``.
            encoder: computes the embeddings; None leaves them out.
            cache: see ``embed``.
            show_progress: whether progress is shown.
            **options: see ``from_texts``.

        Raises:
            FileFormatError: a file is missing, damaged or malformed; the message has the line.

        Example:
            >>> import pathlib, tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     path = pathlib.Path(folder, "news.csv")
            ...     _ = path.write_text("text,lang\na red car,en\nein rotes Auto,de\n", encoding="utf-8")
            ...     Corpus.from_files(path, max_df=1.0, encoder=None, show_progress=False)
            Corpus(en: 1 × 2, de: 1 × 2)
        """
        check_option_names("from_files", options, cls.from_files.__kwdefaults__ or ())
        length = passage_length(options.get("passages", "auto"))
        parts, report = build_from_records(
            read_records(
                paths,
                columns=as_columns(columns),
                language=language,
                encoding=encoding,
                file_format=file_format,
                on_error=on_error,
                quoting=quoting,
                date_order=date_order,
            ),
            options,
            languages=languages,
            min_confidence=min_confidence,
            min_documents=min_documents,
            merge_regions=merge_regions,
            show_progress=show_progress,
        )
        return cls(parts, passage_length=length, report=report)._embedded(encoder, cache, show_progress)

    @classmethod
    def demo(cls, languages: Sequence[str] | None = None, **settings: Any) -> Corpus:
        """Return the built-in corpus: short texts on 12 everyday themes in five languages, the theme as label.

        Args:
            languages: some of de, en, es, ja, zh; all unless given.
            **settings: arguments of ``from_texts``.

        Example:
            >>> Corpus.demo(["en", "de"], encoder=None, show_progress=False)["de"].num_documents
            240
        """
        from gloctm.demo import demo_records

        return cls.from_texts(**group_records(demo_records(languages)), **settings)

    def _embedded(
        self,
        encoder: str | TextEncoder | EncoderPair | None,
        cache: bool | str | os.PathLike[str],
        show_progress: bool,
    ) -> Corpus:
        return self if encoder is None else self.embed(encoder, cache=cache, show_progress=show_progress)


def check_corpus(corpus: Any, name: str = "corpus") -> None:
    """Raise InputError unless this is a corpus."""
    if not isinstance(corpus, Corpus):
        raise InputError(f"{name} is a {type(corpus).__name__}, not a Corpus: read one with Corpus.load(path)")


def _with_document_embeddings(language: str, part: LanguageCorpus, vectors: Any) -> LanguageCorpus:
    """Return a language with embeddings of its documents; of its passages, where documents are split."""
    if part.passages is None:
        return dataclasses.replace(part, document_embeddings=vectors)
    vectors = checked_embeddings(language, "passage", vectors, len(part.passages), "passages", None)
    passages = dataclasses.replace(part.passages, embeddings=vectors)
    return dataclasses.replace(part, passages=passages, document_embeddings=passages.document_embeddings())


def _count_arrays(counts: Any) -> list[Any]:
    return [counts.indptr.astype("<i8"), counts.indices.astype("<i4"), counts.data.astype("<i4")]
