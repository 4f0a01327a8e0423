"""``gloctm report``: a model as one page of HTML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gloctm.cli.model import Model
from gloctm.cli.options import Quiet
from gloctm.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM
    from gloctm.inference import Via
    from gloctm.view import TopicView


def report(
    path: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, its name ending in .html.")],
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus, usually the one that the model was trained on: for the documents behind the topics, how "
            "much of each topic there is in each language, and labels and dates where it has them. Texts of a corpus "
            "with other words are counted by the model's.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        Path | None,
        typer.Option(
            help="A file of topics renamed, merged or hidden, see docs/interoperability.md.", show_default=False
        ),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(
            help="What gloctm evaluate -o wrote of this model, to be shown as its quality.", show_default=False
        ),
    ] = None,
    via: Annotated[
        str,
        typer.Option(
            help="The encoder that infers how much of each topic there is: global, which is one for all languages, "
            "local, as gloctm transform does unless told otherwise, or both."
        ),
    ] = "global",
    title: Annotated[
        str | None, typer.Option(help="Of the page. (default: made of topics and languages)", show_default=False)
    ] = None,
    num_words: Annotated[int, typer.Option("--num-words", "-n", min=1, help="Words a topic and language.")] = 30,
    num_documents: Annotated[int, typer.Option(min=0, help="Documents a topic and language.")] = 5,
    quiet: Quiet = False,
) -> None:
    """Write a page to explore the topics: one file of HTML, which opens in any browser without a network.

    It can be sent on. Texts of the corpus are in it, a few for each topic: mind who may read them.
    """
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus
    from gloctm.estimator import GloCTM
    from gloctm.explorer import check_report_target
    from gloctm.inference import VIAS

    check_report_target(output)
    if via not in VIAS:
        raise InputError(f"--via is {via!r}: it must be local, global or both")
    model = GloCTM.load(path)
    model.show_progress = not quiet
    shown = None if view is None else _view(view)
    measured = None if evaluation is None else _evaluation(evaluation)
    documents = None if corpus is None else _counted(model, Corpus.load(corpus), corpus)
    model.report(
        output,
        corpus=documents,
        view=shown,
        title=title,
        num_words=num_words,
        num_documents=num_documents,
        evaluation=measured,
        via=cast("Via", via),
    )
    if corpus is None and not quiet:
        say("without --corpus there are words only: no documents, and not how much of each topic there is")
    print(f"report written to {output}: open it in a browser")


def _view(path: Path) -> TopicView:
    from gloctm.view import TopicView

    try:
        return TopicView.load(path)
    except FileFormatError as error:
        raise FileFormatError(
            f"--view takes a file that TopicView.save wrote, see docs/interoperability.md: {error}"
        ) from None


def _evaluation(path: Path) -> Any:
    from gloctm.files import read_json

    if not path.is_file():
        raise InputError(f"--evaluation {path}: there is no such file; gloctm evaluate -o writes one")
    try:
        return read_json(path)
    except FileFormatError as error:
        raise FileFormatError(f"--evaluation takes a file that gloctm evaluate -o wrote: {error}") from None


def _counted(model: GloCTM, corpus: Corpus, path: Path) -> Corpus:
    """A corpus in the model's languages, counted over its vocabularies: a corpus of other documents has its own.

    Raises:
        InputError: it has other words than the model, and no texts to count anew.
    """
    from gloctm.cli.messages import say
    from gloctm.corpus import Corpus

    if not all(code in corpus for code in model.languages_):
        # Whoever is given it says so.
        return corpus
    if foreign := [code for code in corpus.languages if code not in model.languages_]:
        say(f"left out, since the model was not trained on it: {', '.join(foreign)}")
    parts = {}
    for code in model.languages_:
        part, vocabulary = corpus[code], model.vocabulary_[code]
        if list(part.vocabulary) == vocabulary:
            parts[code] = part
            continue
        if part.texts is None:
            raise InputError(
                f"--corpus {path} has another vocabulary for {code!r} than the model, and no texts to count by the "
                "model's: give the corpus that it was trained on, or one built from texts (gloctm corpus build)"
            )
        parts[code] = replace(
            part,
            counts=model._counts(part.texts, code),
            vocabulary=vocabulary,
            word_embeddings=None,
            tokenizer=model.tokenizers_[code],
            own_tokenizer=None,
        )
    return Corpus(parts)
