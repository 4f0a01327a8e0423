"""``gloctm serve``: a model on the web."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gloctm.cli.model import Model
from gloctm.cli.options import check_via
from gloctm.cli.shown import counted_by_model, read_evaluation, read_view
from gloctm.errors import InputError

ACCESS, LIMITS = "Who may ask", "How much is taken on"


def serve(
    path: Model,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus, usually the one that the model was trained on: for the documents that the page shows, and "
            "how much of each topic there is. Texts of a corpus with other words are counted by the model's.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        Path | None,
        typer.Option(
            help="A file of topics renamed, merged or hidden, see docs/guides/labels.md: page and answers are of "
            "these.",
            show_default=False,
        ),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(
            help="What gloctm evaluate wrote of this model, for the page's quality figures.", show_default=False
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of the page. (default: made of topics and languages)", show_default=False)
    ] = None,
    via: Annotated[
        str | None,
        typer.Option(
            help="Of a model trained by --method published, the encoder that infers how much of each topic there is: "
            "global, which is one for all languages, local or both. (default: global)"
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at. Any but this machine's own needs a token, and is better put behind a server "
            "that encrypts.",
            rich_help_panel=ACCESS,
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for one that is free.", rich_help_panel=ACCESS)] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="What browsers call the server by, as topics.example.org, where another server is in front of it; "
            "may be given several times. Needs a token.",
            show_default=False,
            rich_help_panel=ACCESS,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="GLOCTM_TOKEN",
            help="What requests must carry, 16 characters or more. Better given by the environment variable: others on "
            "the machine can see options.",
            show_default=False,
            rich_help_panel=ACCESS,
        ),
    ] = None,
    body_bytes: Annotated[int, typer.Option(help="Bytes of a request.", rich_help_panel=LIMITS)] = 2_000_000,
    upload_bytes: Annotated[int, typer.Option(help="Bytes of a file.", rich_help_panel=LIMITS)] = 20_000_000,
    documents: Annotated[int, typer.Option(help="Documents of a request.", rich_help_panel=LIMITS)] = 1_000,
    upload_documents: Annotated[int, typer.Option(help="Documents of a file.", rich_help_panel=LIMITS)] = 20_000,
    characters: Annotated[int, typer.Option(help="Characters of a document.", rich_help_panel=LIMITS)] = 20_000,
    explained: Annotated[
        int, typer.Option(help="Documents of a request whose words are explained.", rich_help_panel=LIMITS)
    ] = 20,
    new_words: Annotated[
        int, typer.Option(help="Words of languages not trained on, of a request.", rich_help_panel=LIMITS)
    ] = 5_000,
    concurrent: Annotated[int, typer.Option(help="Requests worked on at once.", rich_help_panel=LIMITS)] = 2,
    queue: Annotated[int, typer.Option(help="Requests that wait for these.", rich_help_panel=LIMITS)] = 16,
    rate: Annotated[
        float, typer.Option(help="Requests a second of one client; 0 for any number.", rich_help_panel=LIMITS)
    ] = 20.0,
    burst: Annotated[int, typer.Option(help="Requests of one client at once.", rich_help_panel=LIMITS)] = 40,
    seconds: Annotated[float, typer.Option(help="For an answer.", rich_help_panel=LIMITS)] = 30.0,
    connections: Annotated[int, typer.Option(help="Open at once.", rich_help_panel=LIMITS)] = 500,
) -> None:
    """Show a model in the browser, with topics of texts pasted or uploaded, and answer a REST API, until Ctrl-C.

    The page is at the address that is printed; the API is described at api/openapi.json below it.
    """
    from gloctm.cli.messages import say
    from gloctm.server.access import LOOPBACK_HOSTS, check_name, check_token
    from gloctm.server.limits import Limits

    limits = Limits(
        body_bytes=body_bytes,
        upload_bytes=upload_bytes,
        documents=documents,
        upload_documents=upload_documents,
        characters=characters,
        explained=explained,
        new_words=new_words,
        concurrent=concurrent,
        queue=queue,
        rate=rate,
        burst=burst,
        seconds=seconds,
        connections=connections,
    )
    from gloctm.server.listening import bind, is_loopback, serve_at

    token = token or None
    names = [check_name(each) for each in name or ()]
    loopback = is_loopback(host)
    encoder = None if via is None else check_via(via)
    measured = None if evaluation is None else read_evaluation(evaluation)
    shown = None if view is None else read_view(view)
    if token is not None:
        check_token(token)
    elif not loopback:
        raise InputError(
            f"--host {host} can be reached from other machines: give a token with GLOCTM_TOKEN or --token, or listen "
            "at 127.0.0.1"
        )
    elif names:
        raise InputError(
            f"--name {names[0]} is for a server that others reach: give it a token with GLOCTM_TOKEN or --token"
        )
    # Before anything that takes long; nobody is kept waiting until all is ready.
    with bind(host, port) as bound:
        from gloctm.corpus import Corpus
        from gloctm.estimator import GloCTM
        from gloctm.server import create_app
        from gloctm.summary import summarize

        model = GloCTM.load(path)
        model.show_progress = False
        summary = summarize(
            model,
            None if corpus is None else counted_by_model(model, Corpus.load(corpus), corpus),
            view=shown,
            evaluation=measured,
            title=title,
            via=encoder,
        )
        # Reached from elsewhere by whatever name, unless that is given.
        hosts = [*LOOPBACK_HOSTS, host, *names] if loopback or names else None
        app = create_app(model, summary, limits=limits, token=token, hosts=hosts)
        # Nothing of the corpus is needed any more.
        del summary
        serve_at(bound, app, limits=limits, ready=lambda url: say(f"listening at {url} (Ctrl-C ends it)"))
