"""``GloCTM``: the model with the face of a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

import numpy as np
from sklearn.base import BaseEstimator

from gloctm.arrays import Array
from gloctm.augmentation.neighbors import NeighborSearch
from gloctm.checks import check_int, check_number
from gloctm.context.anchors import Start
from gloctm.context.train import TrainingResult, coherent_words, resolve_num_topics, train_in_context
from gloctm.context.update import check_start, kept_labels, topic_changes
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.given import as_corpus
from gloctm.errors import FileFormatError, InputError, MissingDependencyError, TrainingInterrupted
from gloctm.files.leftovers import restored
from gloctm.model.fitted import Encoder
from gloctm.model.inference import Via
from gloctm.model.model import Ranking, TopicModel
from gloctm.model.parameters import TOPIC_DIRECTION_NAME, topic_word_name
from gloctm.model.storage import ModelArtifact, save_model, software_versions
from gloctm.shards import ShardedCorpus
from gloctm.tables.methods import TableMethods
from gloctm.training.presets import get_preset
from gloctm.training.settings import (
    RETIRED,
    SETTINGS,
    TrainingSettings,
    check_checkpoint,
    check_settings,
    nearest_setting,
    resolve_seed,
    settings_of_method,
)

if TYPE_CHECKING:
    from gloctm.evaluation import Evaluation
    from gloctm.model.view import TopicView
    from gloctm.network.ranks import Ranks
    from gloctm.training.callbacks import Callback

Init = TypeVar("Init", bound=Callable[..., None])


def _refusing_unknown_settings(init: Init) -> Init:
    """Let a constructor answer a name that is no setting with the one that is probably meant."""

    @wraps(init)
    def checked(self: Any, *given: Any, **settings: Any) -> None:
        if given:
            raise TypeError(f"GloCTM() takes its settings by name: did you mean num_topics={given[0]!r}?")
        for name in settings:
            if name not in SETTINGS:
                hint = nearest_setting(name)
                cure = f"did you mean {hint!r}?" if hint else f"there are {', '.join(sorted(SETTINGS))}"
                raise TypeError(f"GloCTM() has no setting {name!r}: {cure}")
        init(self, **settings)

    return cast(Init, checked)


class GloCTM(TableMethods, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A topic model with one set of topics for all languages of a corpus.

    There are two methods. ``"context"``, the default, finds topics in a space of contexts that all languages share, in
    closed form (``gloctm.context``, docs/concepts/method.md). It takes seconds to minutes and needs no torch, only
    document embeddings of one multilingual encoder. ``"published"`` trains the neural network of the paper, as the
    presets of its experiments do (``from_preset``). Each method refuses the settings of the other.

    Args:
        num_topics: K. 50, as published. ``"auto"`` chooses a number by the corpus, for coherent and stable topics
            (docs/guides/choose-k.md); ``num_topics_`` is the number.
        method: ``"context"`` or ``"published"``.
        ranking: how the words of topics are ordered wherever they are shown: ``"coherence"``, by how well they go
            together in the training corpus (``gloctm.context.coherence``), or ``"weights"``, by β alone, as published.
            None is the default of the method: coherence in the context space, weights as published.
        num_near_documents: context method: with how many nearest documents of every other language a document is
            averaged. None chooses: the documents of the smallest language over twice K, from 3 to 10. 0 leaves
            documents in place, and topics then mix languages less.
        num_refinements: context method: how often topics move towards their coherent words. 5, after which
            figures hardly change; 0 leaves them at the centers of clusters.
        temperature: context method: θ = softmax(μ / temperature). None fits it, so that θ is as sure of a
            topic as the words and the embedding of a document agree on it.
        seed_words: context method: words that pull topics (docs: guided topics), for example ``{"climate": {"en":
            ["climate", "emissions"]}}``. Words of one language pull a topic in all. Topics by name come first, in the
            order given, and the names become their labels; ``{3: {"de": ["bahn"]}}`` gives a topic by number, and a
            list gives topics from 0. Topics without seed words are free. None guides none.
        seed_weight: context method: how strongly seed words pull, relative to a topic's documents and words. 1 pulls
            as strongly as these; 0 only starts the topic at its seed words.
        num_neighbors: published method, as all below unless said otherwise: k of the augmentation, how many nearest
            words of its own and of every other language join each word of a document. 3, as published for news; 12
            was used for reviews.
        neighbor_search: ``"exact"``, as published, compares all words. ``"approximate"`` follows a graph of near words,
            for vocabularies of hundreds of thousands of words. It needs the package ``usearch``. The progress shows its
            recall, and a warning says if that is low.
        kl_weight: λ_KL, weight of the pull of the local posterior to the global one.
        cka_weight: λ_CKA, weight of the similarity of topic proportions and document embeddings.
        local_hidden_size: width of the two hidden layers of each local encoder.
        global_hidden_size: width of the two hidden layers of the global encoder.
        dropout: rate, of the encoders' hidden layer and of θ. 0, as published.
        epochs: passes over the largest language. 150, as published for corpora of tens of thousands of documents.
        batch_size: documents of each language per step.
        shuffle_documents: with a sharded corpus, documents of each language that are in memory and shuffled together.
            They come from random places of the corpus. A corpus in memory is shuffled as a whole.
        learning_rate: the initial one, of Adam.
        max_steps: end after this many steps, if the epochs are not over before; None runs all epochs.
        schedule: ``"decay"``, as published, multiplies the learning rate by ``decay_factor`` from time to time.
            ``"cosine"`` lowers it to 0 at the last step along half a cosine.
        decay_every: epochs after which the learning rate is multiplied by ``decay_factor``, again and again.
        decay_every_steps: the same in steps instead of epochs; None uses ``decay_every``.
        decay_factor: see ``decay_every``.
        warmup_steps: steps in which the learning rate rises from 0. 0, as published.
        patience: stop once the loss has not improved for this many epochs; None, as published, never stops early.
        min_improvement: the share of the best loss by which a loss must be better to count.
        random_state: both methods: the seed of every random number. 0, so that results repeat by default;
            None draws a fresh one and keeps it in ``seed_``.
        device: ``"auto"`` (CUDA if available), ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        threads: both methods: threads that training may use; None leaves that to torch, or to numpy. Results repeat
            bit for bit only with the same number.
        show_progress: both methods: whether ``fit`` shows progress on standard error.

    Attributes:
        corpus_: the corpus of the last ``fit``, the object itself. Methods that show documents take it unless they are
            given another. It is not saved, copied or pickled with the model; ``del model.corpus_`` releases it.
        languages_: this and all others are those of ``TopicModel``.

    Examples:
        >>> from gloctm import Corpus, GloCTM
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, show_progress=False).fit(corpus)
        >>> model.transform(["Der Zug hatte Verspätung."], language="de").shape
        (1, 12)
        >>> model.corpus_ is corpus
        True

    References:
        GloCTM: Cross-Lingual Topic Modeling via a Global Context Space. AAAI 2026.
    """

    @_refusing_unknown_settings
    def __init__(
        self,
        *,
        num_topics: int | Literal["auto"] = 50,
        method: Literal["context", "published"] = "context",
        ranking: Ranking | None = None,
        num_near_documents: int | None = None,
        num_refinements: int = 5,
        temperature: float | None = None,
        seed_words: Mapping[Any, Mapping[str, Sequence[str]]] | Sequence[Mapping[str, Sequence[str]]] | None = None,
        seed_weight: float = 1.0,
        num_neighbors: int = 3,
        neighbor_search: NeighborSearch = "exact",
        kl_weight: float = 4.0,
        cka_weight: float = 450.0,
        local_hidden_size: int = 100,
        global_hidden_size: int = 200,
        dropout: float = 0.0,
        epochs: int = 150,
        max_steps: int | None = None,
        batch_size: int = 128,
        shuffle_documents: int = 32_768,
        learning_rate: float = 2e-3,
        schedule: Literal["decay", "cosine"] = "decay",
        decay_every: int = 125,
        decay_every_steps: int | None = None,
        decay_factor: float = 0.5,
        warmup_steps: int = 0,
        patience: int | None = None,
        min_improvement: float = 1e-3,
        random_state: int | None = 0,
        device: str = "auto",
        threads: int | None = None,
        show_progress: bool = True,
    ) -> None:
        given = locals()
        for name in SETTINGS:
            setattr(self, name, given[name])

    __repr__ = BaseEstimator.__repr__

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show a trained model by its topics, an untrained one by its settings."""
        html = self._repr_html_() if hasattr(self, "weights_") else super()._repr_html_inner()
        return {"text/plain": repr(self), "text/html": html}

    @classmethod
    def from_preset(cls, name: str, **settings: Any) -> GloCTM:
        """Make an estimator with the settings of a preset, some of them replaced.

        Args:
            name: one of ``gloctm.training.PRESETS``.
            **settings: replace those of the preset.

        Raises:
            InputError: there is no preset of that name.

        Examples:
            >>> GloCTM.from_preset("ecnews", epochs=10).kl_weight
            4.0
        """
        return cls(**{**get_preset(name), **settings})

    def fit(
        self,
        documents: Any,
        y: None = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_minutes: float = 5.0,
        resume: bool = False,
        callbacks: Sequence[Callback] = (),
        ranks: Ranks | None = None,
    ) -> GloCTM:
        """Train on a corpus, or on documents of which one is made.

        Args:
            documents: a Corpus, or a ShardedCorpus, of which no more is read than needed. Or, for one with the default
                options of ``Corpus.from_texts`` and ``Corpus.from_records``, a mapping from language to texts (or to
                lists of words), a data frame of pandas, polars or Arrow, or a list of mappings, with ``text`` and
                ``lang`` or ``language``. A corpus in memory without any embeddings is embedded as ``Corpus.embed`` does
                by default. The corpus is kept in ``corpus_``. The context method finds topics in at most 100,000
                documents per language, evenly spread.
            y: ignored, as scikit-learn's convention asks.
            checkpoint: a file that keeps the state of the training, so that it can continue after a stop or a kill,
                to the same weights bit for bit (on a CPU with as many threads; CUDA sums in no fixed order). It remains
                after the training: delete it once the model is saved. None keeps nothing.
            checkpoint_minutes: published method: the longest time between two checkpoints, which is what a kill can
                lose. 5, since writing one takes about a second. An interrupt (Ctrl-C) waits for the end of the step and
                loses nothing. The context method writes after each of its steps, which take seconds to a few minutes.
            resume: continue from the checkpoint if there is one. Without it, an existing one is an error, so that it
                is not lost by mistake.
            callbacks: published method: called after every epoch; see ``gloctm.training.Callback``.
            ranks: published method: the processes that train together, from ``gloctm.network.joined_ranks``. All call
                ``fit`` with the same arguments; ``batch_size`` is that of all together. The result is that of one
                process, within rounding. The first one alone chooses ``num_topics="auto"``, ranks words, and has a
                trained estimator at the end. None trains in this process.

        Returns:
            The estimator itself.

        Raises:
            InputError: a setting is out of range; the documents can't be read; the corpus has some embeddings and lacks
                others, or is too small for the settings; the checkpoint belongs to another training.
            FileFormatError: the checkpoint is damaged, or no checkpoint.
            MissingDependencyError: the published method without torch.
            TrainingError: the loss stopped being finite.
            TrainingInterrupted: an interrupt came; training can continue from the checkpoint.

        Examples:
            >>> GloCTM(num_topics=5, show_progress=False).fit(corpus).num_topics_
            5
            >>> texts = {"en": corpus["en"].texts, "de": corpus["de"].texts}
            >>> GloCTM(num_topics=5, show_progress=False).fit(texts).corpus_.languages
            ('en', 'de')
        """
        return self._fit(documents, checkpoint, checkpoint_minutes, resume, callbacks, ranks=ranks)

    def fit_more(
        self,
        documents: Any,
        *,
        num_topics: int | None = None,
        old_weight: float = 0.0,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_minutes: float = 5.0,
        resume: bool = False,
    ) -> GloCTM:
        """Update a trained model of the context method: topics keep their numbers where they persist.

        The topics of before are where the new training starts, in place of random documents. Words, proportions and
        what was chosen by the corpus are those of the documents given. ``changes_`` says what became of each topic.
        Topics that persist keep their labels.

        Args:
            documents: all documents that the model is to describe, usually the old ones and new ones: what ``fit``
                takes. They may have further languages. Their embeddings must come from the model's encoder.
            num_topics: K, to add topics, which are numbered at the end. None keeps the number.
            old_weight: how strongly topics are held where they were, relative to their documents. 0 is right for a
                corpus that still has the old documents; give 1 or more for new documents alone.
            checkpoint: see ``fit``.
            checkpoint_minutes: see ``fit``.
            resume: see ``fit``.

        Returns:
            The estimator itself. If the training fails, it remains what it was.

        Raises:
            NotFittedError: the model is not trained.
            InputError: a model of the published method or of an earlier version, embeddings by another encoder, fewer
                topics than before, or see ``fit``.
            FileFormatError: the checkpoint is damaged, or no checkpoint.
            TrainingInterrupted: an interrupt came; training can continue from the checkpoint.

        Examples:
            >>> model = GloCTM(num_topics=5, show_progress=False).fit(corpus)
            >>> changes = model.fit_more(corpus, num_topics=6).changes_
            >>> changes[5]["status"]
            'new'
        """
        self.check_trained()
        before = self.artifact()
        if not self.in_context or self.method != "context":
            raise InputError(
                "no training can go on from a model of the method 'published', nor by that method: train a new model "
                "on all documents"
            )
        if TOPIC_DIRECTION_NAME not in self.weights_:
            raise InputError(
                "the model is of an earlier version, which did not keep what a training goes on from: train a new model"
            )
        # A number that was set after training is a wish, too.
        own = self.get_params()["num_topics"]
        asked = own if num_topics is None and own not in ("auto", self.settings_["num_topics"]) else num_topics
        number = self.num_topics_
        if asked is not None:
            number = check_int("num_topics", asked, number, ", since topics keep their numbers")
        start = Start(self.weights_[TOPIC_DIRECTION_NAME], check_number("old_weight", old_weight, 0.0, 1e9))
        # What the corpus chose, it chooses again.
        again = {name: None for name in self.chosen_ if getattr(self, name) == self.settings_[name]}
        self._fit(documents, checkpoint, checkpoint_minutes, resume, (), start=start, num_topics=number, **again)
        self.set_params(num_topics=number)
        changes = topic_changes(before, self, start.weight)
        self.labels_ = kept_labels(before.labels, self.labels_, changes)
        for change in changes:
            texts = (each.get(change["topic"], "") for each in self.labels_.values())
            change["label"] = " · ".join(dict.fromkeys(filter(None, texts)))
        self.changes_ = changes
        return self

    def _fit(
        self,
        documents: Any,
        checkpoint: str | os.PathLike[str] | None,
        checkpoint_minutes: float,
        resume: bool,
        callbacks: Sequence[Callback],
        *,
        start: Start | None = None,
        ranks: Ranks | None = None,
        **changed: Any,
    ) -> GloCTM:
        """Train, from the topics of an earlier model or afresh, with some settings changed."""
        first = ranks is None or ranks.rank == 0
        show_progress = bool(self.show_progress) and first
        settings = settings_of_method(check_settings({**self.get_params(), **changed}), type(self)().get_params())
        keeping = check_checkpoint(checkpoint, checkpoint_minutes, resume)
        if callbacks:
            from gloctm.training.callbacks import check_callbacks

            check_callbacks(callbacks)
        corpus: Corpus | ShardedCorpus = (
            documents if isinstance(documents, ShardedCorpus) else as_corpus(documents, show_progress=show_progress)
        )
        _check_embedded(corpus)
        # Topics are found in passages, where there are any.
        units = corpus.as_passages()
        if ranks is not None and ranks.world > 1 and settings["method"] == "context":
            raise InputError(
                "the method 'context' trains in one process: call fit without ranks in one, or give method='published'"
            )
        if ranks is None:
            settings["num_topics"] = resolve_num_topics(units, settings)
        else:
            settings["num_topics"] = int(ranks.from_first(lambda: str(resolve_num_topics(units, settings))))
        if start is not None:
            check_start(self, units)
        if settings["method"] == "context":
            if callbacks:
                raise InputError(
                    "callbacks are given, but the method 'context' has no epochs to tell them of: leave them out, or "
                    "give method='published'"
                )
            try:
                found = train_in_context(
                    units, settings, keeping, start=start, resume=resume, show_progress=show_progress
                )
            except KeyboardInterrupt as interrupt:
                if keeping is None or not keeping[0].exists():
                    raise
                raise TrainingInterrupted(
                    f"training was stopped; {keeping[0]} holds all steps that were done: go on with resume=True",
                    terminated=type(interrupt) is not KeyboardInterrupt,
                ) from None
        else:
            found = _trained_as_published(
                units,
                settings,
                keeping,
                resume=resume,
                show_progress=show_progress,
                callbacks=callbacks,
                ranks=ranks,
            )
            if not first:
                return self
        self.set_artifact(
            ModelArtifact(
                settings=found.settings,
                seed=found.seed,
                vocabulary={language: list(part.vocabulary) for language, part in corpus.items()},
                tokenizers={language: part.tokenizer for language, part in corpus.items()},
                stop_words={
                    language: {name: list(words) for name, words in part.stop_words.items()}
                    for language, part in corpus.items()
                    if part.stop_words
                },
                weights=found.weights,
                coherent_words=found.coherent_words,
                word_embeddings={language: np.array(part.word_embeddings) for language, part in corpus.items()},
                encoder=corpus.encoder,
                word_encoder=corpus.word_encoder,
                history=found.history,
                labels=found.labels,
                chosen=found.chosen,
                corpus_fingerprint=corpus.fingerprint(),
                passage_length=corpus.passage_length,
                environment=software_versions(),
                markup=next((part.markup for part in corpus.values() if part.markup is not None), None),
            ),
            {language: part.own_tokenizer for language, part in corpus.items() if part.own_tokenizer is not None},
        )
        self.corpus_ = corpus
        self.topic_shares_ = self.shares_in(corpus)
        return self

    def fit_transform(self, documents: Any, y: None = None) -> dict[str, Array]:
        """Train as ``fit`` does, and return the topic proportions of the documents, by language.

        Examples:
            >>> sorted(GloCTM(num_topics=5, show_progress=False).fit_transform(corpus))
            ['de', 'en']
        """
        result = self.fit(documents).transform(self.corpus_)
        assert isinstance(result, dict)
        return result

    def save(self, path: str | os.PathLike[str], *, card: str | None = None) -> Path:
        """Write the model to a folder (docs: formats); an older model there is replaced.

        Args:
            path: the folder.
            card: text of the ``README.md`` of the folder: from ``gloctm.export.model_card(model, title=...)``, or your
                own. None makes one, and then never replaces a ``README.md`` that was changed by hand.

        Raises:
            InputError: the folder holds something other than a model, or a ``README.md`` that was changed by hand.

        Examples:
            >>> sorted(file.name for file in model.save("model").iterdir())[:2]
            ['README.md', 'coherent_words.safetensors']
        """
        from gloctm.export.card import model_card

        return save_model(
            self.artifact(), path, card=model_card(self) if card is None else card, own_card=card is not None
        )

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        corpus: Corpus | Literal[False] | None = None,
        view: TopicView | None = None,
        title: str | None = None,
        num_words: int = 30,
        num_documents: int = 5,
        evaluation: Evaluation | Mapping[str, Any] | None = None,
        via: Via | None = None,
        other: TopicModel | None = None,
        max_listed: int = 20_000,
        projection: Literal["umap", "topics"] | None = None,
    ) -> Path:
        """Write a page to explore the topics: one HTML file, which needs neither network nor server.

        Args:
            path: the file; its name ends in ``.html``.
            corpus: the documents to show; None takes those of ``fit`` (``corpus_``), if the model has them. The page
                then shows documents behind the topics, how much of each topic each language has, and topics by label
                and over time if there are labels and dates. It contains texts, see ``max_listed``: share it only with
                people who may read them. False shows words alone.
            view: topics renamed, merged or hidden.
            title: of the page; None makes one of topics and languages.
            num_words: words per topic and language.
            num_documents: documents per topic and language.
            evaluation: what ``gloctm.evaluate`` measured of this model; None measures what is quick to measure.
            via: published method: the encoder that infers topic proportions. None uses the global one,
                which compares languages best. The page names it.
            other: another model, whose topics the page shows next to those of this one; see
                ``gloctm.tables.compare``.
            max_listed: documents to list and to draw on a map, with the beginnings of their texts; 0 for none. Of more,
                a sample. 20,000 make a page of up to 8 MB.
            projection: what places documents on the map: ``"umap"``, which needs the extra ``map``, or ``"topics"``,
                the topics' own map. None takes UMAP if it is installed and there are 2,000 documents or more.

        Raises:
            InputError: a name that is no page's, a corpus of other words without texts, a view or an evaluation of
                another model, an evaluation with a view that merges or hides topics, or a model to compare with that
                has no language in common, or neither a word nor an encoder.
            MissingDependencyError: without vl-convert-python or jinja2.

        Examples:
            >>> model.report("report.html", corpus=corpus).name
            'report.html'
        """
        from gloctm.explorer import check_report_target, write_report
        from gloctm.summary import summarize

        check_report_target(path)
        self.check_trained()
        shown = None if corpus is False else self._documents(corpus, "report", needed=False)
        summary = summarize(
            self,
            shown,
            view=view,
            title=title,
            num_words=num_words,
            num_documents=num_documents,
            evaluation=evaluation,
            via=via,
            other=other,
            max_listed=max_listed,
            projection=projection,
        )
        return write_report(summary, path)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        token: str | None = None,
        commit_message: str = "Upload a GloCTM model",
        revision: str | None = None,
        card: str | None = None,
    ) -> str:
        """Put the model on the Hugging Face Hub, as one commit; see ``gloctm.export.push_to_hub``.

        Args:
            repo_id: the repository, ``"organization/name"``; created if it does not exist.
            private: whether a new repository is private.
            token: an access token; None uses the one of ``hf auth login``.
            commit_message: of the commit.
            revision: the branch, created if it does not exist; None for the main one.
            card: text of the ``README.md``; None makes one, unless somebody wrote the existing one.

        Returns:
            The address of the commit.

        Examples:
            >>> model.push_to_hub("organization/topics")  # doctest: +SKIP
            'https://huggingface.co/organization/topics/commit/...'
        """
        from gloctm.export.hub import push_to_hub

        return push_to_hub(
            self,
            repo_id,
            private=private,
            token=token,
            commit_message=commit_message,
            revision=revision,
            card=card,
        )

    @classmethod
    def from_pretrained(
        cls,
        name: str | os.PathLike[str],
        *,
        revision: str | None = None,
        token: str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        tokenizers: Mapping[str, Callable[[str], list[str]]] | None = None,
        encoder: Encoder | None = None,
        verify: bool | None = None,
    ) -> GloCTM:
        """Read a model from a folder, or from the Hugging Face Hub, where ``push_to_hub`` put it.

        Args:
            name: a folder, or else a repository, ``"organization/name"``. A folder of that name takes precedence.
            revision: branch, tag or commit of a repository; None for the newest of its main branch.
            token: an access token, for private ones; None uses the one of ``hf auth login``.
            cache_dir: where files from the Hub are kept; None for the default of huggingface_hub.
            tokenizers: see ``load``.
            encoder: see ``load``.
            verify: see ``load``.

        Raises:
            InputError: there is no such repository or revision, it may not be read, or the Hub can't be reached.
            FileFormatError: it is no model of this package, or it is damaged.
            MissingDependencyError: huggingface_hub is not installed.

        Examples:
            >>> GloCTM.from_pretrained(model.save("model")).num_topics_
            12
        """
        folder = restored(name)
        if folder.is_dir():
            if revision is not None:
                raise InputError(f"{folder} is a folder, which has no revisions: leave revision out")
            return cls.load(folder, tokenizers=tokenizers, encoder=encoder, verify=verify)
        from gloctm.export.hub import downloaded_model

        with downloaded_model(os.fspath(name), revision=revision, token=token, cache_dir=cache_dir) as downloaded:
            return cls.load(downloaded, tokenizers=tokenizers, encoder=encoder, verify=verify)

    @classmethod
    def _unfitted(cls, path: str | os.PathLike[str], artifact: ModelArtifact) -> tuple[Self, ModelArtifact]:
        """Make an estimator with the settings of a saved model."""
        if artifact.settings["method"] == "published":
            kept = {name: value for name, value in artifact.settings.items() if name not in RETIRED}
            artifact = replace(artifact, settings=kept)
        unknown = sorted(set(artifact.settings) - set(cls().get_params()))
        if unknown:
            raise FileFormatError(
                f"{path} was saved by another version of gloctm, with settings unknown here ({', '.join(unknown)}): "
                "use that version, or train the model again"
            )
        model = cls(**artifact.settings)
        try:
            check_settings(model.get_params())
        except InputError as error:
            raise FileFormatError(f"{path} is damaged: {error}; copy or train the model again") from None
        return model, artifact


def _check_embedded(corpus: Corpus | ShardedCorpus) -> None:
    """Raise InputError unless words and documents have embeddings in every language."""
    for language, part in corpus.items():
        if part.word_embeddings is None or not part.has_document_embeddings:
            lacking = f"has no embeddings for {language!r}"
            if isinstance(corpus, ShardedCorpus):
                raise InputError(f"the corpus in {corpus.path} {lacking}: run gloctm corpus embed {corpus.path} first")
            raise InputError(f"the corpus {lacking}: use corpus.embed() first (gloctm corpus embed)")


def _trained_as_published(
    corpus: Corpus | ShardedCorpus,
    settings: dict[str, Any],
    keeping: tuple[Path, float] | None,
    *,
    resume: bool,
    show_progress: bool,
    callbacks: Sequence[Callback],
    ranks: Ranks | None,
) -> TrainingResult:
    """Train the network of the paper; the first of several processes ranks words."""
    try:
        from gloctm.training.checkpoint import CheckpointPolicy
        from gloctm.training.train import train
    except ImportError as error:
        if error.name != "torch":
            raise
        raise MissingDependencyError.of("Training by the published method", "torch") from None
    given = settings["random_state"]
    result = train(
        corpus,
        TrainingSettings(**{name: settings[name] for name in TrainingSettings.__dataclass_fields__}),
        seed=None if given is None else resolve_seed(given),
        show_progress=show_progress,
        checkpoints=None if keeping is None else CheckpointPolicy(*keeping, resume=resume),
        callbacks=callbacks,
        ranks=ranks,
    )
    coherent = {}
    if settings["ranking"] == "coherence" and (ranks is None or ranks.rank == 0):
        topic_word = {language: result.weights[topic_word_name(language)] for language in corpus}
        coherent = coherent_words(corpus, topic_word, show_progress=show_progress)
    return TrainingResult(settings, result.seed, result.weights, coherent, result.history)
