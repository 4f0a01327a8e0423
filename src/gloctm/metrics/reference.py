"""Reference corpora, which topics are judged by: line-aligned files of words, counted once and kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from gloctm.errors import FileFormatError, InputError
from gloctm.files.atomic import atomic_file
from gloctm.files.cache import default_cache_folder
from gloctm.files.compressed import COMPRESSIONS, opened, reading
from gloctm.files.encodings import decoded_lines
from gloctm.languages import normalize_language, normalize_languages, without_region
from gloctm.metrics.coherence import ReferenceCounts

StrPath = str | os.PathLike[str]
#: Where a reference corpus is: a folder with a file ``LANG.txt`` for each language, or the files by language.
Source = StrPath | Mapping[str, StrPath]

# Part of an index's name: to be raised whenever the same file would be counted or kept differently.
_INDEX_FORMAT = 1


def read_reference(
    source: Source | Sequence[StrPath], languages: Sequence[str] | None = None, *, cache: bool = True
) -> tuple[ReferenceCounts, ReferenceCounts]:
    r"""Count the words of a reference corpus in two languages.

    Line i of both files is one pair of documents, of words with spaces between them, in UTF-8. A line may be empty.
    Words are taken as they are, so they must be cut and spelled as the topics' words are. Files may be compressed with
    gzip, xz or bzip2. They are read line by line: memory grows with the counts above zero alone.

    Args:
        source: a folder with a file ``LANG.txt`` for each language, or ``LANG.txt.gz``, ``LANG.txt.xz``,
            ``LANG.txt.bz2``; or files of any name, by language or two in a list.
        languages: which two of the languages, in the order wanted. However a file spells its language, it is found:
            ``cn.txt`` is ``zh``, and ``en.txt`` serves as ``en-GB`` where there is no ``en-GB.txt``. Two files in a
            list need none.
        cache: whether to keep the counts in the cache folder (``GLOCTM_CACHE`` says where), by the content of the
            file, so that it is counted only once. On by default: reading kept counts is many times faster.

    Returns:
        The counts of both, in the order of the files or languages, as ``cross_lingual_npmi`` takes them.

    Raises:
        FileFormatError: a file is missing, empty, damaged or not UTF-8, or the two have different numbers of lines.
        InputError: it is not said which two languages or files, or the cache can't be written.

    Example:
        >>> _ = Path("en.txt").write_text("cat dog\ncat\n", encoding="utf-8")
        >>> _ = Path("de.txt").write_text("Katze Hund\nKatze\n", encoding="utf-8")
        >>> read_reference(".", ["en", "de"])
        (ReferenceCounts(2 documents, 2 words), ReferenceCounts(2 documents, 2 words))
    """
    if isinstance(source, str | os.PathLike | Mapping):
        if languages is None or isinstance(languages, str) or len(languages) != 2:
            raise InputError(f"a reference corpus is of two languages: name the two wanted of {_told(source)}")
        paths = [reference_file(source, language) for language in normalize_languages(languages)]
    else:
        paths = [Path(path) for path in source]
        if len(paths) != 2:
            raise InputError(f"a reference corpus is two files or a folder, not {len(paths)} files: give two")
    one, two = ((path, _counts(path, cache)) for path in paths)
    _check_aligned(one, two)
    return one[1], two[1]


def read_references(
    sources: Source | Iterable[Source], languages: Iterable[str], *, cache: bool = True
) -> dict[tuple[str, str], tuple[ReferenceCounts, ReferenceCounts]]:
    r"""Count the words of reference corpora for several pairs of languages.

    Args:
        sources: one or more, each a folder with files ``LANG.txt`` of two or more languages (see ``read_reference``)
            or such files of any name by language, ``{"en": path, "zh": path}``; all aligned with each other, so that
            three languages make three pairs. Files of other languages are left alone.
        languages: those that there are topics in.
        cache: see ``read_reference``.

    Returns:
        For each pair that there is, in the order of ``languages``, the counts of both, as
        ``cross_lingual_npmi_of_pairs`` takes them. Not every pair need be there.

    Raises:
        FileFormatError: a folder is missing, a source has fewer than two of the languages, or as for
            ``read_reference``.
        InputError: two sources have the same pair, or as for ``read_reference``.

    Example:
        >>> _ = Path("en.txt").write_text("cat dog\ncat\n", encoding="utf-8")
        >>> _ = Path("de.txt").write_text("Katze Hund\nKatze\n", encoding="utf-8")
        >>> read_references(".", ["en", "de"]).keys()
        dict_keys([('en', 'de')])
    """
    wanted = normalize_languages(languages)
    home: dict[tuple[str, str], Source] = {}
    result = {}
    for source in each_source(sources):
        listed = reference_files(source)
        found = [language for language in wanted if _matching(listed, language)]
        if len(found) < 2:
            there = ", ".join(code for code, _ in listed) if isinstance(source, Mapping) else _enumerate(listed)
            raise FileFormatError(
                f"{_told(source)} has {there}, but CNPMI takes two of {', '.join(wanted)}: give files of these, or "
                "another reference corpus"
            )
        files = {language: reference_file(source, language) for language in found}
        for pair in combinations(found, 2):
            if pair in home:
                raise InputError(
                    f"{_told(home[pair])} and {_told(source)} both have {pair[0]} and {pair[1]}: leave one out"
                )
            home[pair] = source
        counted = {language: (path, _counts(path, cache)) for language, path in files.items()}
        for one, two in combinations(found, 2):
            _check_aligned(counted[one], counted[two])
            result[one, two] = (counted[one][1], counted[two][1])
    return {pair: result[pair] for pair in combinations(wanted, 2) if pair in result}


def each_source(sources: Source | Iterable[Source]) -> list[Source]:
    """Return where reference corpora are, one by one, whether one was given or several."""
    return [sources] if isinstance(sources, str | os.PathLike | Mapping) else list(sources)


def reference_file(source: Source, language: str) -> Path:
    r"""Return the file of a language in a reference corpus, see ``read_reference``.

    Raises:
        FileFormatError: the folder or the file is missing.
        InputError: several files are of that language.

    Example:
        >>> _ = Path("en.txt").write_text("cat dog\n", encoding="utf-8")
        >>> print(reference_file(".", "en"))
        en.txt
    """
    listed = reference_files(source)
    matching = _matching(listed, normalize_language(language))
    if not matching:
        raise FileFormatError(
            f"{_told(source)} has no file {language}.txt (nor .txt.gz, .txt.xz, .txt.bz2), only {_enumerate(listed)}: "
            "add it, or name the two files"
        )
    if len(matching) > 1:
        names = " and ".join(path.name for path in matching)
        raise InputError(f"{_told(source)} has {names}, all of the language {language}: leave one")
    return matching[0]


def reference_documents(path: StrPath) -> Iterator[list[str]]:
    r"""Return the documents of one file of a reference corpus, each its words in their order, as ``c_v`` takes them.

    Raises:
        FileFormatError: the file is missing, damaged or not UTF-8.

    Example:
        >>> _ = Path("en.txt").write_text("cat dog\n", encoding="utf-8")
        >>> next(reference_documents("en.txt"))
        ['cat', 'dog']
    """
    path = Path(path)
    with opened(path) as stream:
        for line in decoded_lines(path, stream):
            yield line.split()


def reference_digests(source: Source, languages: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of the files that a reference corpus has for some languages, by language.

    Raises:
        FileFormatError: the folder is missing, or a file can't be read.
    """
    digests = {}
    for language in reference_languages(source, languages):
        path = reference_file(source, language)
        with reading(path), path.open("rb") as stream:
            digests[language] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digests


