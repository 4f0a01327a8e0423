"""``create_app``: a model as an app of FastAPI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gloctm.errors import InputError, MissingDependencyError
from gloctm.model.checks import check_model
from gloctm.server.access import LOOPBACK_HOSTS, check_token
from gloctm.server.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from fastapi import FastAPI

    from gloctm.model.model import TopicModel
    from gloctm.summary import Summary


def create_app(
    model: TopicModel,
    summary: Summary | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    title: str | None = None,
) -> FastAPI:
    """The explorer and a REST API over a model, as an app for uvicorn or any other ASGI server.

    Inference is by numpy and scipy, in a few threads; torch is not imported. No file is read or written on a request,
    but for large uploads, which go to a temporary file without a name.

    Args:
        model: fitted. It must not be changed while the app is in use.
        summary: what the page shows, by ``gloctm.summary.summarize(model, corpus)``; made without documents unless
            given. With a summary of merged topics, θ is that of these.
        limits: how much is taken on. Its ``connections`` are for who runs the app: see ``gloctm.server.serve``.
        token: what requests must carry; 16 characters or more. None lets everybody in.
        hosts: the names that the server may be called by. Unless given, those of this machine itself, or any if
            there is a token.
        title: of the page; the summary's unless given.

    Raises:
        NotFittedError: the model is not trained.
        InputError: the summary is of another model, or the token too short.
        MissingDependencyError: without fastapi, uvicorn and python-multipart, or what the page needs.
    """
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "python_multipart")):
        raise MissingDependencyError.of("The server", "fastapi uvicorn python-multipart")
    from gloctm.server.answers import Answers
    from gloctm.server.page import live_page
    from gloctm.server.routes import make_app
    from gloctm.summary import Summary, summarize

    check_model(model, "create_app")
    if token is not None:
        check_token(token)
    if isinstance(hosts, str):
        raise InputError(f"hosts is one string: give a list, for example [{hosts!r}]")
    if hosts is None and token is None:
        hosts = LOOPBACK_HOSTS
    if summary is None:
        summary = summarize(model, title=title)
    elif not isinstance(summary, Summary):
        raise InputError(
            f"summary is a {type(summary).__name__}: make one with gloctm.summary.summarize(model, corpus)"
        )
    elif title is not None:
        summary = replace(summary, title=title)
    answers = Answers(model, summary, limits)
    answers.warm()
    page = live_page(summary)
    return make_app(answers, page, title=summary.title, limits=limits, token=token, hosts=hosts)
