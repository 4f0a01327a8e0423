"""GloCTM and what might be used instead, measured alike: one corpus, one set of embeddings, one set of measures.

    python benchmarks/quality.py DATA --reference REFERENCES --dictionary DICTIONARIES
        [--models context gloctm kmeans ...] [--seeds 0 48 36 23 80] [--workers 2] [--checkpoints FOLDER]
        [--topics 20] [--encoder e5] [--epochs 25]

DATA is a folder with ECNews, Rakuten_Amazon or Amazon_Review, or several of them, in the field's benchmark layout;
REFERENCES has aligned reference corpora, en-zh and en-ja; DICTIONARIES files of translations (InfoCTM and NMTM need
them, and topics are measured by them). With ``--preset`` the three are those of one corpus.

Each training is a process of one thread, as many at a time as there are cores, models that take least first. It is
measured by the package's measures, and its line appended to benchmarks/results/quality.jsonl as soon as it is there.
What is there is not run again, so that a run that was stopped goes on where it was, and a training by its checkpoint;
with other settings, another encoder, reference corpus or dictionary it is, and where measures were added since. A
training that fails is told in the end, and stops no other. ``--epochs`` shortens every training that has epochs; tables
mark such results. With another number of topics or another encoder, lines go to benchmarks/results/robustness.jsonl.

``training_seconds`` are those that the processor spent on one thread, whatever else the machine did meanwhile.
``peak_megabytes`` is the largest resident set while training, the corpus and what it is measured by included.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from baselines.ablations import WithoutGlobalPath, WithoutSharedDecoder, training_with
from baselines.clustering import Clustering
from baselines.dictionary import dictionary_file, read_translations, two_languages, vocabularies
from baselines.documents import DocumentEmbeddings
from baselines.infoctm import InfoCTM
from baselines.model import GloCTMModel, TopicModel
from baselines.monolingual import Monolingual
from baselines.neural import BilingualModel
from baselines.nmtm import NMTM
from baselines.settings import comparable, digest
from baselines.xtra import XTRA
from baselines.zeroshot import ZeroShotTM
from corpora import Files, add_arguments, of_arguments
from machine import machine
from memory import forget_peak, peak_megabytes
from pages.results import is_complete
from pages.scores import COHERENT
from pool import Task, number_of_workers, run_or_exit
from retrieval import aligned_documents, retrieval_by_cosine

from gloctm import Corpus
from gloctm.embedding import get_encoders
from gloctm.errors import EmptyDocumentWarning, GloCTMError
from gloctm.evaluation import (
    DIVERSITY_WORDS,
    MAX_TRAIN,
    NUM_WORDS,
    measure_alignment,
    measure_documents,
    measure_topics,
    own_counts,
)
from gloctm.files.compressed import opened
from gloctm.metrics import (
    ReferenceCounts,
    TranslationDictionary,
    c_v,
    read_references,
    reference_documents,
    reference_file,
    topic_diversity,
)

RESULTS = Path(__file__).resolve().parent / "results" / "quality.jsonl"
# Lines of other numbers of topics and other encoders.
ROBUSTNESS = RESULTS.with_name("robustness.jsonl")
SEEDS = (0, 48, 36, 23, 80)
# K of the published experiments.
NUM_TOPICS = 50
ENCODER = "usem3"
Line = dict[str, Any]
Pair = tuple[str, str]
Topics = dict[str, list[list[str]]]
Measures = dict[str, dict[str, float]]
Via = Literal["local", "global", "both"]

# λ of InfoCTM, which its authors set by corpus; corpora are called as GloCTM's presets are.
ALIGNMENT_WEIGHTS = {"ecnews": 30.0, "amazon_review": 50.0, "rakuten_amazon": 50.0}
# The English side of the dictionary of Chinese is stemmed in part: without stems few of its words would be linked.
# That of Japanese is not, and stems would only link words that have nothing to do with each other.
STEMS = {frozenset(("en", "zh")): {"en": "porter"}}


@dataclass(frozen=True)
class Setting:
    """What models are made for.

    Attributes:
        preset: GloCTM's, by which the corpus is called, too.
        data: the folder of the corpus, which has the word vectors of InfoCTM.
        languages: of the corpus.
        dictionary: a file of translations.
        seed: of everything that is drawn.
        epochs: instead of the published number; None keeps that.
        num_topics: K.
        encoder: of words and documents.
    """

    preset: str
    data: Path
    languages: tuple[str, ...]
    dictionary: Path | None
    seed: int
    epochs: int | None
    num_topics: int = NUM_TOPICS
    encoder: str = ENCODER

    @property
    def common(self) -> dict[str, Any]:
        """What every model takes."""
        return {"num_topics": self.num_topics, "seed": self.seed, "threads": 1, "show_progress": True}

    @property
    def trained(self) -> dict[str, Any]:
        """What models take that are trained by epochs."""
        return {**self.common, **({} if self.epochs is None else {"epochs": self.epochs})}

    @property
    def linked(self) -> dict[str, Any]:
        """What models take that link words by a dictionary."""
        if self.dictionary is None:
            raise SystemExit("InfoCTM and NMTM need --dictionary: give it, or name other --models")
        stems = STEMS.get(frozenset(self.languages), {})
        return {**self.trained, "dictionary": self.dictionary, "stems": stems}

    @property
    def alignment_weight(self) -> float:
        """InfoCTM's λ for the corpus."""
        return ALIGNMENT_WEIGHTS[self.preset]

    def checkpoint(self, key: str, epochs: int | None) -> str:
        """The name of the file that keeps the state of a training, which other settings have no use for."""
        name = "published" if key == "gloctm" and self.epochs is None else f"{key}-{epochs}"
        topics = "" if self.num_topics == NUM_TOPICS else f"-{self.num_topics}-topics"
        encoder = "" if self.encoder == ENCODER else f"-{self.encoder.replace('/', '-')}"
        return f"{self.preset}-{name}{topics}{encoder}-{self.seed}"