def reference_languages(source: Source, languages: Iterable[str]) -> list[str]:
    """Return those of some languages that a reference corpus has a file of."""
    listed = reference_files(source)
    return [language for language in normalize_languages(languages) if _matching(listed, language)]


def language_of_file(path: Path) -> str | None:
    """Return the language that a file's name says, as ``en.txt`` or ``zh.txt.xz``; None if it says none."""
    name = path.name.removesuffix(path.suffix) if path.suffix in COMPRESSIONS else path.name
    if name.endswith(".txt"):
        with contextlib.suppress(InputError):
            return normalize_language(name.removesuffix(".txt"))
    return None


def reference_files(source: Source) -> list[tuple[str, Path]]:
    """Return the files of a reference corpus, each with its language; those of a folder are named by it."""
    if isinstance(source, Mapping):
        return [(normalize_language(language), Path(path)) for language, path in source.items()]
    if not isinstance(source, str | os.PathLike):
        raise InputError(f'a reference corpus is {source!r:.60}: give a folder, or files as {{"en": path, "zh": path}}')
    folder = Path(source)
    if not folder.is_dir():
        problem = "is a file" if folder.is_file() else "does not exist"
        raise FileFormatError(
            f"the reference corpus {folder} {problem}: give a folder that holds a file LANG.txt for each language, or "
            "the files of two languages"
        )
    named = [(language_of_file(path), path) for path in sorted(folder.iterdir()) if path.is_file()]
    return [(language, path) for language, path in named if language is not None]


