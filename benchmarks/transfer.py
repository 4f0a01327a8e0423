"""Topic uniqueness, topics side by side, and cross-lingual classification of a model trained on a benchmark folder.

    python benchmarks/transfer.py MODEL FOLDER

The classifier is the published one: an RBF SVM on the latent means μ, trained on the training documents of one language
and tested on the test documents of each. Results are printed as one JSON line after the topics.
"""

from __future__ import annotations

import argparse
import json
import warnings

from gloctm import Corpus, GloCTM
from gloctm.errors import EmptyDocumentWarning
from gloctm.metrics import cross_lingual_classification, topic_uniqueness


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model folder")
    parser.add_argument("folder", help="the benchmark folder that it was trained on")
    parser.add_argument("--documents", type=int, default=8000, help="training documents for the SVM, drawn by seed 0")
    arguments = parser.parse_args()

    model = GloCTM.load(arguments.model)
    warnings.simplefilter("ignore", EmptyDocumentWarning)
    uniqueness = {
        code: topic_uniqueness([record["words"] for record in model.topics(15, languages=[code])])
        for code in model.languages_
    }
    for record in model.topics(10)[: 10 * len(model.languages_)]:
        print(record["topic"], record["language"], " ".join(record["words"]))

    splits = {
        split: Corpus.from_benchmark(arguments.folder, model.languages_, split=split, encoder=None)
        for split in ("train", "test")
    }
    means = {split: model.transform(corpus, latent=True) for split, corpus in splits.items()}
    labels = {split: {code: part.labels for code, part in corpus.items()} for split, corpus in splits.items()}
    scores = cross_lingual_classification(
        means["train"], labels["train"], means["test"], labels["test"], max_train=arguments.documents
    )
    classification = {
        f"{target} from {source}": {"accuracy": round(each.accuracy, 4), "macro_f1": round(each.macro_f1, 4)}
        for (source, target), each in scores.items()
    }
    print(json.dumps({"topic_uniqueness": uniqueness, "classification": classification}))


if __name__ == "__main__":
    main()
