"""The JSON of requests and answers, as OpenAPI documents it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StrictInt,
    StrictStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from gloctm.server.limits import MOST_DOCUMENTS

Language = Annotated[
    str | None,
    Field(description="BCP-47, for example `en`; identified if it is missing, null or `auto`."),
]
Via = Annotated[
    Literal["local", "global", "both", "page"] | None,
    Field(
        description="Of a model of the published method, the encoder that infers; `both` is the mean of their μ, and "
        "`page` that by which the page's figures were inferred, so that both agree. Unless given, the local one for "
        "languages the model was trained on, and the global one for others, which have no other."
    ),
]
Warnings = Annotated[list[str], Field(description="Sentences about what may be amiss.")]
Text = Annotated[str, StringConstraints(min_length=1)]


# Each has a handful; of a hundred thousand, each would be an error with a place and a message of its own.
_MOST_KEYS = 20


class _Strict(BaseModel):
    # A misspelled key is an error rather than passed over.
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, content: Any) -> Any:
        if isinstance(content, dict) and len(content) > _MOST_KEYS:
            raise PydanticCustomError(
                "too_many_keys", "has {number} keys, most of which mean nothing here", {"number": len(content)}
            )
        return content


class Document(_Strict):
    """A text to be inferred."""

    text: str
    lang: Language = None
    id: Annotated[
        StrictStr | StrictInt | None,
        Field(description="Comes back with the answer; the document's position unless given."),
    ] = None


class TransformRequest(_Strict):
    """Texts, in any languages."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "documents": [
                        {"id": "a", "text": "The train to Bern was an hour late.", "lang": "en"},
                        {"id": "b", "text": "Die Bank senkt die Zinsen."},
                    ],
                    "explain": True,
                }
            ]
        },
    )

    # One wrong document is told; telling of all would take more memory than the request itself.
    documents: Annotated[list[Document], FailFast(), Field(min_length=1, max_length=MOST_DOCUMENTS)]
    explain: Annotated[bool, Field(description="Whether to tell which words led to the topics.")] = False
    via: Via = None


class Word(BaseModel):
    """An occurrence of a word that led to topics."""

    word: Annotated[str, Field(description="As the vocabulary has it.")]
    start: Annotated[int, Field(description="Where it begins, in UTF-16 code units, as JavaScript counts.")]
    end: Annotated[int, Field(description="Where it ends.")]
    topics: Annotated[
        list[tuple[int, float]],
        Field(
            description="Up to three topics by their numbers, with weights, the largest first: the topic's proportion "
            "less what it is when all occurrences of the word are left out. Only weights of 0.001 or more."
        ),
    ]


class InferredDocument(BaseModel):
    """A text's topics."""

    id: str
    lang: Annotated[str, Field(description="The language it was taken for.")]
    theta: Annotated[
        list[float] | None,
        Field(
            description="Proportions of the topics, in the order of `topics`; null if the text has no word that the "
            "model knows."
        ),
    ]
    words: Annotated[list[Word], Field(description="In order; empty unless `explain` is asked for.")]


class TransformResponse(BaseModel):
    """The documents in the order of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topics": [0, 1, 2],
                    "documents": [
                        {
                            "id": "a",
                            "lang": "en",
                            "theta": [0.91, 0.06, 0.03],
                            "words": [{"word": "train", "start": 4, "end": 9, "topics": [[0, 0.42]]}],
                        },
                        {"id": "b", "lang": "de", "theta": [0.04, 0.9, 0.06], "words": []},
                    ],
                    "warnings": [],
                }
            ]
        }
    )

    topics: Annotated[list[int], Field(description="The number of the topic of each proportion.")]
    documents: list[InferredDocument]
    warnings: Warnings


class Topic(BaseModel):
    """A topic in all languages."""

    topic: Annotated[int, Field(description="Its number in the model; of a merged one, its first member's.")]
    name: str
    labels: Annotated[dict[str, str], Field(description="By language, where it has any.")]
    words: Annotated[
        dict[str, list[tuple[str, float]]], Field(description="By language its heaviest words with weights β.")
    ]


class TopicsResponse(BaseModel):
    """All topics, in the order of θ."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topics": [
                        {
                            "topic": 0,
                            "name": "trains passengers rail",
                            "labels": {},
                            "words": {"en": [["trains", 1.93], ["passengers", 1.72]], "de": [["bahn", 1.8]]},
                        }
                    ]
                }
            ]
        }
    )

    topics: list[Topic]


class SimilarRequest(_Strict):
    """Exactly one of `text`, `word` and `topic`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"word": "rain", "lang": "en"}, {"topic": 3, "num": 10}]},
    )

    text: Text | None = None
    word: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    topic: StrictInt | None = None
    lang: Annotated[
        str | None,
        Field(
            description="Of the text (identified unless given) or the word (unless given, all languages whose "
            "vocabulary has it); `auto` is as good as none."
        ),
    ] = None
    num: Annotated[StrictInt, Field(ge=1, le=100, description="Topics, and words a language, at most.")] = 5


class SimilarTopic(BaseModel):
    """A topic and how near it is."""

    topic: Annotated[int, Field(description="Its number.")]
    name: str
    score: Annotated[
        float,
        Field(description="To a topic: cosine of topic vectors. To a word: its β in the topic. To a text: θ."),
    ]


class SimilarResponse(BaseModel):
    """What is most similar, most similar first."""

    topics: list[SimilarTopic]
    words: Annotated[
        dict[str, list[tuple[str, float]]],
        Field(
            description="By language. To a topic: its heaviest words with their β. To a word: the nearest words by "
            "cosine of their vectors. To a text: the words the model expects most, by Σ θ β."
        ),
    ]
    warnings: Warnings


class Health(BaseModel):
    """That the server is there."""

    status: Literal["ok"]


class Problem(BaseModel):
    """Why a request was refused."""

    detail: Annotated[str, Field(description="One sentence.")]
