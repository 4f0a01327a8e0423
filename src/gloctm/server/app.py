"""``create_app``: a model as a FastAPI app."""

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
    from gloctm.model.view import TopicView
    from gloctm.summary import Summarizer, Summary

_READ_ONLY = "the server was started so that views can't be changed: save the view as a file in the page"
_READY = (
    "the server has a ready summary, so it can't make one of another view: save the view as a file in the page, or "
    "start the server with gloctm serve"
)


def create_app(
    model: TopicModel,
    summary: Summary | Summarizer | None = None,
    *,
    view: TopicView | None = None,
    edits: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    title: str | None = None,
) -> FastAPI:
    """Return the explorer and a REST API over a model, as an app for uvicorn or any other ASGI server.

    A few threads infer with numpy and scipy; torch is not imported. A request reads and writes no file, except that a
    large upload goes to a temporary file without a name.

    Args:
        model: a trained model. It must not be changed while the app is in use.
        summary: what the page shows: ``Summarizer(model, corpus)`` of ``gloctm.summary``, which makes summaries of
            other views when asked, and has the documents to search; or a ready summary from
            ``gloctm.summarize(model, corpus)``, which does neither. One without documents is made unless given. With
            merged topics, θ is that of these.
        view: topics renamed, merged or hidden to begin with; not for a ready summary, which has its own.
        edits: whether requests may change the view, for everybody, until the server ends.
        limits: how much may be asked. ``connections`` is for ``gloctm.server.serve``.
        token: what requests must carry, 16 characters or more; None lets everybody in.
        hosts: names of the server. Unless given, those of this machine itself, or any if there is a token.
        title: of the page; the summary's unless given.

    Raises:
        NotFittedError: the model is not trained.
        InputError: the summary or the view is of another model, or the token is too short.
        MissingDependencyError: fastapi, uvicorn, python-multipart, or a package of the page is not installed.

    Examples:
        >>> from gloctm import Corpus, GloCTM
        >>> from gloctm.server import create_app
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> app = create_app(GloCTM(num_topics=12, show_progress=False).fit(corpus), title="Demo")
        >>> app.title
        'Demo'
    """
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "python_multipart")):
        raise MissingDependencyError.of("The server", "fastapi uvicorn python-multipart")
    from gloctm.server.answers import Answers
    from gloctm.server.live import Live
    from gloctm.server.routes import make_app
    from gloctm.summary import Summarizer, Summary

    check_model(model, "create_app")
    if token is not None:
        check_token(token)
    if isinstance(hosts, str):
        raise InputError(f"hosts is one string: give a list, for example [{hosts!r}]")
    if hosts is None and token is None:
        hosts = LOOPBACK_HOSTS
    if summary is None:
        summary = Summarizer(model)
    maker, why_not = None, _READ_ONLY
    if isinstance(summary, Summarizer):
        if summary.model is not model:
            raise InputError("the summary is of another model: make one with Summarizer(model, corpus)")
        summary.check(view)
        maker, summary = summary, summary.summary(view)
    elif not isinstance(summary, Summary):
        raise InputError(f"summary is a {type(summary).__name__}: make one with gloctm.summarize(model, corpus)")
    elif view is not None:
        raise InputError("a view is given with a ready summary, which has its own: give Summarizer(model, corpus)")
    else:
        why_not = _READY
    if title is not None:
        summary = replace(summary, title=title)
    documents = maker if maker is not None and maker.corpus is not None else None
    answers = Answers(model, summary, limits, documents)
    answers.warm()
    live = Live(answers, summary, maker if edits else None, why_not=why_not, title=title)
    return make_app(live, summary.title, limits=limits, token=token, hosts=hosts)
