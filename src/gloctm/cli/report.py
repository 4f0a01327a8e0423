"""``gloctm report``: a model as one page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gloctm.checks import check_int
from gloctm.cli.messages import show
from gloctm.cli.model import Model, check_not_read
from gloctm.cli.options import Quiet, check_projection, check_via
from gloctm.cli.shown import counted_by_model, read_corpus, read_evaluation, read_view


def report(
    path: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; its name ends in .html.")],
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus, usually the one that the model was trained on: for the documents of topics, their "
            "prevalence in each language, and labels and dates where there are any. If its vocabulary differs, its "
            "texts are counted by that of the model.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        Path | None,
        typer.Option(help="File with renamed, merged or hidden topics, see docs/guides/labels.md.", show_default=False),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(help="File from gloctm evaluate -o for this model, shown as its quality.", show_default=False),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            help="Another model folder, whose topics the page shows next to those of this one, as gloctm compare does.",
            show_default=False,
        ),
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            help="For a model trained with --method published, the encoder that infers the prevalence of topics: "
            "global (one for all languages), local or both. (default: global)"
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the page. (default: topics and languages)", show_default=False)
    ] = None,
    num_words: Annotated[
        int, typer.Option("--num-words", "--words", "-n", min=1, help="Words per topic and language.")
    ] = 30,
    num_documents: Annotated[int, typer.Option(min=0, help="Typical documents per topic and language.")] = 5,
    listed: Annotated[
        int,
        typer.Option(
            "--documents",
            min=0,
            help="Documents to list and to draw on a map, of more a sample; the file contains the beginnings of their "
            "texts. 0 for none.",
        ),
    ] = 20_000,
    projection: Annotated[
        str | None,
        typer.Option(
            "--map",
            help="What places documents on the map: umap, which needs the extra map, or topics, the topics' own map. "
            "(default: umap, if it is installed and there are 2,000 documents or more)",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write a page to explore the topics: one HTML file, which opens in any browser without a network.

    With --corpus, the file contains texts: some for each topic, and the beginnings of those that --documents lists.
    Share it only with people who may read them.
    """
    from gloctm.cli.messages import say
    from gloctm.estimator import GloCTM
    from gloctm.explorer import check_report_target

    check_report_target(output)
    check_not_read((path, corpus, compare, view, evaluation), output)
    check_int("--documents", listed, 0)
    encoder = None if via is None else check_via(via)
    model = GloCTM.load(path)
    model.show_progress = not quiet
    shown = None if view is None else read_view(view)
    measured = None if evaluation is None else read_evaluation(evaluation)
    documents = None if corpus is None else counted_by_model(model, read_corpus(corpus))
    model.report(
        output,
        corpus=documents,
        view=shown,
        title=title,
        num_words=num_words,
        num_documents=num_documents,
        evaluation=measured,
        via=encoder,
        other=None if compare is None else GloCTM.load(compare),
        max_listed=listed,
        projection=None if projection is None else check_projection(projection),
    )
    if corpus is None and not quiet:
        say("without --corpus there are words only: no documents, and not how much of each topic there is")
    show(f"report written to {output}: open it in a browser")
