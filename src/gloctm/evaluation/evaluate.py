"""What a model is worth in figures: its topics by reference corpora and dictionaries, its proportions by labels."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from gloctm.checks import check_int
from gloctm.corpus.corpus import Corpus, check_corpus
from gloctm.errors import InputError, LowCoverageWarning, UnusableLabelsWarning
from gloctm.evaluation.labeled_rows import Rows, labelled_rows
from gloctm.languages import normalize_language
from gloctm.metrics.classification import CLASSIFIERS, Classifier, cross_lingual_classification
from gloctm.metrics.clustering import clustering_of_languages
from gloctm.metrics.coherence import (
    Counting,
    ReferenceCounts,
    cross_lingual_npmi_of_pairs,
    npmi,
    reference_coverage,
)
from gloctm.metrics.diversity import inverted_rank_biased_overlap, topic_diversity, topic_quality, topic_uniqueness
from gloctm.metrics.reference import (
    Source,
    each_source,
    read_references,
    reference_digests,
    reference_documents,
    reference_file,
    reference_languages,
)
from gloctm.metrics.retrieval import retrieval_of_pairs
from gloctm.metrics.sliding_window import c_v
from gloctm.metrics.translation import TranslationDictionary, translation_agreement
from gloctm.model.checks import check_model
from gloctm.model.inference import Via, check_via, topic_proportions
from gloctm.model.storage import software_versions
from gloctm.model.topics import top_words

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

#: Top words a topic, as published.
NUM_WORDS = 15
#: Top words a topic that topic diversity is taken of, as is usual.
DIVERSITY_WORDS = 25
#: Documents a language that classifiers are taught by at most: an SVM's time grows with the square of their number.
MAX_TRAIN = 8000
# Below this share of the topics' words in a reference corpus, most pairs of words count 0 for want of anything known.
_LOW_COVERAGE = 0.5
# Below this share of them in a dictionary, agreement rests on one or two words of a topic's fifteen.
_LOW_DICTIONARY_COVERAGE = 0.1
# A dictionary that has so many times as many pairs when turned round is taken to be given the wrong way round: pairs of
# words that both languages spell alike are all that the wrong way has.
_TURNED_PAIRS = 2

Pair = tuple[str, str]
Topics = Mapping[str, Sequence[Sequence[str]]]
Features = Mapping[str, NDArray[np.floating]]
Labels = Mapping[str, Sequence[str]]
#: For each measure its values: of a language ("en"), of two ("en zh"), of one by another ("zh from en"), of "all" as
#: the one value of a measure that pools the languages.
Measures = dict[str, dict[str, float]]

_COUNTINGS: tuple[Counting, ...] = ("published", "document")


@dataclass(frozen=True)
class Evaluation:
    """The measures of a model, and how they were taken.

    Attributes:
        measures: ``{measure: {of what: value}}``.
        conditions: number of words, classifier, documents, what it was measured by and so on.
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
    model: TopicModel,
    *,
    references: Source | Iterable[Source] = (),
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
        references: folders of aligned reference corpora, or their files by language
            (``gloctm.metrics.read_references``): CNPMI by both countings and TQ of each pair of languages they have,
            NPMI and c_v within each of these languages.
        dictionaries: for pairs of languages a dictionary, from the one to the other: translation agreement. Of one that
            has few of the topics' words, or seems to be the wrong way round, there is a warning.
        corpus: NPMI in it; where it has labels, classification, purity and NMI. Usually the one trained on; of another,
            with a vocabulary of its own, the texts are counted by the model's.
        test: further documents, which classifiers are asked of. Without, a fifth of each label's documents in
            ``corpus`` (at least one, where there are two) is kept from them and asked instead.
        aligned: row i of ``test`` (else of ``corpus``) is the same document in every language: retrieval of
            translations by θ. Documents of which nothing is known in one language are left out in all.
        num_words: top words a topic, 15 as published.
        via: of a published model, the encoder that infers, see ``GloCTM.transform``.
        classifier: ``"svm"`` as published, or ``"logistic"``, which is quicker; both are given the latent means μ.
        max_train: documents a language that classifiers are taught by, at most; 8,000 keep an SVM to seconds.
        seed: draws these documents, and those held out.

    Returns:
        The measures; docs/metrics.md describes each.

    Raises:
        InputError: wrong settings, a corpus with another vocabulary and no texts, translations asked of a corpus that
            has none, a reference corpus or dictionary without a word of the topics. Languages whose labels can't be
            classified (one alone, none shared with others, too few to hold some out) are left out with a warning.
        FileFormatError: a reference corpus that can't be read.
    """
    _check_types(model, corpus, test, dictionaries)
    fewest = min(map(len, model.vocabulary_.values()))
    check_num_words(num_words, fewest)
    seed = check_int("seed", seed, 0)
    if max_train is not None:
        max_train = check_int("max_train", max_train, 2, ", or None for all documents")
    if classifier not in CLASSIFIERS:
        raise InputError(f"classifier is {classifier!r}: it must be {' or '.join(CLASSIFIERS)}")
    if test is not None and corpus is None:
        raise InputError("a corpus to ask classifiers of is given, but none to teach them by: give corpus= as well")
    if aligned and corpus is None:
        raise InputError("aligned documents are asked for, but no corpus is given: give test= or corpus=")
    check_via(via)
    topics = {
        language: top_words(model.word_scores_[language], model.vocabulary_[language], num_words)
        for language in model.languages_
    }
    sources = each_source(references)
    conditions: dict[str, Any] = {
        "model": model_digest(model),
        "gloctm": software_versions().get("gloctm"),
        "topics": model.num_topics_,
        "words": num_words,
        "diversity_words": min(DIVERSITY_WORDS, fewest),
        "languages": list(model.languages_),
    }
    if sources:
        conditions["references"] = [
            {"sha256": reference_digests(source, model.languages_), **_where(source)} for source in sources
        ]
    known = _within_vocabularies(dictionaries or {}, model)
    if known:
        conditions["dictionaries"] = {" ".join(pair): each.num_pairs for pair, each in known.items()}
    counts = None if corpus is None else _counted(model, corpus, "corpus")
    measures = measure_topics(
        topics,
        references=read_references(sources, model.languages_) if sources else None,
        dictionaries=known,
        own=None if counts is None else {code: _as_reference(model, code, each) for code, each in counts.items()},
    )
    measures["topic_diversity"] = diversity_of(model)
    if sources:
        measures["c_v"] = c_v_by_references(topics, sources)
    if corpus is not None and counts is not None:
        taught = _latent_means(model, corpus, counts, via)
        latent = taught if test is None else _latent_means(model, test, _counted(model, test, "test corpus"), via)
        theta = {code: topic_proportions(each) for code, each in latent.items()}
        if aligned:
            measures |= _by_alignment(theta, latent, conditions)
        measures |= _by_labels(corpus, test, taught, latent, theta, conditions, classifier, max_train, seed)
        conditions["via"] = {code: model.inferred_by(code, via) for code in dict.fromkeys([*corpus.languages, *latent])}
    return Evaluation(measures, conditions)


def check_num_words(num_words: int, fewest: int) -> None:
    """Raise InputError unless each topic can show so many top words, and they make pairs.

    Args:
        num_words: top words a topic.
        fewest: the words of the smallest vocabulary.
    """
    if isinstance(num_words, bool) or not isinstance(num_words, Integral) or not 2 <= num_words <= fewest:
        raise InputError(
            f"num_words is {num_words!r}: it must be a whole number from 2, coherence being of pairs, to {fewest}, the "
            "words of the smallest vocabulary"
        )


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
        references: for pairs of languages counts of an aligned reference corpus: CNPMI by both countings and TQ of each
            pair, and within each language NPMI and the share of the topics' words that are there. These are means
            over a language's references: counts that stand in several pairs (one file, aligned with several) are one.
        dictionaries: for pairs of languages translations from the one to the other.
        own: counts of the corpus that the topics come from, for NPMI in it.

    Raises:
        InputError: as the functions of ``gloctm.metrics``, or a reference has none of the topics' words in a language,
            so that every model would have the same figures. One that has less than half of them is warned of, as is a
            dictionary that has less than a tenth.
    """
    found: Measures = {
        "topic_uniqueness": {code: topic_uniqueness(words) for code, words in topics.items()},
    }
    if all(len(words) > 1 for words in topics.values()):
        found["inverted_rank_biased_overlap"] = {
            code: inverted_rank_biased_overlap(words) for code, words in topics.items()
        }
    if references:
        coverage = coverage_by_references(topics, references)
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
        found["npmi"] = {
            code: float(np.mean([npmi(topics[code], reference) for reference in own_references]))
            for code, own_references in _by_language(references).items()
        }
        found["reference_coverage"] = coverage
        for code, share in coverage.items():
            if share < _LOW_COVERAGE:
                # Without the share, which is among the figures: so the same sentence is told but once.
                warnings.warn(
                    f"reference corpora lack more than half of the topics' words in {code!r}, and pairs with these "
                    "count 0 in CNPMI and NPMI: use some whose words are cut and spelled as in the topics",
                    LowCoverageWarning,
                    stacklevel=3,
                )
    if own:
        found["npmi_in_corpus"] = {code: npmi(topics[code], counts) for code, counts in own.items()}
    for (first, second), dictionary in (dictionaries or {}).items():
        agreement = translation_agreement(topics[first], topics[second], dictionary)
        found.setdefault("translation_agreement", {})[f"{first} {second}"] = agreement.agreement
        found.setdefault("translation_coverage", {})[f"{first} {second}"] = agreement.coverage
        if agreement.coverage < _LOW_DICTIONARY_COVERAGE:
            warnings.warn(
                f"the dictionary of {first!r} and {second!r} lacks more than nine tenths of the topics' words, and "
                "agreement rests on the few others: use a larger one, of words spelled as in the topics",
                LowCoverageWarning,
                stacklevel=3,
            )
    return found


