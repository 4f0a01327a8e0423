"""A model in figures: its topics by reference corpora and dictionaries, its proportions by labels."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gloctm.checks import check_choice, check_int
from gloctm.corpus.corpus import Corpus
from gloctm.corpus.language import LanguageCorpus, recounted
from gloctm.errors import InputError, LowCoverageWarning
from gloctm.evaluation.documents import MAX_TRAIN, measures_by_alignment, measures_by_labels
from gloctm.evaluation.names import name_of
from gloctm.evaluation.topics import (
    DIVERSITY_WORDS,
    NUM_WORDS,
    Measures,
    Pair,
    as_reference,
    c_v_by_references,
    check_num_words,
    diversity_of,
    measure_topics,
)
from gloctm.languages import normalize_language
from gloctm.metrics.classification import CLASSIFIERS, Classifier
from gloctm.metrics.reference import Source, each_source, read_references, reference_digests
from gloctm.metrics.translation import TranslationDictionary
from gloctm.model.checks import check_model
from gloctm.model.inference import Via, check_via, topic_proportions
from gloctm.model.storage import software_versions
from gloctm.model.topics import top_words
from gloctm.shards.samples import AnyCorpus, SampledCorpus, sample_of

if TYPE_CHECKING:
    from gloctm.model.model import TopicModel

# A dictionary that has this many times as many pairs when reversed was probably given the wrong way round: all that the
# wrong way has are pairs of words that both languages spell alike.
_REVERSED_PAIRS = 2


@dataclass(frozen=True)
class Evaluation:
    """The measures of a model, and how they were taken. A notebook shows it as a table.

    Attributes:
        measures: ``{measure: {of what: value}}``.
        conditions: number of words, classifier, documents, what it was measured by and so on.

    Example:
        >>> Evaluation({"npmi": {"en": 0.25, "de": 0.75}}, {"words": 15}).mean("npmi")
        0.5
    """

    measures: Measures
    conditions: dict[str, Any]

    def mean(self, measure: str) -> float:
        """Return the mean of a measure over all it was taken of."""
        return float(np.mean(list(self.measures[measure].values())))

    def to_dict(self) -> dict[str, Any]:
        """Return everything, with each measure's mean, ready for JSON."""
        means = {name: self.mean(name) for name in self.measures}
        return {**asdict(self), "means": means}

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{escape(name_of(name))}</th><td>{self.mean(name):.3f}</td>"
            f"<td>{escape(', '.join(f'{what} {value:.3f}' for what, value in values.items()))}</td></tr>"
            for name, values in self.measures.items()
        )
        heading = "<tr><th>measure</th><th>mean</th><th>values</th></tr>"
        return f"<table><thead>{heading}</thead><tbody>{rows}</tbody></table>"


