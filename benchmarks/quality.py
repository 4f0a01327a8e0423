"""GloCTM and what might be used instead, measured alike: one corpus, one set of embeddings, one set of measures.

    python benchmarks/quality.py DATA --preset ecnews --languages en,cn --reference REFERENCE --dictionary DICTIONARY
        [--models gloctm kmeans nmtm ...] [--seeds 0 48 36 23 80] [--epochs 25] [--checkpoints FOLDER]

DATA is a folder in the field's benchmark layout, REFERENCE a folder with an aligned reference corpus, DICTIONARY a file
of translations (InfoCTM and NMTM need it). Each training is measured by the package's measures and appended to
benchmarks/results/quality.jsonl as soon as it is done; what is there already is not run again, so that a run that was
stopped goes on where it was. ``--epochs`` shortens every training that has epochs; tables mark such results.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from baselines.ablations import WithoutGlobalPath, WithoutSharedDecoder, training_with
from baselines.clustering import Clustering
from baselines.infoctm import InfoCTM
from baselines.model import GloCTMModel, TopicModel
from baselines.monolingual import Monolingual
from baselines.nmtm import NMTM
from baselines.xtra import XTRA
from baselines.zeroshot import ZeroShotTM
from machine import machine

from gloctm import Corpus
from gloctm.evaluation import MAX_TRAIN, NUM_WORDS, measure_documents, measure_topics
from gloctm.metrics import read_references

RESULTS = Path(__file__).resolve().parent / "results" / "quality.jsonl"
SEEDS = (0, 48, 36, 23, 80)


@dataclass(frozen=True)
class Setting:
    """What models are made for.

    Attributes:
        preset: GloCTM's.
        data: the folder of the corpus, which has the word vectors of InfoCTM and NMTM.
        dictionary: a file of translations.
        seed: of everything that is drawn.
        epochs: instead of the published number; None keeps that.
    """

    preset: str
    data: Path
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
            raise SystemExit("InfoCTM and NMTM need --dictionary")
        # The English side of the dictionaries is stemmed in part: without stems few of its words would be linked.
        return {**self.trained, "dictionary": self.dictionary, "stems": {"en": "porter"}}


def gloctm(setting: Setting, name: str = "GloCTM", **changes: Any) -> GloCTMModel:
    return GloCTMModel(setting.preset, name=name, changes=changes, via="local", **setting.trained)


MODELS: dict[str, Callable[[Setting], TopicModel]] = {
    "gloctm": gloctm,
    "without-augmentation": lambda setting: gloctm(setting, "GloCTM without augmentation", num_neighbors=0),
    "without-global-path": lambda setting: gloctm(setting, "GloCTM without the global path"),
    "without-internal-kl": lambda setting: gloctm(setting, "GloCTM without the internal KL", kl_weight=0.0),
    "without-cka": lambda setting: gloctm(setting, "GloCTM without CKA", cka_weight=0.0),
    "without-shared-decoder": lambda setting: gloctm(setting, "GloCTM without the shared decoder"),
    "kmeans": lambda setting: Clustering(kind="kmeans", **setting.common),
    "u-svd": lambda setting: Clustering(kind="u-svd", **setting.common),
    "svd-lr": lambda setting: Clustering(kind="svd-lr", **setting.common),
    "nmtm": lambda setting: NMTM(**setting.linked),
    "infoctm": lambda setting: InfoCTM(word_vectors=setting.data, **setting.linked),
    "zeroshot": lambda setting: ZeroShotTM(**setting.trained),
    "xtra": lambda setting: XTRA(**setting.trained),
    "monolingual": lambda setting: Monolingual(**setting.trained),
}
NETWORKS = {"without-global-path": WithoutGlobalPath, "without-shared-decoder": WithoutSharedDecoder}


def run(
    key: str, setting: Setting, corpus: Corpus, test: Corpus, references: Any, checkpoint: Path | None
) -> Iterator[dict[str, Any]]:
    """Train a model and measure it; one that infers in two ways is measured by each."""
    model = MODELS[key](setting)
    # The time of a training that goes on from a checkpoint is not known.
    resumed = checkpoint is not None and any(
        path.name == checkpoint.name or path.name.startswith(f"{checkpoint.name}-")  # one a language
        for path in checkpoint.parent.glob("*")
    )
    start = time.perf_counter()
    with training_with(NETWORKS[key]) if key in NETWORKS else contextlib.nullcontext():
        model.fit(corpus, checkpoint)
    seconds = time.perf_counter() - start
    topics = model.top_words(NUM_WORDS)
    about = {
        "benchmark": "quality",
        "corpus": setting.preset,
        "model": key,
        "name": model.name,
        "seed": setting.seed,
        "epochs": setting.epochs or model.published_epochs,
        "published_epochs": model.published_epochs,
        "encoder": corpus.encoder,
        "training_seconds": None if resumed else round(seconds),
        "settings": model.settings(),
    }
    of_topics = measure_topics(topics, references=references)
    views = {"": model}
    if isinstance(model, GloCTMModel) and key != "without-global-path":
        paths: tuple[tuple[Literal["global", "both"], str], ...] = (("global", "global path"), ("both", "both paths"))
        for via, path in paths:
            other = GloCTMModel(setting.preset, name=f"{model.name}, {path}", changes=model.changes, via=via)
            other.estimator = model.estimator
            views[path] = other
    for view, each in views.items():
        features, asked = each.features(corpus), each.features(test)
        of_documents = measure_documents(
            features, labels(corpus), asked, labels(test), each.theta(test), max_train=MAX_TRAIN
        )
        measures = {
            name: {what: round(value, 5) for what, value in values.items()}
            for name, values in {**of_topics, **of_documents}.items()
        }
        yield {**about, "name": each.name, "view": view, "measures": measures, "top_words": topics,
               "machine": machine()}  # fmt: skip


def labels(corpus: Corpus) -> dict[str, Any]:
    return {code: part.labels for code, part in corpus.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--preset", required=True, help="ecnews, amazon_review or rakuten_amazon; names the corpus too")
    parser.add_argument("--languages", required=True, help="as the files spell them, in order, separated by commas")
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--dictionary", type=Path)
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--epochs", type=int, help="instead of the published numbers")
    parser.add_argument("--checkpoints", type=Path, help="a folder to keep the state of trainings in")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    languages = arguments.languages.split(",")
    corpus = Corpus.from_benchmark(arguments.data, languages)
    test = Corpus.from_benchmark(arguments.data, languages, split="test")
    references = read_references(arguments.reference, corpus.languages)
    done = set()
    if RESULTS.exists():
        for line in RESULTS.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            done.add((each["corpus"], each["model"], each["seed"], each["epochs"]))
    for seed in arguments.seeds:
        for key in arguments.models:
            setting = Setting(arguments.preset, arguments.data, arguments.dictionary, seed, arguments.epochs)
            epochs = arguments.epochs or MODELS[key](setting).published_epochs
            if MODELS[key](setting).published_epochs is None:
                epochs = None
                setting = Setting(arguments.preset, arguments.data, arguments.dictionary, seed, None)
            if (arguments.preset, key, seed, epochs) in done:
                continue
            checkpoint = None
            if arguments.checkpoints is not None:
                run_name = "published" if key == "gloctm" and arguments.epochs is None else f"{key}-{epochs}"
                checkpoint = arguments.checkpoints / f"{arguments.preset}-{run_name}-{seed}"
            print(f"{arguments.preset}: {key}, seed {seed}", flush=True)
            lines = [json.dumps(each, ensure_ascii=False, default=str)
                     for each in run(key, setting, corpus, test, references, checkpoint)]  # fmt: skip
            with RESULTS.open("a", encoding="utf-8") as file:
                print("\n".join(lines), file=file, flush=True)


if __name__ == "__main__":
    main()
