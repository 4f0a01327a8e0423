"""``gloctm report``: a model as one page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gloctm.cli.model import Model
from gloctm.cli.options import Quiet


def report(
    path: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, its name ending in .html.")],
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus, usually the one that the model was trained on: for the documents behind the topics, how "
            "much of each topic there is in each language, and labels and dates where it has them.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        Path | None,
        typer.Option(
            help="A file of topics renamed, merged or hidden, see docs/interoperability.md.", show_default=False
        ),
    ] = None,
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

    check_report_target(output)
    model = GloCTM.load(path)
    model.show_progress = not quiet
    shown = None
    if view is not None:
        from gloctm.view import TopicView

        shown = TopicView.load(view)
    documents = None if corpus is None else Corpus.load(corpus)
    model.report(output, corpus=documents, view=shown, title=title, num_words=num_words, num_documents=num_documents)
    if corpus is None and not quiet:
        say("without --corpus there are words only: no documents, and not how much of each topic there is")
    print(f"report written to {output}: open it in a browser")
