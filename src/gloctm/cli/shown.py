"""What ``gloctm report`` and ``gloctm serve`` show besides the model: a corpus, a view, an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gloctm.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM
    from gloctm.model.view import TopicView


def read_view(path: Path) -> TopicView:
    """Return the view of a file given as ``--view``."""
    from gloctm.model.view import TopicView

    if not path.is_file():
        raise InputError(f"--view {path}: there is no such file; TopicView.save writes one")
    try:
        return TopicView.load(path)
    except FileFormatError as error:
        raise FileFormatError(
            f"--view takes a file that TopicView.save wrote, see docs/guides/labels.md: {error}"
        ) from None


def read_evaluation(path: Path) -> Any:
    """Return the content of a file given as ``--evaluation``."""
    from gloctm.files.atomic import read_json

    if not path.is_file():
        raise InputError(f"--evaluation {path}: there is no such file; gloctm evaluate -o writes one")
    try:
        return read_json(path)
    except FileFormatError as error:
        raise FileFormatError(f"--evaluation takes a file that gloctm evaluate -o wrote: {error}") from None


def read_corpus(path: Path) -> Corpus:
    """Return a saved corpus in memory; of one in shards, of many documents, a sample, and say so."""
    from gloctm.cli.messages import say
    from gloctm.shards import SampledCorpus, open_corpus, sample_of

    corpus = sample_of(open_corpus(path))
    if isinstance(corpus, SampledCorpus):
        say(f"{path} is represented by a sample: {corpus.describe()}")
    return corpus


def counted_by_model(model: GloCTM, corpus: Corpus) -> Corpus:
    """Return a corpus in the model's languages, counted over its vocabularies: a corpus of other documents has its own.

    Raises:
        InputError: it has other words than the model, and no texts to count.
    """
    from gloctm.cli.messages import say
    from gloctm.model.recounting import in_words_of
    from gloctm.shards.samples import as_sampled

    if not all(code in corpus for code in model.languages_):
        # Whoever is given it says so.
        return corpus
    if foreign := [code for code in corpus.languages if code not in model.languages_]:
        say(f"left out, since the model was not trained on it: {', '.join(foreign)}")
    shown = {code: corpus[code] for code in model.languages_}
    return in_words_of(model, as_sampled(corpus, shown))