def context(setting: Setting) -> GloCTMModel:
    """GloCTM by default."""
    return GloCTMModel(**setting.common)


def gloctm(setting: Setting, without: str = "", **changes: Any) -> GloCTMModel:
    """GloCTM as published, or without one of its parts."""
    name = "GloCTM as published" + (f" without {without}" if without else "")
    given = setting.trained
    if setting.num_topics == NUM_TOPICS:
        # As every preset has it, and so no change.
        del given["num_topics"]
    return GloCTMModel(setting.preset, name=name, changes=changes, via="local", **given)


# Those that take least first.
MODELS: dict[str, Callable[[Setting], TopicModel]] = {
    "embeddings": lambda setting: DocumentEmbeddings(),
    "context": context,
    "kmeans": lambda setting: Clustering(kind="kmeans", **setting.common),
    "kmeans-centred": lambda setting: Clustering(kind="kmeans", centred=True, **setting.common),
    # λ by a look at the CNPMI of EC News, .2 to .8: what a user would do who wants clusters to look their best.
    "kmeans-relevance": lambda setting: Clustering(kind="kmeans", centred=True, relevance=0.4, **setting.common),
    # The same clusters, with words that are ranked as the default method ranks its own.
    "kmeans-coherent": lambda setting: Clustering(kind="kmeans", centred=True, coherent=True, **setting.common),
    "u-svd": lambda setting: Clustering(kind="u-svd", **setting.common),
    "svd-lr": lambda setting: Clustering(kind="svd-lr", **setting.common),
    "monolingual": lambda setting: Monolingual(**setting.trained),
    "zeroshot": lambda setting: ZeroShotTM(**setting.trained),
    "gloctm": gloctm,
    "nmtm": lambda setting: NMTM(**setting.linked),
    "without-augmentation": lambda setting: gloctm(setting, "augmentation", num_neighbors=0),
    "without-global-path": lambda setting: gloctm(setting, "the global path"),
    "without-internal-kl": lambda setting: gloctm(setting, "the internal KL", kl_weight=0.0),
    "without-cka": lambda setting: gloctm(setting, "CKA", cka_weight=0.0),
    "without-shared-decoder": lambda setting: gloctm(setting, "the shared decoder"),
    "xtra": lambda setting: XTRA(known_weights=setting.preset == "ecnews", **setting.trained),
    "infoctm": lambda setting: InfoCTM(
        word_vectors=setting.data, alignment_weight=setting.alignment_weight, **setting.linked
    ),
}
NETWORKS = {"without-global-path": WithoutGlobalPath, "without-shared-decoder": WithoutSharedDecoder}
# Models without a random number: once a corpus is enough.
WITHOUT_SEED = ("embeddings",)
# How many seeds models are trained by that take too long for all.
NUM_SEEDS = {
    **dict.fromkeys(("monolingual", "zeroshot", "nmtm"), 3),
    **dict.fromkeys((key for key in MODELS if key.startswith("without-")), 3),
    **dict.fromkeys(("xtra", "infoctm"), 1),
}
# Further ways of a GloCTM trained as published to infer: what the view is called, and by which encoders.
VIEWS: dict[str, Via] = {"global path": "global", "both paths": "both"}


