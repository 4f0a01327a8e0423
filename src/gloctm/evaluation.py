"""What a model is worth in figures: its topics by reference corpora and dictionaries, its proportions by labels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from gloctm.corpus.corpus import Corpus
from gloctm.errors import InputError, UnusableLabelsWarning
from gloctm.inference import VIAS, Via, topic_proportions
from gloctm.languages import normalize_language
from gloctm.metrics.classification import CLASSIFIERS, Classifier, cross_lingual_classification
from gloctm.metrics.clustering import clustering_of_languages
from gloctm.metrics.coherence import Counting, ReferenceCounts, cross_lingual_npmi_of_pairs, npmi
from gloctm.metrics.diversity import inverted_rank_biased_overlap, topic_diversity, topic_quality, topic_uniqueness
from gloctm.metrics.reference import read_references, reference_documents, reference_file, reference_languages
from gloctm.metrics.retrieval import retrieval_of_pairs
from gloctm.metrics.sliding_window import c_v
from gloctm.metrics.translation import TranslationDictionary, translation_agreement
from gloctm.settings import resolve_seed
from gloctm.topics import top_words

if TYPE_CHECKING:
    from gloctm.estimator import GloCTM

#: Top words a topic, as published.
NUM_WORDS = 15
#: Top words a topic that topic diversity is taken of, as is usual.
DIVERSITY_WORDS = 25
#: Documents a language that classifiers are taught by at most: an SVM's time grows with the square of their number.
MAX_TRAIN = 8000
# The share of a corpus that classifiers are asked of where there is no other corpus to ask them of.
HELD_OUT = 0.2

StrPath = str | os.PathLike[str]
Pair = tuple[str, str]
Topics = Mapping[str, Sequence[Sequence[str]]]
Features = Mapping[str, NDArray[np.floating]]
Labels = Mapping[str, Sequence[str]]
Rows = dict[str, NDArray[np.int64]]
#: For each measure its values: of a language ("en"), of two ("en zh"), of one by another ("zh from en"), of "all".
Measures = dict[str, dict[str, float]]

_COUNTINGS: tuple[Counting, ...] = ("published", "document")


@dataclass(frozen=True)
class Evaluation:
    """The measures of a model, and how they were taken.

    Attributes:
        measures: ``{measure: {of what: value}}``.
        conditions: number of words, classifier, documents and so on.
    """

    measures: Measures
    conditions: dict[str, Any]

    def mean(self, measure: str) -> float:
        """The mean of a measure over all it was taken of."""
        return float(np.mean(list(self.measures[measure].values())))

    def to_dict(self) -> dict[str, Any]:
        """Everything, with each measure's mean, ready for JSON."""
        means = {name: self.mean(name) for name in self.measures}
        return {**asdict(self), "means": means}


