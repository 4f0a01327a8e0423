"""GloCTM and what might be used instead, measured alike: one corpus, one set of embeddings, one set of measures.

    python benchmarks/quality.py DATA --preset ecnews --languages en,cn --reference REFERENCE --dictionary DICTIONARY
        [--models context gloctm kmeans ...] [--seeds 0 48 36 23 80] [--epochs 25] [--checkpoints FOLDER]

DATA is a folder in the field's benchmark layout, REFERENCE a folder with an aligned reference corpus, DICTIONARY a file
of translations (InfoCTM and NMTM need it, and topics are measured by it). Each training is measured by the package's
measures, and each line appended to benchmarks/results/quality.jsonl as soon as it is there. What is there is not run
again, so that a run that was stopped goes on where it was; with other settings, another encoder, reference corpus or
dictionary it is. ``--epochs`` shortens every training that has epochs; tables mark such results.
"""

from __future__ import annotations

import argparse
import contextlib
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
from machine import machine

from gloctm import Corpus
from gloctm.embedding import get_encoders
from gloctm.errors import EmptyDocumentWarning, GloCTMError
from gloctm.evaluation import (
    DIVERSITY_WORDS,
    MAX_TRAIN,
    NUM_WORDS,
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
SEEDS = (0, 48, 36, 23, 80)
# K of the published experiments, and of all models here.
NUM_TOPICS = 50
Line = dict[str, Any]
Pair = tuple[str, str]
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
    """

    preset: str
    data: Path
    languages: tuple[str, ...]
    dictionary: Path | None
    seed: int
    epochs: int | None

    @property
    def common(self) -> dict[str, Any]:
        """What every model takes."""
        return {"seed": self.seed, "threads": 1, "show_progress": True}

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


def context(setting: Setting) -> GloCTMModel:
    """GloCTM by default."""
    return GloCTMModel(num_topics=NUM_TOPICS, **setting.common)


def gloctm(setting: Setting, without: str = "", **changes: Any) -> GloCTMModel:
    """GloCTM as published, or without one of its parts."""
    name = "GloCTM as published" + (f" without {without}" if without else "")
    return GloCTMModel(setting.preset, name=name, changes=changes, via="local", **setting.trained)


MODELS: dict[str, Callable[[Setting], TopicModel]] = {
    "embeddings": lambda setting: DocumentEmbeddings(),
    "context": context,
    "gloctm": gloctm,
    "without-augmentation": lambda setting: gloctm(setting, "augmentation", num_neighbors=0),
    "without-global-path": lambda setting: gloctm(setting, "the global path"),
    "without-internal-kl": lambda setting: gloctm(setting, "the internal KL", kl_weight=0.0),
    "without-cka": lambda setting: gloctm(setting, "CKA", cka_weight=0.0),
    "without-shared-decoder": lambda setting: gloctm(setting, "the shared decoder"),
    "kmeans": lambda setting: Clustering(kind="kmeans", **setting.common),
    "kmeans-centred": lambda setting: Clustering(kind="kmeans", centred=True, **setting.common),
    # λ by a look at the CNPMI of EC News, .2 to .8: what a user would do who wants clusters to look their best.
    "kmeans-relevance": lambda setting: Clustering(kind="kmeans", centred=True, relevance=0.4, **setting.common),
    # The same clusters, with words that are ranked as the default method ranks its own.
    "kmeans-coherent": lambda setting: Clustering(kind="kmeans", centred=True, coherent=True, **setting.common),
    "u-svd": lambda setting: Clustering(kind="u-svd", **setting.common),
    "svd-lr": lambda setting: Clustering(kind="svd-lr", **setting.common),
    "nmtm": lambda setting: NMTM(**setting.linked),
    "infoctm": lambda setting: InfoCTM(
        word_vectors=setting.data, alignment_weight=setting.alignment_weight, **setting.linked
    ),
    "zeroshot": lambda setting: ZeroShotTM(**setting.trained),
    "xtra": lambda setting: XTRA(**setting.trained),
    "monolingual": lambda setting: Monolingual(**setting.trained),
}
NETWORKS = {"without-global-path": WithoutGlobalPath, "without-shared-decoder": WithoutSharedDecoder}
# Models without a random number: once a corpus is enough.
WITHOUT_SEED = ("embeddings",)
# Further ways of a GloCTM trained as published to infer: what the view is called, and by which encoders.
VIEWS: dict[str, Via] = {"global path": "global", "both paths": "both"}


def views(key: str, model: TopicModel) -> dict[str, TopicModel]:
    """A model by each way it has to infer; the first is its own."""
    if not isinstance(model, GloCTMModel) or model.preset is None or key == "without-global-path":
        return {"": model}
    others = {view: model.seen_by(via, f"{model.name}, {view}") for view, via in VIEWS.items()}
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
        about: encoder, reference corpus and dictionary by name and content: results by others don't belong together.
    """

    corpus: Corpus
    test: Corpus
    references: Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]]
    folder: Path
    dictionaries: Mapping[Pair, TranslationDictionary]
    own: Mapping[str, ReferenceCounts]
    about: dict[str, Any]

    @classmethod
    def read(
        cls, corpus: Corpus, test: Corpus, folder: Path, dictionary: Path | None, encoder_version: str | None = None
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
        return cls(corpus, test, references, folder, dictionaries, own_counts(corpus), about)

    @classmethod
    def of_folder(
        cls, data: Path, languages: Sequence[str], reference: Path, dictionary: Path | None = None
    ) -> Yardsticks:
        """Read all there is.

        Args:
            data: the folder of the corpus.
            languages: as its files spell them, in order.
            reference: see ``folder``.
            dictionary: a file of translations.
        """
        corpus = Corpus.from_benchmark(data, languages)
        test = Corpus.from_benchmark(data, languages, split="test")
        version = get_encoders(str(corpus.encoder)).documents.version
        return cls.read(corpus, test, reference, dictionary, version)

    def of_topics(self, topics: dict[str, list[list[str]]]) -> dict[str, dict[str, float]]:
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

    def of_documents(self, model: TopicModel) -> dict[str, dict[str, float]]:
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
    """A file of results, a line each.

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
                self._known.add(_key(json.loads(text)))
            except (ValueError, KeyError, TypeError):
                raise SystemExit(f"{path} is damaged in line {number}: delete that line") from None

    def has(self, line: Mapping[str, Any]) -> bool:
        """Whether there is a line of the same model, seed, corpus, view and conditions."""
        return _key(line) in self._known

    def append(self, line: Line) -> None:
        """Keep a line: from now on it is not lost."""
        content = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self.path.open("a+b") as file:
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
    """Train a model and measure it by every way of inferring that the log lacks."""
    model = MODELS[key](setting)
    with training_with(NETWORKS[key]) if key in NETWORKS else contextlib.nullcontext():
        model.fit(yardsticks.corpus, checkpoint)
    sizes = [part.num_words for part in yardsticks.corpus.values()]
    topics = model.top_words(min(DIVERSITY_WORDS, *sizes))
    of_topics = None
    for view, each in views(key, model).items():
        line = facts(key, view, each, setting, yardsticks.about)
        if log.has(line):
            continue
        of_topics = yardsticks.of_topics(topics) if of_topics is None else of_topics
        seconds = model.training_seconds
        yield {
            **line,
            "training_seconds": None if seconds is None else round(seconds),
            "details": model.details(),
            "measures": rounded({**of_topics, **yardsticks.of_documents(each)}),
            "top_words": topics,
            "machine": machine(),
        }


def run(
    keys: Sequence[str],
    seeds: Sequence[int],
    setting: Setting,
    yardsticks: Yardsticks,
    log: ResultLog,
    checkpoints: Path | None = None,
) -> None:
    """Train and measure what the log lacks.

    Raises:
        GloCTMError: a dictionary or word vectors that one of the models needs are missing or of other words, before
            anything is trained.
    """
    wanted = []
    for seed in seeds:
        of_seed = replace(setting, seed=seed)
        for key in keys:
            model = MODELS[key](of_seed)
            lines = (facts(key, view, each, of_seed, yardsticks.about) for view, each in views(key, model).items())
            done = all(log.has(line) for line in lines)
            if not done and not (key in WITHOUT_SEED and seed != seeds[0]):
                wanted.append((key, of_seed, model))
    for kind in {type(model): model for _, _, model in wanted if isinstance(model, BilingualModel)}.values():
        kind.read(vocabularies(yardsticks.corpus))
    for key, of_seed, model in wanted:
        print(f"{of_seed.preset}: {key}, seed {of_seed.seed}", flush=True)
        checkpoint = None
        if checkpoints is not None:
            checkpoints.mkdir(parents=True, exist_ok=True)
            epochs = of_seed.epochs or model.published_epochs
            name = "published" if key == "gloctm" and of_seed.epochs is None else f"{key}-{epochs}"
            checkpoint = checkpoints / f"{of_seed.preset}-{name}-{of_seed.seed}"
        for line in measured(key, of_seed, yardsticks, checkpoint, log):
            log.append(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--preset", required=True, choices=ALIGNMENT_WEIGHTS, help="it names the corpus too")
    parser.add_argument("--languages", required=True, help="as the files spell them, in order, separated by commas")
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--dictionary", type=Path)
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--epochs", type=int, help="instead of the published numbers")
    parser.add_argument("--checkpoints", type=Path, help="a folder to keep the state of trainings in")
    arguments = parser.parse_args()
    # Both corpora have documents without words, and every model says so again.
    warnings.simplefilter("ignore", EmptyDocumentWarning)
    try:
        yardsticks = Yardsticks.of_folder(
            arguments.data, arguments.languages.split(","), arguments.reference, arguments.dictionary
        )
        languages = yardsticks.corpus.languages
        setting = Setting(arguments.preset, arguments.data, languages, arguments.dictionary, SEEDS[0], arguments.epochs)
        run(arguments.models, arguments.seeds, setting, yardsticks, ResultLog(RESULTS), arguments.checkpoints)
    except GloCTMError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