def views(key: str, model: TopicModel) -> dict[str, TopicModel]:
    """A model by each way it has to infer or to rank words; the first is its own."""
    if not isinstance(model, GloCTMModel) or model.preset is None or key == "without-global-path":
        return {"": model}
    others = {view: model.seen_by(via, f"{model.name}, {view}") for view, via in VIEWS.items()}
    if key == "gloctm":
        # What of the default's lead is the ranking of words alone.
        others[COHERENT] = model.ranked_by_coherence(f"{model.name}, {COHERENT}")
    return {"": model, **others}


@dataclass(frozen=True)
class Yardsticks:
    """What topics and proportions are measured by.

    Attributes:
        corpus: trained on.
        test: its test documents.
        references: for pairs of languages counts of the reference corpus.
        folder: of the reference corpus.
        dictionaries: for the pair of languages translations within the vocabularies, if there is a dictionary.
        own: counts of the corpus.
        pairs: aligned documents of the reference corpus, by which retrieval of translations is measured; None for none.
        about: encoder, reference corpus and dictionary by name and content: results by others don't belong together.
    """

    corpus: Corpus
    test: Corpus
    references: Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]]
    folder: Path
    dictionaries: Mapping[Pair, TranslationDictionary]
    own: Mapping[str, ReferenceCounts]
    about: dict[str, Any]
    pairs: Corpus | None = None

    @classmethod
    def read(
        cls,
        corpus: Corpus,
        test: Corpus,
        folder: Path,
        dictionary: Path | None,
        encoder_version: str | None = None,
        pairs: Corpus | None = None,
    ) -> Yardsticks:
        """Read the reference corpus and the dictionary."""
        about: dict[str, Any] = {
            "encoder": corpus.encoder,
            "encoder_version": encoder_version,
            "reference": {
                "name": folder.name,
                "digest": content_digest(reference_file(folder, code) for code in corpus.languages),
            },
            "dictionary": None,
        }
        dictionaries = {}
        if dictionary is not None:
            first, second = two_languages(corpus)
            words = vocabularies(corpus)
            found = read_translations(dictionary, first, second)
            dictionaries[first, second] = found.restricted(words[first], words[second])
            file = dictionary_file(dictionary, first, second)
            about["dictionary"] = {"name": file.name.split(".")[0], "digest": content_digest([file])}
        references = read_references(folder, corpus.languages)
        return cls(corpus, test, references, folder, dictionaries, own_counts(corpus), about, pairs)

    @classmethod
    def of_files(cls, files: Files, encoder: str = ENCODER) -> Yardsticks:
        """Read all there is.

        Args:
            files: where it is.
            encoder: of words and documents.
        """
        corpus = Corpus.from_benchmark(files.data, files.languages, encoder=encoder)
        test = Corpus.from_benchmark(files.data, files.languages, split="test", encoder=encoder)
        version = get_encoders(encoder).documents.version
        pairs = aligned_documents(files.reference, corpus).embed(encoder)
        return cls.read(corpus, test, files.reference, files.dictionary, version, pairs)

    def of_topics(self, topics: Topics) -> Measures:
        """Every measure of topics, by their first words but for diversity."""
        if not topics:
            return {}
        first = {code: [words[:NUM_WORDS] for words in each] for code, each in topics.items()}
        found = dict(measure_topics(first, references=self.references, dictionaries=self.dictionaries, own=self.own))
        found["topic_diversity"] = {code: topic_diversity(each) for code, each in topics.items()}
        found["c_v"] = {
            code: c_v(each, reference_documents(reference_file(self.folder, code))) for code, each in first.items()
        }
        return found

    def of_pairs(self, model: TopicModel) -> Measures:
        """How far up a model finds the translations of documents: by θ, or by the embeddings themselves."""
        if self.pairs is None:
            return {}
        theta = model.theta(self.pairs)
        return measure_alignment(theta) if theta else retrieval_by_cosine(model.features(self.pairs))

    def of_documents(self, model: TopicModel) -> Measures:
        """Every measure of what a model infers."""
        theta = model.theta(self.test)
        # Embeddings have no θ: what is measured by it is left out.
        alike = {code: np.ones((part.num_documents, 1)) for code, part in self.test.items()}
        found = measure_documents(
            model.features(self.corpus),
            labels(self.corpus),
            model.features(self.test),
            labels(self.test),
            theta or alike,
            max_train=MAX_TRAIN,
        )
        return {name: values for name, values in found.items() if theta or name.startswith(("accuracy", "macro_f1"))}


def labels(corpus: Corpus) -> dict[str, Any]:
    return {code: part.labels for code, part in corpus.items()}