def _told(source: Source) -> str:
    return " and ".join(map(str, source.values())) if isinstance(source, Mapping) else str(source)


def _matching(listed: Sequence[tuple[str, Path]], language: str) -> list[Path]:
    """Return the files of a language; where there are none, those of another region in the same script."""
    exact = [path for code, path in listed if code == language]
    return exact or [path for code, path in listed if without_region(code) == without_region(language)]


def _enumerate(listed: Sequence[tuple[str, Path]]) -> str:
    return ", ".join(path.name for _, path in listed) or "no file named by a language"


def _check_aligned(one: tuple[Path, ReferenceCounts], two: tuple[Path, ReferenceCounts]) -> None:
    if one[1].num_documents != two[1].num_documents:
        raise FileFormatError(
            f"{one[0]} has {one[1].num_documents} lines but {two[0]} has {two[1].num_documents}: each line of one "
            "must be aligned with the same line of the other, so use two files made together"
        )


def _counts(path: Path, cache: bool) -> ReferenceCounts:
    """Return the counts of a file: kept ones if there are, else counted now, and kept if wanted."""
    if not cache:
        return _count(path)
    with reading(path), path.open("rb") as stream:
        fingerprint = hashlib.file_digest(stream, "sha256").hexdigest()[:32]
    index = default_cache_folder() / "reference" / f"{fingerprint}-{_INDEX_FORMAT}.npz"
    kept = _load_index(index)
    if kept is not None:
        return kept
    counts = _count(path)
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        _save_index(index, counts)
    except OSError as error:
        raise InputError(
            f"the counts of {path} can't be kept in {index.parent} ({error.strerror}): set GLOCTM_CACHE to another "
            "folder, or read it with cache=False"
        ) from None
    return counts


def _count(path: Path) -> ReferenceCounts:
    counts = ReferenceCounts.from_documents(reference_documents(path))
    if not counts.columns:
        raise FileFormatError(f"{path} has no words: a reference corpus has one document per line, get the file again")
    return counts


def _save_index(path: Path, counts: ReferenceCounts) -> None:
    matrix = counts.counts
    with atomic_file(path, "wb") as stream:
        np.savez(
            stream,
            allow_pickle=False,
            # Words hold no white space, since that is where lines were split.
            words=np.frombuffer("\n".join(counts.columns).encode(), np.uint8),
            num_documents=np.asarray(counts.num_documents),
            # Most words are in a document once: a byte each.
            data=matrix.data.astype(np.min_scalar_type(matrix.data.max())),
            indices=matrix.indices,
            indptr=matrix.indptr,
        )


def _load_index(path: Path) -> ReferenceCounts | None:
    """Load counts that were kept; return None if there are none, or if they are damaged."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            words = arrays["words"].tobytes().decode().split("\n")
            columns = {word: column for column, word in enumerate(words)}
            matrix = sp.csc_array(
                (arrays["data"].astype(np.int32), arrays["indices"], arrays["indptr"]),
                shape=(int(arrays["num_documents"]), len(columns)),
            )
            matrix.check_format(full_check=True)
    except Exception:  # a damaged archive raises nearly anything; the file itself is at hand to be counted again
        return None
    return ReferenceCounts(columns, matrix)
