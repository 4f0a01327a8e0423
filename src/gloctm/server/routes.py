"""The addresses of the server, with what each takes and returns. All are below ``/api``, and most also without it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, File, Form, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.server.access import client_of
from gloctm.server.answers import Asked, TooMuchError
from gloctm.server.api_page import render_api_page
from gloctm.server.guard import Guard, problem
from gloctm.server.limits import Limits
from gloctm.server.live import ChangedMeanwhileError, Live, ReadOnlyError
from gloctm.server.schemas import (
    ChangedMeanwhile,
    Health,
    Problem,
    SearchRequest,
    SearchResponse,
    SimilarRequest,
    SimilarResponse,
    TopicsResponse,
    TransformRequest,
    TransformResponse,
    Via,
    ViewRequest,
)
from gloctm.server.uploads import ResultFormat
from gloctm.server.work import Deadline, Workers

Result = TypeVar("Result")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        401: "The server needs a token, and the request has none or another one",
        408: "The request did not arrive in time",
        413: "The request goes beyond a limit of the server",
        415: "The request has another content type",
        422: "Something in the request must be corrected",
        429: "Too many requests of one client; Retry-After says when to ask again",
        503: "Too many requests at once; Retry-After says when to ask again",
        504: "The work took too long",
    }.items()
}
#: The header with the ``warnings`` of a file's answer.
WARNINGS = "gloctm-warnings"
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
_READ_ONLY: dict[int | str, dict[str, Any]] = {403: {"model": Problem, "description": "The server takes no views"}}
_CHANGED: dict[int | str, dict[str, Any]] = {
    409: {"model": ChangedMeanwhile, "description": "Another view is shown than the one that this changes"}
}
_STATUS = {
    InputError: 422,
    FileFormatError: 422,
    MissingDependencyError: 501,
    ReadOnlyError: 403,
    TooMuchError: 413,
}
# For errors of pydantic that only programmers understand.
_REASONS = {
    "dict_type": "it must be an object, {…}",
    "extra_forbidden": "there is no such key here",
    "float_type": "it must be a number",
    "greater_than_equal": "it is too small",
    "int_type": "it must be a whole number",
    "less_than_equal": "it is too large",
    "list_type": "it must be a list, […]",
    "missing": "it is missing",
    "model_attributes_type": "it must be an object, {…}",
    "model_type": "it must be an object, {…}",
    "string_too_short": "it must not be empty",
    "string_type": "it must be a text",
    "too_short": "it must not be empty",
}


def make_app(live: Live, title: str, *, limits: Limits, token: str | None, hosts: Sequence[str] | None) -> FastAPI:
    """Put the app together; see ``gloctm.server.create_app``."""
    workers = Workers(limits.concurrent, limits.queue, limits.seconds)
    # A thread of their own, so that views, which take longest, leave room for all other requests; one after the other.
    editors = Workers(1, limits.queue, limits.seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workers.start()
        editors.start()
        try:
            yield
        finally:
            workers.stop()
            editors.stop()

    app = FastAPI(
        title=title,
        summary="Topics of texts in any language, by a GloCTM model.",
        version=version("gloctm"),
        openapi_url="/api/openapi.json",
        # FastAPI's own pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers={
            RequestValidationError: _invalid,
            HTTPException: _refused,
            ChangedMeanwhileError: _changed_meanwhile,
            **dict.fromkeys(_STATUS, _failed),
        },
    )
    app.add_middleware(Guard, limits=limits, hosts=hosts, token=token, workers=workers)
    router = _router(live, workers, editors, guarded=token is not None)
    app.include_router(router, prefix="/api")
    app.include_router(router, include_in_schema=False)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def explorer(request: Request) -> Response:
        page, headers = await run_in_threadpool(live.now.page)
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
    async def docs() -> Response:
        described, described_policy = render_api_page(app.openapi(), guarded=token is not None)
        return Response(
            described.encode("utf-8", "backslashreplace"),
            media_type="text/html; charset=utf-8",
            headers={"content-security-policy": f"{described_policy}; frame-ancestors 'none'"},
        )

    return app


def _router(live: Live, workers: Workers, editors: Workers, *, guarded: bool) -> APIRouter:
    # Guard checks the token; this documents it.
    documented = [Depends(HTTPBearer(auto_error=False))] if guarded else []
    router = APIRouter()

    async def worked(request: Request, work: Callable[[Deadline], Result], by: Workers = workers) -> Result:
        client = client_of(request.client.host if request.client else None)
        return await by.run(work, client, request.is_disconnected)

    @router.post("/transform", response_model=TransformResponse, responses=_PROBLEMS, dependencies=documented)
    async def transform(request: Request, body: TransformRequest) -> Response:
        """Infer the topics of texts, also in languages that the model was not trained on."""
        answers = live.now.answers
        documents = [
            Asked(document.text, document.lang, str(place if document.id is None else document.id))
            for place, document in enumerate(body.documents)
        ]
        answers.check_size(documents, explain=body.explain)

        def work(deadline: Deadline) -> Response:
            return _json(
                answers.transform(
                    documents,
                    explain=body.explain,
                    via=body.via,
                    deadline=deadline,
                    keep_unidentified=body.keep_unidentified,
                )
            )

        return await worked(request, work)

    @router.post(
        "/transform/file",
        dependencies=documented,
        response_class=Response,
        responses={
            200: {
                "content": {media.partition(";")[0]: {} for media in _MEDIA.values()},
                "headers": {WARNINGS: {"description": "JSON: a list of sentences about possible problems."}},
            },
            **_PROBLEMS,
        },
    )
    async def transform_file(
        request: Request,
        file: Annotated[
            UploadFile,
            File(
                description="Documents in UTF-8: JSON lines or CSV with `text` and optionally `lang` and `id`, or "
                "plain text with one document per line. The name ends in .jsonl, .json, .ndjson, .csv, .tsv or .txt."
            ),
        ],
        format: Annotated[ResultFormat, Form(description="Format of the result.")] = "csv",  # noqa: A002  # a form's field
        text_column: Annotated[
            str, Form(min_length=1, max_length=200, description="The column or key of the texts.")
        ] = "text",
        lang: Annotated[
            str | None, Form(description="Language of documents that name none; identified unless given.")
        ] = None,
        via: Annotated[Via, Form()] = None,
    ) -> Response:
        """Infer the topics of a file's documents, as columns id, lang, text, topic, name, topic_0 and so on.

        `topic` is the number of the largest topic, and `name` its name.

        Topic columns are empty for a document without any word that the model knows, or whose language can't be
        identified (`und`).
        """
        answers = live.now.answers
        name = file.filename or ""
        content, warnings = await worked(
            request,
            lambda deadline: answers.transform_file(
                file.file, name, form=format, text_column=text_column, lang=lang or None, via=via, deadline=deadline
            ),
        )
        headers = {
            # A name from the client must not become part of a header.
            "content-disposition": f'attachment; filename="topics.{format}"',
            # Only ASCII is allowed in a header.
            WARNINGS: json.dumps(warnings),
        }
        return Response(content, media_type=_MEDIA[format], headers=headers)

    @router.get("/topics", response_model=TopicsResponse, responses=_PROBLEMS, dependencies=documented)
    async def topics(
        num_words: Annotated[
            int | None,
            Query(description="Words per topic and language; 10 unless given, at most as many as the page has."),
        ] = None,
        lang: Annotated[str | None, Query(description="The one language to show.")] = None,
    ) -> Response:
        """Return the topics with their words in each language."""
        return _json(live.now.answers.topics(num_words, lang))

    @router.post("/similar", response_model=SimilarResponse, responses=_PROBLEMS, dependencies=documented)
    async def similar(request: Request, body: SimilarRequest) -> Response:
        """Find the topics most similar to a text, a word or a topic, and similar words in every language."""
        answers = live.now.answers
        given = [name for name in ("text", "word", "topic") if getattr(body, name) is not None]
        if len(given) != 1:
            found = f"{' and '.join(given)} are given" if given else "nothing is given"
            raise InputError(f"{found}: give exactly one of text, word and topic")
        if body.topic is not None and body.lang is not None:
            raise InputError("lang is given, but a topic is of all languages: leave lang out")
        if body.text is not None:
            answers.check_size([Asked(body.text, None, "")])

        def work(deadline: Deadline) -> Response:
            found = answers.similar
            if body.topic is not None:
                return _json(found.to_topic(body.topic, body.num))
            if body.word is not None:
                return _json(found.to_word(body.word, body.lang, body.num, deadline))
            return _json(found.to_text(body.text or "", body.lang, body.num, deadline))

        return await worked(request, work)

    @router.post("/search", response_model=SearchResponse, responses=_PROBLEMS, dependencies=documented)
    async def search(request: Request, body: SearchRequest) -> Response:
        """Find the topics and the documents that a word or a sentence is about, in any language, by meaning.

        The score is that of `find_topics` and `find_documents` in Python.
        """
        found = live.now.answers.search
        return await worked(request, lambda deadline: _json(found(body.query, body.lang, body.num, deadline)))

    @router.post(
        "/view",
        dependencies=documented,
        response_class=Response,
        responses={
            200: {"description": "The summary of the view, as the page has it", "content": {"application/json": {}}},
            **_READ_ONLY,
            **_CHANGED,
            **_PROBLEMS,
        },
    )
    async def view(request: Request, body: ViewRequest) -> Response:
        """Show topics renamed, merged or hidden: the page and all answers use this view from now on.

        The body is a view's file, as the page saves it. It is for everybody who uses the server, until the next view or
        the server's end: nothing is written to a file. To keep a view, save it in the page, and start the server with
        `--view FILE`.

        With `changes`, nobody's edits are lost: where the view shown is another one than that, the answer is 409 with
        the one shown, and nothing is changed. Without it, the view replaces whatever is shown.

        Views are made one after the other. Documents are not inferred again.
        """
        live.check()
        given = body.model_dump()
        changes = given.pop("changes")
        content = await worked(request, lambda deadline: live.show(given, deadline, changes), editors)
        return Response(content, media_type="application/json")

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", response_model=Health)
    async def healthz() -> Response:
        """Return that the server is up, without a token and without a rate limit."""
        return _json({"status": "ok"})

    return router


def _json(content: Any) -> Response:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # UTF-8 can't hold lone surrogates, which become JSON's own escapes.
    return Response(text.encode("utf-8", "backslashreplace"), media_type="application/json")


async def _failed(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    return problem(status, " ".join(str(error).split()))


async def _changed_meanwhile(_: Request, error: Exception) -> Response:
    assert isinstance(error, ChangedMeanwhileError)
    return problem(409, str(error), more={"view": error.view})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    sentence = {
        400: "the request can't be read: its body must match its content type, in UTF-8",
        404: "there is nothing at this address: see /docs for all addresses",
        405: f"this address takes {headers.get('allow', 'other')} requests: see /docs",
    }.get(error.status_code, str(error.detail))
    return problem(error.status_code, sentence, headers)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = str(first.get("ctx", {}).get("error", "")).lower()
        return problem(422, f"the request is not JSON ({reason} at character {first['loc'][-1]})")
    message = _REASONS.get(first["type"]) or str(first["msg"])
    # As programs write it: documents[0].text.
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"][1:])
    where = place.removeprefix(".")[:100] or "the request"
    return problem(422, f"{where}: {message[:1].lower()}{message[1:]}")