def evaluate(
    model: TopicModel,
    *,
    references: Source | Iterable[Source] = (),
    dictionaries: Mapping[Pair, TranslationDictionary] | None = None,
    corpus: AnyCorpus | None = None,
    test: AnyCorpus | None = None,
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
        dictionaries: for pairs of languages a dictionary from the first to the second: translation agreement. A warning
            names one that has few of the topics' words, or seems to be the wrong way round.
        corpus: NPMI in it; where it has labels, classification, purity and NMI. Usually the one trained on. The texts
            of another, with a vocabulary of its own, are counted by the model's. Of a corpus in shards, at most 100,000
            documents per language are taken, spread evenly; ``conditions["samples"]`` then says of how many.
        test: further documents, to test classifiers on. None holds out a fifth of each label's documents in ``corpus``
            (at least one, where there are two).
        aligned: row i of ``test`` (else of ``corpus``) is the same document in every language: retrieval of
            translations by θ. Documents without a known word in one language are left out in all.
        num_words: top words per topic, 15 as published.
        via: of a published model, the encoder that infers, see ``GloCTM.transform``.
        classifier: ``"svm"`` as published, or ``"logistic"``, which is quicker; both take the latent means μ.
        max_train: documents per language to train classifiers on, at most; 8,000 keep an SVM to seconds.
        seed: draws these documents, and those held out.

    Returns:
        The measures; docs/concepts/metrics.md describes each.

    Raises:
        InputError: wrong settings, a corpus with another vocabulary and no texts, translations sought in a corpus that
            has none, a reference corpus or dictionary without a word of the topics. Languages whose labels can't be
            classified (one alone, none shared with others, too few to hold some out) are left out with a warning.
        FileFormatError: a reference corpus that can't be read.

    Example:
        >>> from gloctm import Corpus, GloCTM
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, show_progress=False).fit(corpus)
        >>> evaluation = evaluate(model, corpus=corpus, classifier="logistic")
        >>> evaluation.mean("accuracy_across") > 0.5
        True
    """
    _check_types(model, dictionaries)
    corpus, test = (
        None if given is None else sample_of(given, name) for given, name in ((corpus, "corpus"), (test, "test"))
    )
    fewest = min(map(len, model.vocabulary_.values()))
    check_num_words(num_words, fewest)
    seed = check_int("seed", seed, 0, most=2**32 - 1)
    if max_train is not None:
        max_train = check_int("max_train", max_train, 2, ", or None for all documents")
    check_choice("classifier", classifier, CLASSIFIERS)
    if test is not None and corpus is None:
        raise InputError("a corpus to test classifiers on is given, but none to train them on: give corpus= as well")
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
    samples = {"corpus": corpus, "test": test}
    if found := {name: _sizes(each) for name, each in samples.items() if isinstance(each, SampledCorpus)}:
        conditions["samples"] = found
    known = _within_vocabularies(dictionaries or {}, model)
    if known:
        conditions["dictionaries"] = {" ".join(pair): each.num_pairs for pair, each in known.items()}
    counts = None if corpus is None else _counted(model, corpus, "corpus")
    measures = measure_topics(
        topics,
        references=read_references(sources, model.languages_) if sources else None,
        dictionaries=known,
        own=None
        if counts is None
        else {code: as_reference(model.vocabulary_[code], each.passage_counts) for code, each in counts.items()},
    )
    measures["topic_diversity"] = diversity_of(model)
    if sources:
        measures["c_v"] = c_v_by_references(topics, sources)
    if corpus is not None and counts is not None:
        train_means = _latent_means(model, corpus, counts, via)
        test_means = train_means
        if test is not None:
            test_means = _latent_means(model, test, _counted(model, test, "test corpus"), via)
        theta = {code: topic_proportions(each) for code, each in test_means.items()}
        if aligned:
            measures |= measures_by_alignment(theta, test_means, conditions)
        measures |= measures_by_labels(
            corpus, test, train_means, test_means, theta, conditions, classifier, max_train, seed
        )
        conditions["via"] = {
            code: model.inferred_by(code, via) for code in dict.fromkeys([*corpus.languages, *test_means])
        }
    return Evaluation(measures, conditions)


def _check_types(model: Any, dictionaries: Any) -> None:
    check_model(model, "evaluate")
    for pair, dictionary in (dictionaries or {}).items():
        if not isinstance(dictionary, TranslationDictionary):
            raise InputError(
                f"the dictionary of {pair} is a {type(dictionary).__name__}: read one with "
                "gloctm.metrics.read_dictionary(path)"
            )


def _sizes(sample: SampledCorpus) -> dict[str, dict[str, int]]:
    """Return for each language how many documents are measured, and of how many."""
    return {code: {"documents": part.num_documents, "of": sample.totals[code]} for code, part in sample.items()}


def _counted(model: TopicModel, corpus: Corpus, name: str) -> dict[str, LanguageCorpus]:
    """Return the model's languages counted over its vocabulary: with the corpus' own counts, or else of its texts."""
    found = {}
    for code, part in corpus.items():
        if code not in model.languages_:
            continue
        if list(part.vocabulary) == model.vocabulary_[code]:
            found[code] = part
            continue
        if part.texts is None:
            raise InputError(
                f"the {name} has another vocabulary for {code!r} than the model, and no texts to count: build "
                "it from texts, or with vocabulary=model.vocabulary_"
            )
        # Counted as transform does.
        counted = partial(model.counts, language=code)
        found[code] = recounted(part, model.vocabulary_[code], counted)
    return found


def model_digest(model: TopicModel) -> str:
    """Return a digest of a model's topics, which tells models apart.

    Example:
        >>> model_digest(TopicModel.load("model"))  # doctest: +SKIP
        '0123456789abcdef'
    """
    digest = hashlib.sha256()
    for code in model.languages_:
        digest.update("\n".join([code, *model.vocabulary_[code]]).encode("utf-8", "backslashreplace"))
        digest.update(np.ascontiguousarray(model.topic_word_[code], "<f4").tobytes())
    return digest.hexdigest()[:16]


def _latent_means(
    model: TopicModel, corpus: Corpus, counts: Mapping[str, LanguageCorpus], via: Via | None
) -> dict[str, NDArray[np.float32]]:
    """Infer μ of a corpus, in the model's languages by counts over its vocabulary."""
    found = {}
    for code in corpus:
        if code in counts:
            means = model.transform(counts[code], language=code, via=via, latent=True)
        else:
            # Languages never trained on take the global encoder, whatever the others do. As transform does, this takes
            # a corpus' own vectors of words where they are by the model's encoder.
            means = model.transform_language(corpus, code, latent=True)
        assert not isinstance(means, dict)
        found[code] = means
    return found


def _within_vocabularies(
    dictionaries: Mapping[Pair, TranslationDictionary], model: TopicModel
) -> dict[Pair, TranslationDictionary]:
    """Return the translations that topics could show, for pairs in the order of the model's languages."""
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
        reverse = dictionary.reversed().restricted(*vocabularies)
        if reverse.num_pairs > _REVERSED_PAIRS * kept.num_pairs:
            problem = (
                f"the dictionary of {first!r} and {second!r} seems to be the wrong way round, with {kept.num_pairs:,} "
                f"pairs of words that the vocabularies have, but {reverse.num_pairs:,} from {second!r} to {first!r}: "
                f"give it as one of {second!r} and {first!r}"
            )
            if not kept.num_pairs:
                raise InputError(problem)
            warnings.warn(problem, LowCoverageWarning, stacklevel=3)
        found[first, second] = kept
    return found


def _where(source: Source) -> dict[str, Any]:
    """Return what a reference corpus is called, without the folders above."""
    if isinstance(source, Mapping):
        return {"files": {normalize_language(code): Path(path).name for code, path in source.items()}}
    return {"folder": Path(source).resolve().name}
