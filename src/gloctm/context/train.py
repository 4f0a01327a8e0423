"""Training in the context space for the estimator: what is chosen by the corpus, checks, and checkpoints."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gloctm.arrays import Array
from gloctm.checks import caller_stacklevel, listed
from gloctm.context.anchors import Start
from gloctm.context.coherence import coherent_scores, count_word_pairs
from gloctm.context.fit import ContextSettings, State, Steps, fit_in_context
from gloctm.context.num_topics import chosen_num_topics, reason, warn_of_few_documents
from gloctm.context.seeds import seed_columns
from gloctm.context.space import FITTED_DOCUMENTS, directions, near_documents
from gloctm.context.topics import standardized_relevance
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.validation import check_document_counts
from gloctm.errors import InputError, SeparateLanguageWarning
from gloctm.files.atomic import atomic_path
from gloctm.files.digests import UNSEALED, check_seal, seal_file
from gloctm.files.leftovers import followed, remove_leftovers
from gloctm.files.plain import open_plain
from gloctm.model.labels import Labels
from gloctm.shards import ShardedCorpus
from gloctm.training.checkpoint import check_identity, not_a_checkpoint, not_to_be_resumed, warn_of_unwritten
from gloctm.training.memory import check_training_memory
from gloctm.training.seed_words import SeededTopic, seeded_topics
from gloctm.training.settings import resolve_seed

#: Nearest documents of each other language, at least and at most.
NEAR_DOCUMENTS = (3, 10)
#: A language whose documents come less near to those of the others is named, see ``likeness_across``.
LEAST_LIKENESS = 0.62

# What may differ between the part of a training before a checkpoint and the part after it.
_FREE_TO_DIFFER = ("threads", "show_progress")
_FORMAT = "gloctm-context-checkpoint"


@dataclass(frozen=True)
class TrainingResult:
    """What training gives the estimator, by whatever method.

    Attributes:
        settings: of the method, as given or as chosen.
        seed: the seed that was used.
        weights: arrays by name.
        coherent_words: for each language the scores of topics' coherent words, ``(K, V_l)``; empty where words are
            ranked by weights.
        history: the loss of each epoch; empty where there are none.
        labels: for each language the labels that topics were given before training.
        chosen: names of the settings that were chosen by the corpus.
    """

    settings: dict[str, Any]
    seed: int
    weights: dict[str, Array]
    coherent_words: dict[str, Array] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    labels: Labels = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)


def chosen_near_documents(num_documents: Mapping[str, int], num_topics: int) -> int:
    """Return how many near documents of every other language a document is brought together with.

    Half as many as a topic of the smallest language would have if all were alike, so that a document's near ones are of
    its theme; from 3 to 10.

    Args:
        num_documents: by language.
        num_topics: K.
    """
    least, most = NEAR_DOCUMENTS
    return min(max(min(num_documents.values()) // (2 * num_topics), least), most)


def described_sample(num_documents: Mapping[str, int]) -> str:
    """Say in how many of the documents topics are found; an empty string where that is all.

    Args:
        num_documents: by language.

    Examples:
        >>> described_sample({"en": 1_000_000, "de": 240})
        "topics are found in 100,000 of 1,000,000 documents in 'en', evenly spread"
    """
    sampled = [
        f"{FITTED_DOCUMENTS:,} of {number:,} documents in {language!r}"
        for language, number in num_documents.items()
        if number > FITTED_DOCUMENTS
    ]
    return f"topics are found in {listed(sampled)}, evenly spread" if sampled else ""


def train_in_context(
    corpus: Corpus | ShardedCorpus,
    settings: dict[str, Any],
    keeping: tuple[Path, float] | None,
    *,
    start: Start | None = None,
    resume: bool,
    show_progress: bool,
) -> TrainingResult:
    """Train a model of the context method.

    Args:
        corpus: with word and document embeddings, in memory or in shards, to the same model.
        settings: of the method, checked.
        keeping: file and minutes of checkpoints; None keeps none.
        start: the topics of an earlier model to start from; None starts afresh.
        resume: go on from the checkpoint, if there is one.
        show_progress: whether progress and what is chosen are shown on standard error.

    Raises:
        InputError: document embeddings of several encoders, too few different documents for that many topics, or a
            checkpoint of another training.
        FileFormatError: the checkpoint is damaged or none.
    """
    check_one_encoder(corpus, "the method 'context'")
    num_documents = {language: part.num_documents for language, part in corpus.items()}
    num_topics = settings["num_topics"]
    check_document_counts(num_documents)
    seeds = seeded_topics(settings["seed_words"], num_topics)
    columns = seed_columns(corpus, seeds)
    warn_of_few_documents(num_documents, num_topics)
    near, temperature = settings["num_near_documents"], settings["temperature"]
    if near is None:
        near = chosen_near_documents(num_documents, num_topics)
    check_training_memory(
        {**settings, "num_near_documents": near},
        {language: part.num_words for language, part in corpus.items()},
        {language: min(number, FITTED_DOCUMENTS) for language, number in num_documents.items()},
    )
    # Without seed words their weight means nothing; checkpoints from before there were any have neither.
    idle = () if seeds else ("seed_words", "seed_weight")
    identity = {
        **{name: value for name, value in settings.items() if name not in (*_FREE_TO_DIFFER, *idle)},
        "num_near_documents": near,
        "corpus": corpus.fingerprint(),
        **({} if start is None else {"start": start.identity()}),
    }
    steps = Steps() if keeping is None else _KeptSteps(keeping[0], identity, resume=resume)
    seed = steps.seed if isinstance(steps, _KeptSteps) else resolve_seed(settings["random_state"])
    if show_progress and (sampled := described_sample(num_documents)):
        print(sampled, file=sys.stderr, flush=True)
    found = fit_in_context(
        corpus,
        ContextSettings(
            num_topics,
            near,
            settings["num_refinements"],
            temperature,
            settings["threads"],
            columns,
            settings["seed_weight"],
            start,
        ),
        seed=seed,
        ranked=settings["ranking"] == "coherence",
        show_progress=show_progress,
        steps=steps,
    )
    if show_progress:
        chosen = [
            *([] if settings["num_near_documents"] is not None else [f"num_near_documents {near}"]),
            *([] if temperature is not None else [f"temperature {found.temperature:g}"]),
        ]
        if chosen:
            print(f"chosen: {', '.join(chosen)}", file=sys.stderr, flush=True)
    _warn_of_separate_languages(found.likeness)
    return TrainingResult(
        {**settings, "num_near_documents": near, "temperature": found.temperature},
        seed,
        found.weights,
        found.scores,
        chosen=[name for name in ("num_near_documents", "temperature") if settings[name] is None],
        labels={code: dict(names) for code in corpus} if (names := _names(seeds)) else {},
    )


def _names(seeds: Sequence[SeededTopic]) -> dict[int, str]:
    return {seed.topic: seed.label for seed in seeds if seed.label is not None}


def resolve_num_topics(corpus: Corpus | ShardedCorpus, settings: Mapping[str, Any]) -> int:
    """Return K: as given, or as ``"auto"`` chooses it.

    Args:
        corpus: with document embeddings.
        settings: of either method, checked.

    Raises:
        InputError: a choice between document embeddings of several encoders, or of documents that are all alike.
    """
    given = settings["num_topics"]
    if given != "auto":
        return int(given)
    check_one_encoder(corpus, "num_topics='auto'")
    show = bool(settings["show_progress"])
    best, tried = chosen_num_topics(
        corpus, seed=settings["random_state"] or 0, threads=settings["threads"], show_progress=show
    )
    seeds = seeded_topics(settings.get("seed_words"), sys.maxsize)
    # Every topic that has seed words is asked for.
    least = max((seed.topic + 1 for seed in seeds), default=0)
    if show:
        print(reason(best, tried, least), file=sys.stderr, flush=True)
    return max(best, least)


def coherent_words(
    corpus: Corpus | ShardedCorpus, topic_word: Mapping[str, Array], *, show_progress: bool = False
) -> dict[str, Array]:
    """Return the coherent words of topics that another method found, by its β: for each language scores, ``(K, V_l)``.

    Args:
        corpus: trained on, with embeddings, in memory or in shards. Words are counted in at most 100,000 documents
            per language.
        topic_word: for each language β_l, ``(K, V_l)``.
        show_progress: whether progress is shown.

    Raises:
        InputError: document embeddings of several encoders.

    Examples:
        >>> coherent_words(corpus, model.topic_word_)["en"].shape == model.topic_word_["en"].shape
        True
    """
    check_one_encoder(corpus, "ranking='coherence'")
    sampled = {language: part.sample(FITTED_DOCUMENTS, texts=False) for language, part in corpus.items()}
    vectors = directions({language: np.asarray(part.document_embeddings) for language, part in sampled.items()})
    number = chosen_near_documents(
        {language: part.num_documents for language, part in corpus.items()}, len(next(iter(topic_word.values())))
    )
    pairs = count_word_pairs(
        {language: part.counts for language, part in sampled.items()},
        near_documents(vectors, number, show_progress=show_progress),
        {language: np.asarray(part.word_embeddings) for language, part in corpus.items()},
        {language: part.vocabulary for language, part in corpus.items()},
    )
    relevance = {language: standardized_relevance(each) for language, each in topic_word.items()}
    return coherent_scores(relevance, pairs)


def check_one_encoder(corpus: Corpus | ShardedCorpus, what: str) -> None:
    """Raise InputError unless all languages' document embeddings can be compared."""
    dimensions = {
        language: part.document_dimension for language, part in corpus.items() if part.has_document_embeddings
    }
    if len(set(dimensions.values())) > 1:
        listed = ", ".join(f"{language} {number}" for language, number in dimensions.items())
        raise InputError(
            f"{what} compares documents across languages, but their embeddings differ in dimension ({listed}): embed "
            "all with one multilingual encoder"
        )