def evaluate(
    model: GloCTM,
    *,
    references: StrPath | Iterable[StrPath] = (),
    dictionaries: Mapping[Pair, TranslationDictionary] | None = None,
    corpus: Corpus | None = None,
    test: Corpus | None = None,
    aligned: bool = False,
    num_words: int = NUM_WORDS,
    via: Via | None = None,
    classifier: Classifier = "svm",
    max_train: int | None = MAX_TRAIN,
    seed: int = 0,
) -> Evaluation:
    """Measure a trained model by whatever there is to measure it with.

    Args:
        model: trained.
        references: folders of aligned reference corpora (``gloctm.metrics.read_references``): CNPMI by both countings
            and TQ of each pair of languages they have, NPMI and c_v within each of these languages.
        dictionaries: for pairs of languages a dictionary, from the one to the other: translation agreement.
        corpus: NPMI in it; where it has labels, classification, purity and NMI. Usually the one trained on; of another,
            with a vocabulary of its own, the texts are counted by the model's.
        test: further documents, which classifiers are asked of. Without, a fifth of ``corpus`` is kept from them and
            asked instead.
        aligned: row i of ``test`` (else of ``corpus``) is the same document in every language: retrieval of
            translations by θ.
        num_words: top words a topic, 15 as published.
        via: the encoder that infers, see ``GloCTM.transform``.
        classifier: ``"svm"`` as published, or ``"logistic"``, which is quicker; both are given the latent means μ.
        max_train: documents a language that classifiers are taught by, at most; 8,000 keep an SVM to seconds.
        seed: draws these documents, and those held out.

    Returns:
        The measures; docs/metrics.md describes each.

    Raises:
        InputError: wrong settings, a corpus with another vocabulary, labels or translations asked of a corpus that has
            none. Labels that can't be classified (one alone, none shared by languages) are left out with a warning.
        FileFormatError: a reference corpus that can't be read.
    """
    _check_types(model, corpus, test, dictionaries)
    fewest = min(map(len, model.vocabulary_.values()))
    if isinstance(num_words, bool) or not isinstance(num_words, Integral) or not 2 <= num_words <= fewest:
        raise InputError(
            f"num_words is {num_words!r}: it must be a whole number from 2, coherence being of pairs, to {fewest}, the "
            "words of the smallest vocabulary"
        )
    resolve_seed(seed)
    if max_train is not None and (isinstance(max_train, bool) or not isinstance(max_train, Integral) or max_train < 2):
        raise InputError(f"max_train is {max_train!r}: it must be a whole number from 2, or None for all documents")
    if classifier not in CLASSIFIERS:
        raise InputError(f"classifier is {classifier!r}: it must be {' or '.join(CLASSIFIERS)}")
    if test is not None and corpus is None:
        raise InputError("a corpus to ask classifiers of is given, but none to teach them by: give corpus= as well")
    if aligned and corpus is None:
        raise InputError("aligned documents are asked for, but no corpus is given: give test= or corpus=")
    if via not in (None, *VIAS):
        raise InputError(f"via is {via!r}: it must be local, global, both, or None for the choice of each language")
    topics = {
        language: top_words(model.topic_word_[language], model.vocabulary_[language], num_words)
        for language in model.languages_
    }
    folders = [references] if isinstance(references, str | os.PathLike) else list(references)
    conditions: dict[str, Any] = {"topics": model.num_topics, "words": num_words, "languages": list(model.languages_)}
    measures = measure_topics(
        topics,
        references=read_references(folders, model.languages_) if folders else None,
        dictionaries=_within_vocabularies(dictionaries or {}, model),
        own=None if corpus is None else _counts_of(corpus, model),
    )
    # By as many words as is usual: with equally many it is TU itself.
    measures["topic_diversity"] = {
        code: topic_diversity(top_words(model.topic_word_[code], model.vocabulary_[code], min(DIVERSITY_WORDS, fewest)))
        for code in model.languages_
    }
    if folders:
        measures["c_v"] = _c_v(topics, folders)
    if corpus is not None:
        asked = corpus if test is None else test
        latent = _latent_means(model, asked, via, "corpus" if test is None else "test corpus")
        theta = {code: topic_proportions(each) for code, each in latent.items()}
        taught = latent if test is None else _latent_means(model, corpus, via, "corpus")
        if aligned:
            conditions["aligned_documents"] = len(next(iter(theta.values())))
            measures |= measure_alignment(theta)
        measures |= _by_labels(corpus, asked, taught, latent, theta, conditions, classifier, max_train, seed)
        conditions["via"] = via or "local"
    return Evaluation(measures, conditions)


def measure_topics(
    topics: Topics,
    *,
    references: Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]] | None = None,
    dictionaries: Mapping[Pair, TranslationDictionary] | None = None,
    own: Mapping[str, ReferenceCounts] | None = None,
) -> Measures:
    """Diversity and coherence of topics.

    Args:
        topics: for each language the top words of each topic, best first.
        references: for pairs of languages counts of an aligned reference corpus: CNPMI by both countings, TQ, and NPMI
            within each language (the mean over its references).
        dictionaries: for pairs of languages translations from the one to the other.
        own: counts of the corpus that the topics come from, for NPMI in it.
    """
    found: Measures = {
        "topic_uniqueness": {code: topic_uniqueness(words) for code, words in topics.items()},
    }
    if all(len(words) > 1 for words in topics.values()):
        found["inverted_rank_biased_overlap"] = {
            code: inverted_rank_biased_overlap(words) for code, words in topics.items()
        }
    if references:
        for counting in _COUNTINGS:
            values = cross_lingual_npmi_of_pairs(topics, references, counting=counting)
            found[f"cnpmi_{counting}"] = {" ".join(pair): value for pair, value in values.items()}
        uniqueness = found["topic_uniqueness"]
        found["topic_quality"] = {
            " ".join(pair): topic_quality(
                found["cnpmi_published"][" ".join(pair)], float(np.mean([uniqueness[code] for code in pair]))
            )
            for pair in references
        }
        within: dict[str, list[float]] = {}
        for pair, both in references.items():
            for code, reference in zip(pair, both, strict=True):
                within.setdefault(code, []).append(npmi(topics[code], reference))
        found["npmi"] = {code: float(np.mean(values)) for code, values in within.items()}
    if own:
        found["npmi_in_corpus"] = {code: npmi(topics[code], counts) for code, counts in own.items()}
    for (first, second), dictionary in (dictionaries or {}).items():
        agreement = translation_agreement(topics[first], topics[second], dictionary)
        found.setdefault("translation_agreement", {})[f"{first} {second}"] = agreement.agreement
        found.setdefault("translation_coverage", {})[f"{first} {second}"] = agreement.coverage
    return found


