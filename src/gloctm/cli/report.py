"""``gloctm report``: a model as one page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gloctm.cli.model import Model
from gloctm.cli.options import Quiet, check_via
from gloctm.cli.shown import counted_by_model, read_evaluation, read_view


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
        typer.Option(help="A file of topics renamed, merged or hidden, see docs/guides/labels.md.", show_default=False),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(
            help="What gloctm evaluate -o wrote of this model, to be shown as its quality.", show_default=False
        ),
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            help="Of a model trained by --method published, the encoder that infers how much of each topic there is: "
            "global, which is one for all languages, local or both. (default: global)"
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of the page. (default: made of topics and languages)", show_default=False)
    ] = None,
    num_words: Annotated[int, typer.Option("--num-words", "-n", min=1, help="Words per topic and language.")] = 30,
    num_documents: Annotated[int, typer.Option(min=0, help="Documents per topic and language.")] = 5,
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
    encoder = None if via is None else check_via(via)
    model = GloCTM.load(path)
    model.show_progress = not quiet
    shown = None if view is None else read_view(view)
    measured = None if evaluation is None else read_evaluation(evaluation)
    documents = None if corpus is None else counted_by_model(model, Corpus.load(corpus), corpus)
    model.report(
        output,
        corpus=documents,
        view=shown,
        title=title,
        num_words=num_words,
        num_documents=num_documents,
        evaluation=measured,
        via=encoder,
    )
    if corpus is None and not quiet:
        say("without --corpus there are words only: no documents, and not how much of each topic there is")
    print(f"report written to {output}: open it in a browser")