def _warn_of_separate_languages(likeness: Mapping[str, float]) -> None:
    separate = [language for language, each in likeness.items() if each < LEAST_LIKENESS]
    if separate:
        warnings.warn(
            f"the documents in {', '.join(map(repr, separate))} share few themes with the other languages, so their "
            "topics will be separate: check that they are in that language and about the same matters, or leave them "
            "out",
            SeparateLanguageWarning,
            stacklevel=caller_stacklevel(),
        )


class _KeptSteps(Steps):
    """A state in a file, written whole or not at all after every step: steps take seconds, or few minutes."""

    def __init__(self, path: Path, identity: dict[str, Any], *, resume: bool) -> None:
        self._path = path
        self._state: State = {}
        if path.exists():
            # Another file in its place is not one to go on with, nor to delete.
            found, self._state = _read(path)
            if not resume:
                raise not_to_be_resumed(path)
            self.seed = int(found.pop("seed"))
            wanted = dict(identity)
            if identity["random_state"] is None:
                wanted["random_state"] = found.get("random_state")
            check_identity(path, found, wanted)
        else:
            self.seed = resolve_seed(identity["random_state"])
        self._facts = {**identity, "seed": self.seed}
        remove_leftovers(path)

    def load(self) -> State:
        return dict(self._state)

    def keep(self, state: State) -> None:
        from safetensors.numpy import save

        metadata = {"format": _FORMAT, "facts": json.dumps(self._facts), "sha256": UNSEALED}
        content = save({name: np.ascontiguousarray(each) for name, each in state.items()}, metadata)
        try:
            with atomic_path(self._path) as temporary:
                Path(temporary).write_bytes(content)
                seal_file(temporary)
        except OSError as error:
            warn_of_unwritten(self._path, error)


def _read(path: Path) -> tuple[dict[str, Any], State]:
    from safetensors import SafetensorError, safe_open

    stream = open_plain(followed(path))
    try:
        with stream, safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if not check_seal(stream, metadata.get("sha256")):
                raise ValueError("its SHA-256 differs")
            if metadata.get("format") != _FORMAT:
                raise KeyError("format")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            facts = json.loads(metadata["facts"])
            if not isinstance(facts["seed"], int) or ("topics" in arrays) != ("round" in arrays):
                raise KeyError("seed")
            return facts, arrays
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise not_a_checkpoint(path, " by this method") from None