def rounded(measures: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Measures as results keep them."""
    return {name: {what: round(value, 5) for what, value in values.items()} for name, values in measures.items()}


def content_digest(files: Iterable[Path]) -> str:
    """Twelve digits of the SHA-256 of what files hold, however they are compressed."""
    found = hashlib.sha256()
    for file in files:
        with opened(file) as stream:
            while block := stream.read(1 << 20):
                found.update(block)
    return found.hexdigest()[:12]


class ResultLog:
    """A file of results, a line each, which several processes may append to.

    Args:
        path: made when the first line comes.

    Raises:
        SystemExit: a line is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        content = path.read_bytes() if path.exists() else b""
        self._known = set()
        for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
            try:
                line = json.loads(text)
                key = _key(line)
                if is_complete(line):
                    self._known.add(key)
            except (ValueError, KeyError, TypeError):
                raise SystemExit(f"{path} is damaged in line {number}: delete that line") from None

    def has(self, line: Mapping[str, Any]) -> bool:
        """Whether there is a line of the same model, seed, corpus, view and conditions."""
        return _key(line) in self._known

    def append(self, line: Line) -> None:
        """Keep a line: from now on it is not lost."""
        content = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A kill may have left half a line, which is worth nothing.
            file.seek(0)
            before = file.read()
            if not before.endswith(b"\n") and before:
                file.truncate(before.rfind(b"\n") + 1)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._known.add(_key(line))


def _key(line: Mapping[str, Any]) -> tuple[Any, ...]:
    # Lines from before there were conditions are of none.
    return (*(line[name] for name in ("corpus", "model", "view", "seed")), line.get("conditions"))


def facts(key: str, view: str, model: TopicModel, setting: Setting, about: Mapping[str, Any]) -> Line:
    """What is known of a line of results before training: which one it will be."""
    settings = model.settings()
    usual = model.usual if isinstance(model, GloCTMModel) else {}
    return {
        "benchmark": "quality",
        "corpus": setting.preset,
        "model": key,
        "name": model.name,
        "view": view,
        "seed": None if key in WITHOUT_SEED else setting.seed,
        "epochs": settings.get("epochs"),
        "published_epochs": model.published_epochs,
        **about,
        "settings": settings,
        "conditions": digest({"settings": comparable(settings, usual), **about}),
    }


def measured(
    key: str, setting: Setting, yardsticks: Yardsticks, checkpoint: Path | None, log: ResultLog
) -> Iterator[Line]:
    """Train a model and measure it by every view that the log lacks."""
    model = MODELS[key](setting)
    # Of a training that goes on, the memory of the part before is not known.
    begun = checkpoint is not None and any(
        file.name == checkpoint.name or file.name.startswith((f"{checkpoint.name}.", f"{checkpoint.name}-"))
        for file in checkpoint.parent.iterdir()
    )
    forget_peak()
    with training_with(NETWORKS[key]) if key in NETWORKS else contextlib.nullcontext():
        model.fit(yardsticks.corpus, checkpoint)
    peak = peak_megabytes()
    sizes = [part.num_words for part in yardsticks.corpus.values()]
    measured_topics: dict[bool, tuple[Topics, Measures]] = {}
    for view, each in views(key, model).items():
        line = facts(key, view, each, setting, yardsticks.about)
        if log.has(line):
            continue
        coherent = view == COHERENT
        if coherent not in measured_topics:
            topics = each.top_words(min(DIVERSITY_WORDS, *sizes))
            measured_topics[coherent] = topics, yardsticks.of_topics(topics)
        topics, of_topics = measured_topics[coherent]
        seconds = model.training_seconds
        yield {
            **line,
            "training_seconds": None if seconds is None else round(seconds),
            "peak_megabytes": None if begun or key == "embeddings" else peak,
            "details": model.details(),
            "measures": rounded({**of_topics, **yardsticks.of_documents(each), **yardsticks.of_pairs(each)}),
            "top_words": topics,
            "machine": machine(),
        }


def wanted(
    runs: Iterable[tuple[str, int]], setting: Setting, yardsticks: Yardsticks, log: ResultLog
) -> list[tuple[str, Setting, TopicModel]]:
    """What the log lacks of some models and seeds.

    Raises:
        GloCTMError: a dictionary or word vectors that one of the models needs are missing or of other words.
    """
    found = []
    for key, seed in runs:
        of_seed = replace(setting, seed=seed)
        model = MODELS[key](of_seed)
        lines = [facts(key, view, each, of_seed, yardsticks.about) for view, each in views(key, model).items()]
        if not all(log.has(line) for line in lines):
            found.append((key, of_seed, model))
    for kind in {type(model): model for _, _, model in found if isinstance(model, BilingualModel)}.values():
        kind.read(vocabularies(yardsticks.corpus))
    return found


def runs_of(keys: Iterable[str], seeds: Sequence[int] | None) -> list[tuple[str, int]]:
    """Models and seeds, by each model all of its seeds; as many as are usual for it where None."""
    found = []
    for key in sorted(keys, key=list(MODELS).index):
        own = SEEDS[: NUM_SEEDS.get(key, len(SEEDS))] if seeds is None else seeds
        found += [(key, seed) for seed in (own[:1] if key in WITHOUT_SEED else own)]
    return found


def run(
    keys: Sequence[str],
    seeds: Sequence[int],
    setting: Setting,
    yardsticks: Yardsticks,
    log: ResultLog,
    checkpoints: Path | None = None,
) -> None:
    """Train and measure what the log lacks, in this process.

    Raises:
        GloCTMError: a dictionary or word vectors that one of the models needs are missing or of other words, before
            anything is trained.
    """
    for key, of_seed, model in wanted(runs_of(keys, seeds), setting, yardsticks, log):
        print(f"{of_seed.preset}: {key}, seed {of_seed.seed}", flush=True)
        checkpoint = None
        if checkpoints is not None:
            checkpoints.mkdir(parents=True, exist_ok=True)
            checkpoint = checkpoints / of_seed.checkpoint(key, of_seed.epochs or model.published_epochs)
        for line in measured(key, of_seed, yardsticks, checkpoint, log):
            log.append(line)


def tasks_of(files: Files, arguments: argparse.Namespace, log: ResultLog, path: Path) -> list[tuple[int, Task]]:
    """What the log lacks on a corpus, each as a process, with the place of its model."""
    yardsticks = Yardsticks.of_files(files, arguments.encoder)
    setting = setting_of(files, yardsticks.corpus.languages, arguments)
    given = ["--topics", str(arguments.topics), "--encoder", arguments.encoder]
    if arguments.epochs is not None:
        given += ["--epochs", str(arguments.epochs)]
    if arguments.checkpoints is not None:
        given += ["--checkpoints", str(arguments.checkpoints)]
    return [
        (
            list(MODELS).index(key),
            Task(
                f"{files.preset}, {key}, seed {each.seed}",
                Path(__file__).resolve(),
                (*files.arguments(), "--models", key, "--seeds", str(each.seed), *given, "--results", str(path)),
            ),
        )
        for key, each, _ in wanted(runs_of(arguments.models, arguments.seeds), setting, yardsticks, log)
    ]


def setting_of(files: Files, languages: tuple[str, ...], arguments: argparse.Namespace) -> Setting:
    """What models are made for, by a command's arguments."""
    return Setting(
        files.preset,
        files.data,
        languages,
        files.dictionary,
        SEEDS[0],
        arguments.epochs,
        arguments.topics,
        arguments.encoder,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="*", help="five unless given, of models that take hours fewer")
    parser.add_argument("--epochs", type=int, help="instead of the published numbers")
    parser.add_argument("--topics", type=int, default=NUM_TOPICS, help=f"K (default: {NUM_TOPICS})")
    parser.add_argument("--encoder", default=ENCODER, help=f"of words and documents, for all models ({ENCODER})")
    parser.add_argument("--workers", type=number_of_workers, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--checkpoints", type=Path, help="a folder to keep the state of trainings in")
    parser.add_argument("--results", type=Path, help="a file for the lines instead of the usual one")
    arguments = parser.parse_args()
    # Both corpora have documents without words, and every model says so again.
    warnings.simplefilter("ignore", EmptyDocumentWarning)
    usual = arguments.topics == NUM_TOPICS and arguments.encoder == ENCODER
    path = arguments.results or (RESULTS if usual else ROBUSTNESS)
    try:
        log, corpora = ResultLog(path), of_arguments(arguments)
        runs = runs_of(arguments.models, arguments.seeds)
        if len(corpora) == len(runs) == 1:
            [files] = corpora
            yardsticks = Yardsticks.of_files(files, arguments.encoder)
            setting = setting_of(files, yardsticks.corpus.languages, arguments)
            run(arguments.models, [runs[0][1]], setting, yardsticks, log, arguments.checkpoints)
            return
        tasks = [each for files in corpora for each in tasks_of(files, arguments, log, path)]
    except GloCTMError as error:
        sys.exit(f"error: {error}")
    run_or_exit([task for _, task in sorted(tasks, key=lambda each: each[0])], arguments.workers)


if __name__ == "__main__":
    main()
