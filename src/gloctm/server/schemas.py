"""The JSON of requests and answers, as OpenAPI documents it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, StrictInt, StrictStr, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from gloctm.server.limits import MOST_DOCUMENTS

Via = Annotated[
    Literal["local", "global", "both", "page"] | None,
    Field(
        description="For a model of the published method, the encoder that infers. `both` is the mean of their μ; "
        "`page` is the encoder of the page's figures, so that both can be compared. Unless given, the local one for "
        "trained languages, and the global one for others, which have no other."
    ),
]
Warnings = Annotated[list[str], Field(description="Sentences about possible problems.")]
Words = dict[str, list[tuple[str, float]]]
# A valid object has a handful of keys; each of a hundred thousand would be an error of its own.
_MOST_KEYS = 20


def _with_examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class _Strict(BaseModel):
    # A misspelled key is an error.
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, content: Any) -> Any:
        if isinstance(content, dict) and len(content) > _MOST_KEYS:
            raise PydanticCustomError(
                "too_many_keys", "it has {number} keys, most of which mean nothing here", {"number": len(content)}
            )
        return content


class Document(_Strict):
    """A text to infer."""

    text: str
    lang: Annotated[
        str | None,
        Field(description="BCP-47 or a name, for example `en` or `English`; identified if missing, null or `auto`."),
    ] = None
    id: Annotated[
        StrictStr | StrictInt | None,
        Field(description="Returned with the answer; the document's position unless given."),
    ] = None


class TransformRequest(_Strict):
    """Texts, in any languages."""

    model_config = _with_examples(
        {
            "documents": [
                {"id": "a", "text": "The train to Bern was an hour late.", "lang": "en"},
                {"id": "b", "text": "Die Bank senkt die Zinsen."},
            ],
            "explain": True,
        }
    )

    # The first wrong document is reported; reports of all would take more memory than the request itself.
    documents: Annotated[list[Document], FailFast(), Field(min_length=1, max_length=MOST_DOCUMENTS)]
    explain: Annotated[bool, Field(description="Whether to find the words that led to the topics.")] = False
    via: Via = None
    keep_unidentified: Annotated[
        bool,
        Field(
            description="Whether a document whose language can't be identified is answered, with `und` and without "
            "proportions. Otherwise it is an error."
        ),
    ] = False


class Word(BaseModel):
    """An occurrence of a word that led to topics."""

    word: Annotated[str, Field(description="As in the vocabulary.")]
    start: Annotated[int, Field(description="Where it begins, in UTF-16 code units, as JavaScript counts.")]
    end: Annotated[int, Field(description="Where it ends.")]
    topics: Annotated[
        list[tuple[int, float]],
        Field(
            description="Up to three topics by number, with weights of at least 0.001, the largest first. A weight is "
            "the topic's proportion, minus what it is when all occurrences of the word are left out."
        ),
    ]


class InferredDocument(BaseModel):
    """The topics of a text."""

    id: str
    lang: Annotated[str, Field(description="Its language, as named or identified; `und` for one kept unidentified.")]
    theta: Annotated[
        list[float] | None,
        Field(
            description="Proportions of the topics, in the order of `topics`; null if the model knows no word of the "
            "text, or its language is `und`."
        ),
    ]
    words: Annotated[list[Word], Field(description="In order; empty without `explain`.")]


class TransformResponse(BaseModel):
    """The documents in the order of the request."""

    model_config = _with_examples(
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
    )

    topics: Annotated[list[int], Field(description="The number of the topic of each proportion.")]
    documents: list[InferredDocument]
    warnings: Warnings


class Topic(BaseModel):
    """A topic in all languages."""

    topic: Annotated[int, Field(description="Its number in the model; for a merged topic, that of its first member.")]
    name: str
    labels: Annotated[dict[str, str], Field(description="By language, if it has any.")]
    words: Annotated[Words, Field(description="By language, its heaviest words with weights β.")]


class TopicsResponse(BaseModel):
    """All topics, in the order of θ."""

    model_config = _with_examples(
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
    )

    topics: list[Topic]


class SimilarRequest(_Strict):
    """Exactly one of `text`, `word` and `topic`."""

    model_config = _with_examples({"word": "rain", "lang": "en"}, {"topic": 3, "num": 10})

    text: Annotated[str, StringConstraints(min_length=1)] | None = None
    word: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    topic: StrictInt | None = None
    lang: Annotated[
        str | None,
        Field(
            description="Language of the text (identified unless given, or `auto`) or the word (unless given, or "
            "`auto`, all languages whose vocabulary has it)."
        ),
    ] = None
    num: Annotated[StrictInt, Field(ge=1, le=100, description="Topics, and words per language, at most.")] = 5


class SimilarTopic(BaseModel):
    """A topic and its similarity."""

    topic: Annotated[int, Field(description="Its number.")]
    name: str
    score: Annotated[
        float,
        Field(description="For a topic, the cosine of topic vectors; for a word, its β in the topic; for a text, θ."),
    ]


class SimilarResponse(BaseModel):
    """Similar topics and words, the most similar first."""

    topics: list[SimilarTopic]
    words: Annotated[
        Words,
        Field(
            description="By language. For a topic, its heaviest words with their β. For a word, the nearest words by "
            "the cosine of their vectors. For a text, the words that the model expects most, by Σ θ β."
        ),
    ]
    warnings: Warnings


class ViewContent(BaseModel):
    """What a view shows."""

    groups: Annotated[
        list[Annotated[list[StrictInt], FailFast()]],
        FailFast(),
        Field(
            description="The topics shown, each with its members in the model. Each topic of the model is in one "
            "group, or hidden."
        ),
    ]
    names: Annotated[dict[str, StrictStr], FailFast(), Field(description="Names by the smallest number of each group.")]
    hidden: Annotated[list[StrictInt], FailFast(), Field(description="The topics that are not shown.")]


class ViewRequest(ViewContent):
    """A view, as in the file that the page saves and that ``TopicView.save`` writes."""

    model_config = _with_examples(
        {
            "format": "gloctm-view",
            "format_version": 1,
            "num_topics": 5,
            "corpus_fingerprint": "5f1d…",
            "seed": 0,
            "topics_fingerprint": "c0a8…",
            "groups": [[0], [1, 4], [2]],
            "names": {"1": "Food"},
            "hidden": [3],
        }
    )

    format: StrictStr
    format_version: Annotated[StrictInt, Field(description="Of the file.")] = 1
    num_topics: Annotated[StrictInt, Field(description="Of the model.")]
    corpus_fingerprint: StrictStr
    seed: StrictInt
    topics_fingerprint: StrictStr
    changes: Annotated[
        ViewContent | None,
        Field(
            description="Of the view that this one was made of. Where another one is shown by now, the answer is 409. "
            "Unless given, the view replaces any other."
        ),
    ] = None


class SearchRequest(_Strict):
    """A query."""

    model_config = _with_examples({"query": "a train that is late", "num": 5})

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
    lang: Annotated[
        str | None, Field(description="The language of the documents, as a code or a name; all unless given.")
    ] = None
    num: Annotated[StrictInt, Field(ge=1, le=50, description="Topics, and documents, at most.")] = 10


_Score = Annotated[float, Field(description="The higher, the better: (2 · similarity + word_share) / 3.")]
_Similarity = Annotated[
    float | None, Field(description="The cosine of the query and the topic or document; null without an encoder.")
]


class FoundTopic(BaseModel):
    """A topic that a query is about."""

    topic: Annotated[int, Field(description="Its number.")]
    name: str
    score: _Score
    similarity: _Similarity
    word_share: Annotated[float, Field(description="How much the query's words belong to it, from 0 to 1.")]


class FoundDocument(BaseModel):
    """A document that a query is about."""

    id: str
    lang: str
    text: Annotated[str, Field(description="Its beginning, 300 characters at most.")]
    label: str | None
    date: str | None
    score: _Score
    similarity: _Similarity
    word_share: Annotated[float, Field(description="The share of the query's words that it has.")]
    topic: Annotated[int | None, Field(description="Its topic; null where none has half of it.")]
    name: str | None
    proportion: Annotated[float | None, Field(description="θ of its largest topic; null without a known word.")]


class SearchResponse(BaseModel):
    """Topics and documents, the best first."""

    by: Annotated[
        Literal["meaning", "words"],
        Field(description="`words` where the encoder of the model's words is not available: meaning is not compared."),
    ]
    topics: list[FoundTopic]
    documents: Annotated[list[FoundDocument] | None, Field(description="null where the server has no corpus.")]
    warnings: Warnings


class Health(BaseModel):
    """The state of the server."""

    status: Literal["ok"]


class Problem(BaseModel):
    """Why a request was refused."""

    detail: Annotated[str, Field(description="One sentence.")]


class ChangedMeanwhile(Problem):
    """Why a view was refused that was made of another one than is shown."""

    view: Annotated[ViewRequest, Field(description="What is shown.")]
