"""The addresses of the server: what each takes and gives. Every one is below ``/api``, and most also without it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, File, Form, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from gloctm.errors import InputError, MissingDependencyError
from gloctm.files.atomic import storable
from gloctm.server.answers import Answers, Asked, TooMuchError
from gloctm.server.guard import BUSY, RETRY_AFTER, Guard
from gloctm.server.limits import Limits
from gloctm.server.page import Page
from gloctm.server.schemas import (
    Health,
    Problem,
    SimilarRequest,
    SimilarResponse,
    TopicsResponse,
    TransformRequest,
    TransformResponse,
    Via,
)
from gloctm.server.uploads import ResultFormat
from gloctm.server.work import BusyError, OutOfTimeError, Workers

Result = TypeVar("Result")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        401: "No token, or another, where the server wants one",
        408: "The request did not come in time",
        413: "Beyond a limit of the server",
        415: "Another content type",
        422: "Something in the request must be mended",
        429: "Too many requests of one client; Retry-After says when to ask again",
        503: "Too many requests at once; Retry-After says when to ask again",
        504: "The work took too long",
    }.items()
}
#: The header with what a file's answer would say as ``warnings``.
WARNINGS = "gloctm-warnings"
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


# Where what pydantic says is for programmers of its own.
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


def make_app(
    answers: Answers,
    page: Page,
    *,
    title: str,
    limits: Limits,
    token: str | None,
    hosts: Sequence[str] | None,
) -> FastAPI:
    """The app, its parts put together; see ``gloctm.server.create_app``."""
    workers = Workers(limits.concurrent, limits.queue, limits.seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        workers.start()
        try:
            yield
        finally:
            workers.stop()

    app = FastAPI(
        title=title,
        summary="Topics of texts in any language, by a GloCTM model.",
        version=version("gloctm"),
        openapi_url="/api/openapi.json",
        # Its pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        exception_handlers={
            RequestValidationError: _invalid,
            HTTPException: _refused,
            InputError: _told(422),
            MissingDependencyError: _told(501),
            TooMuchError: _told(413),
            BusyError: _busy,
            OutOfTimeError: _out_of_time,
        },
    )
    app.add_middleware(Guard, limits=limits, hosts=hosts, token=token, workers=workers)
    router = _router(answers, workers, guarded=token is not None)
    app.include_router(router, prefix="/api")
    app.include_router(router, include_in_schema=False)

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def explorer(request: Request) -> Response:
        if request.headers.get("if-none-match") == page.headers["etag"]:
            return Response(status_code=304, headers=page.headers)
        return Response(page.content, media_type="text/html; charset=utf-8", headers=page.headers)

    return app


def _router(answers: Answers, workers: Workers, *, guarded: bool) -> APIRouter:
    # The token is looked at before all this; here it is documented.
    documented = [Depends(HTTPBearer(auto_error=False))] if guarded else []
    router = APIRouter()

    async def worked(request: Request, work: Callable[[], Result]) -> Result:
        return await workers.run(work, request.state.deadline, request.is_disconnected)

    @router.post("/transform", response_model=TransformResponse, responses=_PROBLEMS, dependencies=documented)
    async def transform(request: Request, body: TransformRequest) -> Response:
        """Infer the topics of texts, also in languages that the model was not trained on."""
        documents = [
            Asked(document.text, document.lang, str(place if document.id is None else document.id))
            for place, document in enumerate(body.documents)
        ]
        answers.check_size(documents, explain=body.explain)
        deadline = request.state.deadline
        return _json(
            await worked(
                request,
                lambda: _encoded(answers.transform(documents, explain=body.explain, via=body.via, deadline=deadline)),
            )
        )

    @router.post(
        "/transform/file",
        dependencies=documented,
        response_class=Response,
        responses={
            200: {
                "content": {media.partition(";")[0]: {} for media in _MEDIA.values()},
                "headers": {WARNINGS: {"description": "JSON: a list of sentences about what may be amiss."}},
            },
            **_PROBLEMS,
        },
    )
    async def transform_file(
        request: Request,
        file: Annotated[
            UploadFile,
            File(
                description="Documents: JSON lines or CSV with `text` and if wanted `lang` and `id`, or plain text "
                "with a document a line; its name ends in .jsonl, .json, .ndjson, .csv, .tsv or .txt. UTF-8."
            ),
        ],
        format: Annotated[ResultFormat, Form(description="Of the result.")] = "csv",  # noqa: A002  # a form's field
        text_column: Annotated[
            str, Form(min_length=1, max_length=200, description="The column or key that holds the texts.")
        ] = "text",
        lang: Annotated[str | None, Form(description="Of documents that name none; else identified.")] = None,
        via: Annotated[Via, Form()] = None,
    ) -> Response:
        """Infer the topics of a file's documents: columns id, lang, topic_0, topic_1 and so on, by the topics' numbers.

        A document that has no word the model knows, or whose language can't be told (`und`), has nothing in the
        columns of topics.
        """
        name, deadline = file.filename or "", request.state.deadline
        content, warnings = await worked(
            request,
            lambda: answers.transform_file(
                file.file, name, form=format, text_column=text_column, lang=lang or None, via=via, deadline=deadline
            ),
        )
        headers = {
            # A name of our own: that of the upload is nothing to make a header of.
            "content-disposition": f'attachment; filename="topics.{format}"',
            # A header holds ASCII alone.
            WARNINGS: json.dumps(warnings),
        }
        return Response(content, media_type=_MEDIA[format], headers=headers)

    @router.get("/topics", response_model=TopicsResponse, responses=_PROBLEMS, dependencies=documented)
    async def topics(
        num_words: Annotated[
            int | None,
            Query(description="Words a topic and language; 10 unless given, at most as many as the page has."),
        ] = None,
        lang: Annotated[str | None, Query(description="The one language to show.")] = None,
    ) -> Response:
        """The topics, with their words in each language."""
        return _json(_encoded(answers.topics(num_words, lang)))

    @router.post("/similar", response_model=SimilarResponse, responses=_PROBLEMS, dependencies=documented)
    async def similar(request: Request, body: SimilarRequest) -> Response:
        """The topics most similar to a text, a word or a topic, and words that go with it in every language."""
        given = [name for name in ("text", "word", "topic") if getattr(body, name) is not None]
        if len(given) != 1:
            found = f"{' and '.join(given)} are given" if given else "nothing is given"
            raise InputError(f"{found}: give exactly one of text, word and topic")
        if body.topic is not None and body.lang is not None:
            raise InputError("lang is given beside topic, which is of all languages: leave it out")
        if body.text is not None:
            answers.check_size([Asked(body.text, None, "")], explain=False)
        deadline = request.state.deadline

        def answer() -> bytes:
            if body.topic is not None:
                return _encoded(answers.similar.to_topic(body.topic, body.num))
            if body.word is not None:
                return _encoded(answers.similar.to_word(body.word, body.lang, body.num, deadline))
            return _encoded(answers.similar.to_text(body.text or "", body.lang, body.num, deadline))

        return _json(await worked(request, answer))

    @router.head("/healthz", include_in_schema=False)
    @router.get("/healthz", response_model=Health)
    async def healthz() -> Response:
        """Whether the server is there; without a token, and as often as wanted."""
        return _json(b'{"status":"ok"}')

    return router


def _encoded(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Lone surrogates, which UTF-8 can't hold, become JSON's own escapes.
    return text.encode("utf-8", "backslashreplace")


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _problem(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    # Some are of the user's own text.
    return JSONResponse({"detail": storable(sentence)}, status, headers)


def _told(status: int) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    async def handler(_: Request, error: Exception) -> JSONResponse:
        return _problem(status, " ".join(str(error).split()))

    return handler


async def _busy(_: Request, __: Exception) -> JSONResponse:
    return _problem(503, BUSY, {"retry-after": RETRY_AFTER})


async def _out_of_time(_: Request, __: Exception) -> JSONResponse:
    return _problem(504, "the answer takes longer than the server gives it: send less at a time")


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    sentence = {
        400: "the request can't be read: its body must be what its content type says, in UTF-8",
        404: "there is nothing at this address: /api/openapi.json tells what there is",
        405: f"this address takes {headers.get('allow', 'other')} requests: see /api/openapi.json",
    }.get(error.status_code, str(error.detail))
    return _problem(error.status_code, sentence, headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = str(first.get("ctx", {}).get("error", "")).lower()
        return _problem(422, f"the request is not JSON ({reason} at character {first['loc'][-1]})")
    message = _REASONS.get(first["type"]) or str(first["msg"])
    where = _place(first["loc"][1:]) or "the request"
    return _problem(422, f"{where}: {message[:1].lower()}{message[1:]}")


def _place(location: Sequence[int | str]) -> str:
    """Where something stands in a request, as programs write it: ``documents[0].text``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")[:100]