def diversity_of(model: TopicModel) -> dict[str, float]:
    """Topic diversity of each language, by as many words as is usual: with as many as TU takes it is TU itself."""
    num_words = min(DIVERSITY_WORDS, *map(len, model.vocabulary_.values()))
    return {
        code: topic_diversity(top_words(model.word_scores_[code], model.vocabulary_[code], num_words))
        for code in model.languages_
    }


def c_v_by_references(topics: Topics, sources: Iterable[Source]) -> dict[str, float]:
    """c_v by the references' documents in their order of words; the mean where a language is in several."""
    found: dict[str, list[float]] = {}
    for source in sources:
        for code in reference_languages(source, topics):
            documents = reference_documents(reference_file(source, code))
            found.setdefault(code, []).append(c_v(topics[code], documents))
    return {code: float(np.mean(values)) for code, values in found.items()}


def coverage_by_references(
    topics: Topics, references: Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]]
) -> dict[str, float]:
    """For each language the share of its topics' words that its references have, their mean where it has several.

    Raises:
        InputError: a reference has none of them.
    """
    found = {}
    for code, own_references in _by_language(references).items():
        shares = [reference_coverage(topics[code], reference) for reference in own_references]
        if not min(shares):
            raise InputError(
                f"a reference corpus has none of the words in {code!r}: give one in this language, with words cut and "
                "spelled as in the topics"
            )
        found[code] = float(np.mean(shares))
    return found


