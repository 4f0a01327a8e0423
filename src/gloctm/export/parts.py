"""A folder of parts: topic proportions of very many documents, of which a run that was killed does not lose all.

Parts are made in the hidden folder ``.NAME.transforming`` next to the target, each file committed by a note.
The finished folder takes the target's place at the end.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.export.proportions import Write, proportions_writer
from gloctm.files.arrow import import_pyarrow
from gloctm.files.atomic import FolderFormat, atomic_file, atomic_folder, check_folder_target, storable, write_json
from gloctm.files.digests import file_sha256
from gloctm.files.work import linked, work_folder, working_in
from gloctm.model.fitted import FittedModel
from gloctm.reading.dropped import DroppedDocument

# Readers of folders of Parquet pass over names that begin so.
TRANSFORM_FORMAT = FolderFormat(
    kind="folder of topic proportions", manifest="_transform.json", name="gloctm-transform", newest=1
)


@dataclass(frozen=True)
class Part:
    """A part that is done.

    Attributes:
        key: states what it depends on: the documents, the model, the settings.
        file: its name; None where no document of it could be used.
        rows: its documents.
        bytes: size of the file.
        sha256: of the file.
    """

    key: str
    file: str | None
    rows: int
    bytes: int
    sha256: str


def is_folder_target(target: Path) -> bool:
    """Return whether a target of this name is a folder: it has no ending, or one of parts is there.

    Examples:
        >>> [is_folder_target(Path(name)) for name in ("theta", "theta.parquet", "-")]
        [True, False, False]
    """
    return str(target) != "-" and (not target.suffix or (target / TRANSFORM_FORMAT.manifest).is_file())


def check_parts_target(target: Path) -> None:
    """Raise now if a folder of parts could not be written here."""
    import_pyarrow("Writing Parquet")
    check_folder_target(target, replaces=TRANSFORM_FORMAT)


def model_fingerprint(model: FittedModel) -> str:
    """Return the SHA-256 of all that inference reads of a model.

    Examples:
        >>> len(model_fingerprint(model))
        64
    """
    digest = hashlib.sha256()
    facts = [model.settings_, model.tokenizers_, model.stop_words_, model.markup_, model.passage_length_]
    digest.update(json.dumps([facts, model.vocabulary_, model.encoder_, model.word_encoder_]).encode())
    for arrays in (model.weights_, model.word_embeddings_):
        for name, array in sorted(arrays.items()):
            digest.update(f"{name} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array, "<f4").data)
    return digest.hexdigest()


class PartWriter:
    """Writes parts one after another into a folder of unfinished work.

    Args:
        folder: where.
        key: see ``Part``; parts of another key are made again.
        topics: the number of the topic of each column.

    Attributes:
        done: the parts that are done, from the first on. What they left out, and the state of the run, stay in their
            notes: there may be thousands of parts.
        state: of the whole run once the last of them was done, as JSON holds it; empty before the first.
    """

    def __init__(self, folder: Path, key: str, topics: Sequence[int]) -> None:
        self._folder = folder
        self._key = key
        self._topics = topics
        self.done: list[Part] = []
        self.state: dict[str, Any] = {}
        while (kept := self._kept(len(self.done))) is not None:
            part, self.state = kept
            self.done.append(part)

    def left_out(self) -> Iterator[DroppedDocument]:
        """Yield the documents that the parts left out, in order."""
        for number in range(len(self.done)):
            for each in json.loads(self._note(number).read_bytes())["left_out"]:
                yield DroppedDocument(**each)

    @contextlib.contextmanager
    def part(self) -> Iterator[tuple[Write, list[Any]]]:
        """Yield what writes the rows of the next part, and a list for what it leaves out; then ``commit`` it."""
        name = f"part-{len(self.done):05}.parquet"
        rows = 0
        with contextlib.ExitStack() as stack:
            write: Write | None = None

            def counted(ids: Sequence[str], languages: Sequence[str], theta: Any) -> None:
                nonlocal write, rows
                if not ids:
                    return
                if write is None:
                    write = stack.enter_context(proportions_writer(self._folder / name, self._topics))
                write(ids, languages, theta)
                rows += len(ids)

            left_out: list[Any] = []
            yield counted, left_out
        path = self._folder / name
        self._made = Part(
            key=self._key,
            file=name if rows else None,
            rows=rows,
            bytes=path.stat().st_size if rows else 0,
            sha256=file_sha256(path) if rows else "",
        )
        self._left_out = [asdict(each) for each in left_out]

    def commit(self, state: Mapping[str, Any]) -> None:
        """Note that the last part is done, with the state of the run that goes on from it."""
        note = {**asdict(self._made), "left_out": self._left_out, "state": dict(state)}
        with atomic_file(self._note(len(self.done)), "wb") as stream:
            stream.write(storable(json.dumps(note, ensure_ascii=False)).encode())
        self.done.append(self._made)
        self.state = dict(state)

    def _note(self, number: int) -> Path:
        return self._folder / f"part-{number:05}.json"

    def _kept(self, number: int) -> tuple[Part, dict[str, Any]] | None:
        try:
            note = json.loads(self._note(number).read_bytes())
            state, _ = note.pop("state"), note.pop("left_out")
            part = Part(**note)
            as_noted = part.key == self._key and (
                part.file is None or file_sha256(self._folder / part.file) == part.sha256
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return (part, state) if as_noted else None


@contextlib.contextmanager
def folder_of_parts(target: Path, key: str, topics: Sequence[int], facts: Mapping[str, Any]) -> Iterator[PartWriter]:
    """Yield what writes parts; the folder is put in place, with ``_transform.json``, if the block ends well.

    It is not where no part has any row.

    What was done before an error or a kill waits next to the target for the same call.

    Args:
        target: the folder; an older one of this kind is replaced.
        key: see ``Part``.
        topics: the number of the topic of each column.
        facts: further ones for ``_transform.json``.

    Raises:
        InputError: the target holds something else, or another process writes it.
    """
    check_parts_target(target)
    with working_in(work_folder(target, "transforming")) as work:
        writer = PartWriter(work, key, topics)
        yield writer
        if not any(part.rows for part in writer.done):
            return
        with atomic_folder(target, replaces=TRANSFORM_FORMAT) as folder:
            written = [part for part in writer.done if part.file is not None]
            for part in written:
                assert part.file is not None
                linked(work / part.file, folder / part.file)
            write_json(
                folder / TRANSFORM_FORMAT.manifest,
                {
                    "format": TRANSFORM_FORMAT.name,
                    "format_version": TRANSFORM_FORMAT.newest,
                    "rows": sum(part.rows for part in written),
                    **facts,
                    **({"documents": writer.state["documents"]} if writer.done else {}),
                    "parts": [{"file": part.file, "rows": part.rows, "sha256": part.sha256} for part in written],
                    "files": {part.file: part.bytes for part in written},
                },
            )