def measure_documents(
    features: Features,
    labels: Labels,
    asked_features: Features,
    asked_labels: Labels,
    asked_theta: Features,
    *,
    classifier: Classifier = "svm",
    max_train: int | None = MAX_TRAIN,
    seed: int = 0,
) -> Measures:
    """What topic proportions tell of labels, within each language and from each to every other.

    Args:
        features: for each language ``(documents, K)`` that classifiers are taught by: latent means as published.
        labels: theirs.
        asked_features: of the documents that classifiers are asked of.
        asked_labels: theirs.
        asked_theta: their topic proportions, for purity and NMI.
        classifier: see ``gloctm.metrics.classify``.
        max_train: documents a language that classifiers are taught by, at most; None takes all.
        seed: draws these.
    """
    scores = cross_lingual_classification(
        features, labels, asked_features, asked_labels, classifier=classifier, max_train=max_train, seed=seed
    )
    found: Measures = {}
    for (source, target), each in scores.items():
        where, what = ("within", source) if source == target else ("across", f"{target} from {source}")
        found.setdefault(f"accuracy_{where}", {})[what] = each.accuracy
        found.setdefault(f"macro_f1_{where}", {})[what] = each.macro_f1
    clusters = clustering_of_languages(asked_theta, asked_labels)
    each_and_all = {**clusters.by_language, "all": clusters.pooled}
    found["purity"] = {code: each.purity for code, each in each_and_all.items()}
    found["normalized_mutual_information"] = {
        code: each.normalized_mutual_information for code, each in each_and_all.items()
    }
    return found


def measure_alignment(theta: Features) -> Measures:
    """How well a document's translation is found by θ, from each language to every other.

    Args:
        theta: for each language ``(documents, K)``, row i the same document in each.
    """
    found: Measures = {"retrieval_reciprocal_rank": {}, "retrieval_accuracy_1": {}, "retrieval_accuracy_10": {}}
    for (source, target), each in retrieval_of_pairs(theta).by_pair.items():
        what = f"{target} from {source}"
        found["retrieval_reciprocal_rank"][what] = each.mean_reciprocal_rank
        for rank in (1, 10):
            found[f"retrieval_accuracy_{rank}"][what] = each.accuracy[rank]
    return found


def own_counts(corpus: Corpus) -> dict[str, ReferenceCounts]:
    """The counts of a corpus, as a reference for the topics that come from it."""
    return {
        code: ReferenceCounts({word: column for column, word in enumerate(part.vocabulary)}, part.counts.tocsc())
        for code, part in corpus.items()
    }


def _check_types(model: Any, corpus: Any, test: Any, dictionaries: Any) -> None:
    from gloctm.estimator import GloCTM

    if not isinstance(model, GloCTM):
        raise InputError(f"evaluate takes a GloCTM, not a {type(model).__name__}: read one with GloCTM.load(path)")
    check_is_fitted(model, "weights_")
    for name, given in (("corpus", corpus), ("test", test)):
        if given is not None and not isinstance(given, Corpus):
            raise InputError(f"{name} is a {type(given).__name__}, not a Corpus: read one with Corpus.load(path)")
    for pair, dictionary in (dictionaries or {}).items():
        if not isinstance(dictionary, TranslationDictionary):
            raise InputError(
                f"the dictionary of {pair} is a {type(dictionary).__name__}: read one with "
                "gloctm.metrics.read_dictionary(path)"
            )


def _counts_of(corpus: Corpus, model: GloCTM) -> dict[str, ReferenceCounts]:
    return {
        code: counts
        for code, counts in own_counts(corpus).items()
        if code in model.languages_ and list(corpus[code].vocabulary) == model.vocabulary_[code]
    }


def _latent_means(model: GloCTM, corpus: Corpus, via: Via | None, name: str) -> dict[str, NDArray[np.float32]]:
    """μ of a corpus: of its counts where they are over the model's vocabulary, else of its texts."""
    found = {}
    for code, part in corpus.items():
        # Others go the way of languages never trained on, by the global encoder.
        chosen = via if code in model.languages_ else None
        if code in model.languages_ and list(part.vocabulary) != model.vocabulary_[code]:
            if part.texts is None:
                raise InputError(
                    f"the {name} has another vocabulary for {code!r} than the model, and no texts to count anew: build "
                    "it from texts, or with vocabulary=model.vocabulary_"
                )
            means = model.transform(part.texts, lang=code, via=chosen, latent=True)
        elif code in model.languages_:
            means = model.transform(part.counts, lang=code, via=chosen, latent=True)
        else:
            given = model.transform({code: part}, via=chosen, latent=True)
            assert isinstance(given, dict)
            means = given[code]
        assert not isinstance(means, dict)
        found[code] = means
    return found