def _by_language(
    references: Mapping[Pair, tuple[ReferenceCounts, ReferenceCounts]],
) -> dict[str, list[ReferenceCounts]]:
    """The references of each language, each once however many pairs it stands in."""
    found: dict[str, list[ReferenceCounts]] = {}
    for pair, both in references.items():
        for code, reference in zip(pair, both, strict=True):
            known = found.setdefault(code, [])
            if not any(each is reference for each in known):
                known.append(reference)
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
        features: for each language ``(documents, K)`` that classifiers are taught by: latent means as published. With
            no language, nothing is classified.
        labels: theirs.
        asked_features: of the documents that classifiers are asked of.
        asked_labels: theirs.
        asked_theta: their topic proportions, for purity and NMI; where there are several languages, also of the
            documents of all of them pooled, as measures of their own.
        classifier: see ``gloctm.metrics.classify``.
        max_train: documents a language that classifiers are taught by, at most; None takes all.
        seed: draws these.
    """
    found: Measures = {}
    scores = {}
    if features:
        scores = cross_lingual_classification(
            features, labels, asked_features, asked_labels, classifier=classifier, max_train=max_train, seed=seed
        )
    for (source, target), each in scores.items():
        where, what = ("within", source) if source == target else ("across", f"{target} from {source}")
        found.setdefault(f"accuracy_{where}", {})[what] = each.accuracy
        found.setdefault(f"macro_f1_{where}", {})[what] = each.macro_f1
    clusters = clustering_of_languages(asked_theta, asked_labels)
    found["purity"] = {code: each.purity for code, each in clusters.by_language.items()}
    found["normalized_mutual_information"] = {
        code: each.normalized_mutual_information for code, each in clusters.by_language.items()
    }
    if len(clusters.by_language) > 1:
        found["purity_pooled"] = {"all": clusters.pooled.purity}
        found["normalized_mutual_information_pooled"] = {"all": clusters.pooled.normalized_mutual_information}
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
    check_model(model, "evaluate")
    for name, given in (("corpus", corpus), ("test", test)):
        if given is not None:
            check_corpus(given, name)
    for pair, dictionary in (dictionaries or {}).items():
        if not isinstance(dictionary, TranslationDictionary):
            raise InputError(
                f"the dictionary of {pair} is a {type(dictionary).__name__}: read one with "
                "gloctm.metrics.read_dictionary(path)"
            )


def _counted(model: TopicModel, corpus: Corpus, name: str) -> dict[str, sp.csr_array]:
    """Counts over the model's vocabulary, of its languages: the corpus' own, or else of its texts."""
    found = {}
    for code, part in corpus.items():
        if code not in model.languages_:
            continue
        if list(part.vocabulary) == model.vocabulary_[code]:
            found[code] = part.counts
            continue
        if part.texts is None:
            raise InputError(
                f"the {name} has another vocabulary for {code!r} than the model, and no texts to count anew: build "
                "it from texts, or with vocabulary=model.vocabulary_"
            )
        # Counted as transform does.
        found[code] = model.counts(part.texts, code)
    return found


def _as_reference(model: TopicModel, code: str, counts: sp.csr_array) -> ReferenceCounts:
    return ReferenceCounts({word: column for column, word in enumerate(model.vocabulary_[code])}, counts.tocsc())


def model_digest(model: TopicModel) -> str:
    """What tells models apart: a digest of their topics."""
    digest = hashlib.sha256()
    for code in model.languages_:
        digest.update("\n".join([code, *model.vocabulary_[code]]).encode("utf-8", "backslashreplace"))
        digest.update(np.ascontiguousarray(model.topic_word_[code], "<f4").tobytes())
    return digest.hexdigest()[:16]


def _latent_means(
    model: TopicModel, corpus: Corpus, counts: Mapping[str, sp.csr_array], via: Via | None
) -> dict[str, NDArray[np.float32]]:
    """μ of a corpus, in the model's languages by counts over its vocabulary."""
    found = {}
    for code in corpus:
        if code in counts:
            means = model.transform(counts[code], language=code, via=via, latent=True)
        else:
            # Languages never trained on go by the global encoder, whatever the others do. As transform does with a
            # corpus, whose own vectors of words it takes where they are by the model's encoder.
            means = model.transform_language(corpus, code, latent=True)
        assert not isinstance(means, dict)
        found[code] = means
    return found


