"""``gloctm serve``: a model on the web."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from gloctm.checks import check_int
from gloctm.cli.model import Model, WordEncoder
from gloctm.cli.options import check_projection, check_via
from gloctm.cli.shown import counted_by_model, read_corpus, read_evaluation, read_view
from gloctm.errors import InputError

_optional = partial(typer.Option, show_default=False)
_access = partial(typer.Option, rich_help_panel="Access")
_limit = partial(typer.Option, rich_help_panel="Limits")


def serve(
    path: Model,
    corpus: Annotated[
        Path | None,
        _optional(
            help="A corpus, usually the one that the model was trained on: for documents on the page and for the "
            "prevalence of topics. If its vocabulary differs, its texts are counted by that of the model."
        ),
    ] = None,
    view: Annotated[
        Path | None,
        _optional(
            help="File with renamed, merged or hidden topics, see docs/guides/labels.md; the page and the API use them."
        ),
    ] = None,
    edits: Annotated[
        bool,
        typer.Option(
            "--edits/--no-edits",
            help="Whether users may rename, merge and hide topics, for all users, until the server ends; nothing is "
            "written to --view.",
        ),
    ] = True,
    evaluation: Annotated[
        Path | None,
        _optional(help="File from gloctm evaluate -o for this model, shown as its quality."),
    ] = None,
    compare: Annotated[
        Path | None,
        _optional(
            help="Another model folder, whose topics the page shows next to those of this one, as gloctm compare does."
        ),
    ] = None,
    listed: Annotated[
        int,
        typer.Option(
            min=0,
            help="Documents that the page lists and draws on a map, of more a sample; the page contains the beginnings "
            "of their texts. 0 for none.",
        ),
    ] = 20_000,
    projection: Annotated[
        str | None,
        _optional(
            "--map",
            help="What places documents on the map: umap, which needs the extra map, or topics, the topics' own map. "
            "(default: umap, if it is installed and there are 2,000 documents or more)",
        ),
    ] = None,
    title: Annotated[str | None, _optional(help="Title of the page. (default: topics and languages)")] = None,
    via: Annotated[
        str | None,
        typer.Option(
            help="For a model trained with --method published, the encoder that infers the prevalence of topics: "
            "global (one for all languages), local or both. (default: global)"
        ),
    ] = None,
    encoder: WordEncoder = None,
    host: Annotated[
        str,
        _access(
            help="Address to listen on. Any other than that of this machine needs a token, and should be behind a "
            "server that encrypts."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, _access(min=0, max=65535, help="Port to listen on; 0 for a free one.")] = 8000,
    name: Annotated[
        list[str] | None,
        _access(
            help="Name of the server in browsers, such as topics.example.org, if another server is in front of it. "
            "Repeatable; needs a token.",
            show_default=False,
        ),
    ] = None,
    forwarded_allow_ips: Annotated[
        str,
        _access(
            help="Addresses or networks, with commas between, of servers in front of this one, whose X-Forwarded-For "
            "says who asks. Otherwise all their clients count as one.",
            show_default=False,
        ),
    ] = "",
    token: Annotated[
        str | None,
        _access(
            envvar="GLOCTM_TOKEN",
            help="Token that requests must carry, 16 characters or more. Better passed by the environment variable, "
            "since others on the machine can see options.",
            show_default=False,
        ),
    ] = None,
    body_bytes: Annotated[int, _limit(help="Bytes per request.")] = 2_000_000,
    upload_bytes: Annotated[int, _limit(help="Bytes per file.")] = 20_000_000,
    documents: Annotated[int, _limit(help="Documents per request.")] = 1_000,
    upload_documents: Annotated[int, _limit(help="Documents per file.")] = 20_000,
    characters: Annotated[int, _limit(help="Characters per document.")] = 20_000,
    explained: Annotated[int, _limit(help="Documents per request for the words that led to topics.")] = 20,
    new_words: Annotated[int, _limit(help="Words of untrained languages per request.")] = 5_000,
    concurrent: Annotated[int, _limit(help="Requests processed at once.")] = 2,
    queue: Annotated[int, _limit(help="Requests that may wait.")] = 16,
    rate: Annotated[float, _limit(help="Requests per second and client; 0 for no limit.")] = 20.0,
    burst: Annotated[int, _limit(help="Requests of one client at once.")] = 40,
    seconds: Annotated[float, _limit(help="Seconds until a request times out.")] = 30.0,
    connections: Annotated[int, _limit(help="Connections at once.")] = 500,
) -> None:
    """Serve a model as a web page, which infers topics of pasted or uploaded texts, and as a REST API, until Ctrl-C.

    The page is at the address that is printed; the API is described at docs below it.
    """
    given = locals()
    from dataclasses import fields

    from gloctm.cli.messages import say
    from gloctm.server.access import LOOPBACK_HOSTS, check_name, check_token
    from gloctm.server.limits import Limits
    from gloctm.server.listening import bind, check_proxies, is_loopback, serve_at

    check_int("--listed", listed, 0)
    limits = Limits(**{each.name: given[each.name] for each in fields(Limits)})
    token = token or None
    names = [check_name(each) for each in name or ()]
    check_proxies(forwarded_allow_ips)
    loopback = is_loopback(host)
    shares_by = None if via is None else check_via(via)
    measured = None if evaluation is None else read_evaluation(evaluation)
    shown = None if view is None else read_view(view)
    places = None if projection is None else check_projection(projection)
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
    # Before anything that takes long; connections are refused until everything is ready.
    with bind(host, port) as bound:
        from gloctm.estimator import GloCTM
        from gloctm.server import create_app
        from gloctm.summary import Summarizer

        model = GloCTM.load(path, encoder=encoder)
        model.show_progress = False
        maker = Summarizer(
            model,
            None if corpus is None else counted_by_model(model, read_corpus(corpus)),
            evaluation=measured,
            title=title,
            via=shares_by,
            other=None if compare is None else GloCTM.load(compare),
            max_listed=listed,
            projection=places,
        )
        # Others may reach it by any name, unless names are given.
        hosts = [*LOOPBACK_HOSTS, host, *names] if loopback or names else None
        app = create_app(model, maker, view=shown, edits=edits, limits=limits, token=token, hosts=hosts)
        serve_at(
            bound,
            app,
            limits=limits,
            forwarded_allow_ips=forwarded_allow_ips,
            ready=lambda url: say(f"listening at {url} (Ctrl-C ends it)"),
        )