def _within_vocabularies(
    dictionaries: Mapping[Pair, TranslationDictionary], model: GloCTM
) -> dict[Pair, TranslationDictionary]:
    """Translations that topics could show, for pairs in the order of the model's languages."""
    found = {}
    for pair, dictionary in dictionaries.items():
        first, second = map(normalize_language, pair)
        for code in (first, second):
            if code not in model.languages_:
                raise InputError(f"a dictionary is of {code!r}, but the model knows {', '.join(model.languages_)}")
        if first == second:
            raise InputError(f"a dictionary is of {first!r} and {second!r}: translations are between two languages")
        found[first, second] = dictionary.restricted(model.vocabulary_[first], model.vocabulary_[second])
    return found


def _c_v(topics: Topics, folders: Iterable[StrPath]) -> dict[str, float]:
    """c_v by the references' documents in their order of words; the mean where a language is in several."""
    found: dict[str, list[float]] = {}
    for folder in folders:
        for code in reference_languages(folder, topics):
            documents = reference_documents(reference_file(folder, code))
            found.setdefault(code, []).append(c_v(topics[code], documents))
    return {code: float(np.mean(values)) for code, values in found.items()}


def _by_labels(
    corpus: Corpus,
    asked: Corpus,
    taught_latent: Features,
    asked_latent: Features,
    asked_theta: Features,
    conditions: dict[str, Any],
    classifier: Classifier,
    max_train: int | None,
    seed: int,
) -> Measures:
    """Measures by labels, where there are any; how they were taken is added to the conditions."""
    taught_rows, asked_rows = _labelled_rows(corpus), _labelled_rows(asked)
    if not taught_rows or not asked_rows:
        lacking = "corpus" if not taught_rows else "test corpus"
        warnings.warn(f"the {lacking} has no labels: nothing is classified", UnusableLabelsWarning, stacklevel=3)
        return {}
    if reason := _unusable(corpus, taught_rows, asked, asked_rows):
        warnings.warn(f"nothing is classified: {reason}", UnusableLabelsWarning, stacklevel=3)
        return {}
    if asked is corpus:
        for code, rows in taught_rows.items():
            shuffled = np.random.default_rng(seed).permutation(rows)
            held = round(len(rows) * HELD_OUT)
            if held < 1:
                raise InputError(f"language {code!r} has {len(rows)} labelled documents, too few to hold some out")
            asked_rows[code], taught_rows[code] = shuffled[:held], shuffled[held:]
    conditions |= {
        "classifier": classifier,
        "taught": {code: min(len(rows), max_train or len(rows)) for code, rows in taught_rows.items()},
        "asked": {code: len(rows) for code, rows in asked_rows.items()},
        "held_out": asked is corpus,
        "seed": seed,
    }
    return measure_documents(
        {code: taught_latent[code][rows] for code, rows in taught_rows.items()},
        _labels_at(corpus, taught_rows),
        {code: asked_latent[code][rows] for code, rows in asked_rows.items()},
        _labels_at(asked, asked_rows),
        {code: asked_theta[code][rows] for code, rows in asked_rows.items()},
        classifier=classifier,
        max_train=max_train,
        seed=seed,
    )


def _unusable(corpus: Corpus, rows: Rows, asked: Corpus, asked_rows: Rows) -> str | None:
    """Why classifiers can't be taught by these labels and asked of those; None if they can."""
    taught = {code: set(labels) for code, labels in _labels_at(corpus, rows).items()}
    wanted = {code: set(labels) for code, labels in _labels_at(asked, asked_rows).items()}
    for code, kinds in [*taught.items(), *wanted.items()]:
        if len(kinds) < 2:
            return f"all labels of {code!r} are {next(iter(kinds))!r}"
    if missing := sorted(set(taught) - set(wanted)):
        return f"the test corpus has no labels in {missing[0]!r}"
    for source, kinds in taught.items():
        for target, others in wanted.items():
            if kinds.isdisjoint(others):
                return f"{source!r} and {target!r} have no label in common"
    return None


def _labelled_rows(corpus: Corpus) -> Rows:
    """The documents of each language that have a label: one without has an empty one."""
    rows = {
        code: np.flatnonzero([label != "" for label in part.labels])
        for code, part in corpus.items()
        if part.labels is not None
    }
    return {code: each for code, each in rows.items() if len(each)}


def _labels_at(corpus: Corpus, rows: Rows) -> dict[str, list[str]]:
    found = {}
    for code, each in rows.items():
        labels = corpus[code].labels
        assert labels is not None
        found[code] = [labels[row] for row in each]
    return found