def _by_alignment(theta: Features, latent: Features, conditions: dict[str, Any]) -> Measures:
    """Retrieval of translations; how many documents there were is added to the conditions."""
    sizes = {code: len(each) for code, each in theta.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{code} {size:,}" for code, size in sizes.items())
        raise InputError(f"the languages have different numbers of documents ({told}): aligned ones are equally many")
    # Documents without a known word all have μ = 0, and the same θ: as good as drawn by lot.
    known = np.logical_and.reduce([np.any(each != 0, axis=1) for each in latent.values()])
    if not known.any():
        raise InputError("no document has a known word in every language: retrieval of translations needs some")
    conditions["aligned_documents"] = int(known.sum())
    conditions["aligned_left_out"] = int((~known).sum())
    return measure_alignment({code: each[known] for code, each in theta.items()})


def _within_vocabularies(
    dictionaries: Mapping[Pair, TranslationDictionary], model: TopicModel
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
        vocabularies = model.vocabulary_[first], model.vocabulary_[second]
        kept = dictionary.restricted(*vocabularies)
        turned = dictionary.reversed().restricted(*vocabularies)
        if turned.num_pairs > _TURNED_PAIRS * kept.num_pairs:
            told = (
                f"the dictionary of {first!r} and {second!r} seems to be the wrong way round, with {kept.num_pairs:,} "
                f"pairs of words that the vocabularies have, but {turned.num_pairs:,} from {second!r} to {first!r}: "
                f"give it as one of {second!r} and {first!r}"
            )
            if not kept.num_pairs:
                raise InputError(told)
            warnings.warn(told, LowCoverageWarning, stacklevel=3)
        found[first, second] = kept
    return found


def _where(source: Source) -> dict[str, Any]:
    """What a reference corpus is called, without the folders above."""
    if isinstance(source, Mapping):
        return {"files": {normalize_language(code): Path(path).name for code, path in source.items()}}
    return {"folder": Path(source).resolve().name}


def _by_labels(
    corpus: Corpus,
    test: Corpus | None,
    taught_latent: Features,
    asked_latent: Features,
    asked_theta: Features,
    conditions: dict[str, Any],
    classifier: Classifier,
    max_train: int | None,
    seed: int,
) -> Measures:
    """Measures by labels, where there are any; how they were taken is added to the conditions."""
    labels = labels_of(corpus)
    asked_labels = labels if test is None else labels_of(test)
    for name, given in (("corpus", labels), ("test corpus", asked_labels)):
        if not any(label for each in given.values() for label in each):
            warnings.warn(f"the {name} has no labels: nothing is classified", UnusableLabelsWarning, stacklevel=3)
            if given is asked_labels:
                return {}
    rows = labelled_rows(labels, None if test is None else asked_labels, max_train=max_train, seed=seed)
    for code, reason in rows.reasons.items():
        what = "classifiers are not taught in it" if code in rows.asked else "it is not measured by labels"
        warnings.warn(f"{reason}: {what}", UnusableLabelsWarning, stacklevel=3)
    if not rows.asked:
        return {}
    conditions |= {
        "classifier": classifier,
        "taught": {code: len(each) for code, each in rows.taught.items()},
        "asked": {code: len(each) for code, each in rows.asked.items()},
        "held_out": test is None,
        "seed": seed,
    }
    return measure_documents(
        _at(taught_latent, rows.taught),
        {code: [labels[code][row] for row in each.tolist()] for code, each in rows.taught.items()},
        _at(asked_latent, rows.asked),
        {code: [asked_labels[code][row] for row in each.tolist()] for code, each in rows.asked.items()},
        _at(asked_theta, rows.asked),
        classifier=classifier,
        # These were drawn already.
        max_train=None,
        seed=seed,
    )


def labels_of(corpus: Corpus) -> dict[str, list[str]]:
    """The labels of each language that has any, document by document; one without has an empty one."""
    return {code: list(part.labels) for code, part in corpus.items() if part.labels is not None}


def _at(features: Features, rows: Rows) -> dict[str, NDArray[np.floating]]:
    return {code: features[code][each] for code, each in rows.items()}
