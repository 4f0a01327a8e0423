"""A model in figures: by the function and by ``gloctm evaluate``."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import lzma
import sys
from dataclasses import replace
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from gloctm import Corpus, GloCTM, __version__
from gloctm.cli.main import main
from gloctm.errors import (
    EmptyDocumentWarning,
    FileFormatError,
    InputError,
    LowCoverageWarning,
    UnusableLabelsWarning,
)
from gloctm.evaluation import Evaluation, evaluate, evaluation, measure_alignment, measure_documents, measure_topics
from gloctm.evaluation import topics as topic_measures
from gloctm.metrics import (
    ReferenceCounts,
    TranslationDictionary,
    c_v,
    cross_lingual_npmi,
    npmi,
    purity,
    read_reference,
    read_references,
    reference_coverage,
    reference_documents,
    topic_uniqueness,
)
from planted import planted_corpus
from warned import of_category

LANGUAGES = ["en", "zh", "ar"]


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(LANGUAGES)


SETTINGS = {
    "context": {"num_topics": 5, "threads": 1, "show_progress": False},
    "published": {
        **{"method": "published", "num_topics": 5, "epochs": 60, "batch_size": 32, "learning_rate": 1e-2},
        **{"kl_weight": 10, "cka_weight": 20, "random_state": 0, "threads": 1, "show_progress": False},
    },
}


@pytest.fixture(scope="module", params=SETTINGS)
def model(corpus, request):
    return GloCTM(**SETTINGS[request.param]).fit(corpus)


@pytest.fixture(scope="module")
def saved(model, corpus, tmp_path_factory):
    """Folders of the model, its corpus, and a reference of its first two languages."""
    folder = tmp_path_factory.mktemp("evaluate")
    model.save(folder / "model")
    corpus.save(folder / "corpus")
    reference = folder / "reference"
    reference.mkdir()
    rng = np.random.default_rng(0)
    lines = {"en": [], "cn": []}
    for _ in range(300):
        topic = rng.integers(5)
        for code, name in (("en", "en"), ("zh", "cn")):
            lines[name].append(" ".join(f"{code}-{topic}-{rank}" for rank in rng.integers(12, size=8)))
    (reference / "en.txt").write_text("\n".join(lines["en"]) + "\n")
    (reference / "cn.txt.xz").write_bytes(lzma.compress(("\n".join(lines["cn"]) + "\n").encode()))
    return folder


def command(*arguments):
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as messages,
        mock.patch.object(sys, "argv", ["gloctm", "evaluate", *map(str, arguments)]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    return SimpleNamespace(returncode=ended.value.code, stdout=output.getvalue(), stderr=messages.getvalue())


def relabeled(corpus, make):
    """The corpus with labels made by a function of language, row and label."""
    return Corpus(
        {
            code: replace(part, labels=[make(code, row, label) for row, label in enumerate(part.labels)])
            for code, part in corpus.items()
        }
    )


def test_planted_topics_are_good_by_every_measure(model, corpus, saved):
    found = evaluate(model, references=saved / "reference", corpus=corpus, aligned=False, num_words=10)
    measures = found.measures
    assert min(measures["topic_uniqueness"].values()) > 0.95
    assert measures["cnpmi_document"]["en zh"] > 0.3
    assert min(measures["npmi"].values()) > 0.1
    assert min(measures["accuracy_across"].values()) > 0.9
    assert len(measures["accuracy_across"]) == 6
    assert set(measures["accuracy_within"]) == set(LANGUAGES)
    assert measures["purity_pooled"]["all"] > 0.9
    assert set(measures["npmi_in_corpus"]) == set(LANGUAGES)
    assert found.conditions["held_out"]
    for code in LANGUAGES:
        # A fifth of each of five labels, rounded.
        assert found.conditions["test"][code] == pytest.approx(40, abs=2)
        assert found.conditions["test"][code] + found.conditions["train"][code] == 200


def test_figures_are_those_of_the_functions(model, saved):
    found = evaluate(model, references=[saved / "reference"], num_words=8)
    topics = {code: [record["words"] for record in model.topics(8) if record["language"] == code] for code in LANGUAGES}
    reference = read_reference(saved / "reference", ["en", "zh"])
    for counting in ("published", "document"):
        expected = cross_lingual_npmi(topics["en"], topics["zh"], *reference, counting=counting)
        assert found.measures[f"cnpmi_{counting}"] == {"en zh": expected}
    assert found.measures["npmi"] == {"en": npmi(topics["en"], reference[0]), "zh": npmi(topics["zh"], reference[1])}
    assert found.measures["topic_uniqueness"] == {code: topic_uniqueness(words) for code, words in topics.items()}
    assert found.measures["c_v"]["zh"] == c_v(topics["zh"], reference_documents(saved / "reference" / "cn.txt.xz"))
    assert set(found.measures["c_v"]) == {"en", "zh"}
    expected = found.measures["cnpmi_published"]["en zh"] * np.mean(
        [found.measures["topic_uniqueness"][code] for code in ("en", "zh")]
    )
    assert found.measures["topic_quality"]["en zh"] == pytest.approx(max(expected, 0))
    assert found.mean("npmi") == pytest.approx(np.mean(list(found.measures["npmi"].values())))


def test_a_test_corpus_is_used(model, corpus):
    other = planted_corpus(LANGUAGES, seed=0, documents=60)
    found = evaluate(model, corpus=corpus, test=other, max_train=100)
    assert found.conditions["test"] == dict.fromkeys(LANGUAGES, 60)
    assert found.conditions["train"] == dict.fromkeys(LANGUAGES, 100)
    assert not found.conditions["held_out"]


def test_documents_without_a_label_are_left_out(model, corpus):
    part = relabeled(corpus, lambda code, row, label: "" if row < 50 else label)
    found = evaluate(model, corpus=part, classifier="logistic")
    for code in LANGUAGES:
        assert found.conditions["test"][code] + found.conditions["train"][code] == 150


def test_no_labels_no_classification(model, corpus):
    bare = Corpus({code: replace(part, labels=None) for code, part in corpus.items()})
    with pytest.warns(UnusableLabelsWarning, match="the corpus has no labels"):
        found = evaluate(model, corpus=bare)
    assert "npmi_in_corpus" in found.measures
    assert "accuracy_within" not in found.measures
    with pytest.warns(UnusableLabelsWarning, match="test corpus has no labels"):
        found = evaluate(model, corpus=corpus, test=bare, aligned=True)
    assert "accuracy_within" not in found.measures
    assert "retrieval_reciprocal_rank" in found.measures


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda code, row, label: "one", "all documents of 'en' have the label 'one': it is not measured by labels"),
        (lambda code, row, label: f"{code} {row % 2}", "no label in common"),
        (lambda code, row, label: label if row < 3 else "", "'en' has 3 labeled documents, too few"),
    ],
)
def test_labels_that_nothing_can_be_classified_by(model, corpus, labels, message):
    with pytest.warns(UnusableLabelsWarning, match=message):
        found = evaluate(model, corpus=relabeled(corpus, labels))
    assert "npmi_in_corpus" in found.measures
    assert "purity" not in found.measures


def test_rare_labels_are_classified(model, corpus):
    rare = relabeled(corpus, lambda code, row, label: "b" if row in (3, 5) else "a")
    found = evaluate(model, corpus=rare, classifier="logistic")
    assert found.conditions["train"] == dict.fromkeys(LANGUAGES, 159)
    assert len(found.measures["accuracy_across"]) == 6


def test_a_language_without_usable_labels_is_left_out_and_the_others_stay(model, corpus):
    def without(what):
        return relabeled(corpus, lambda code, row, label: what if code == "zh" else label)

    for test, message in (
        (without(""), "the test corpus has no labels in 'zh': it is not measured by labels"),
        (without("one"), "all documents of 'zh' in the test corpus have the label 'one'"),
    ):
        with pytest.warns(UnusableLabelsWarning, match=message):
            found = evaluate(model, corpus=corpus, test=test, classifier="logistic", max_train=None)
        assert set(found.measures["accuracy_across"]) == {"en from ar", "ar from en"}
        assert set(found.measures["purity"]) == {"en", "ar"}
        assert found.conditions["train"] == {"en": 200, "ar": 200}
    # Purity takes the labels of test documents alone.
    with pytest.warns(UnusableLabelsWarning, match="'zh' .*'one': classifiers are not trained in it"):
        found = evaluate(model, corpus=without("one"), test=corpus, classifier="logistic")
    assert set(found.measures["purity"]) == set(LANGUAGES)
    assert set(found.measures["accuracy_across"]) == {"ar from en", "zh from en", "en from ar", "zh from ar"}
    bare = Corpus({code: replace(part, labels=None) for code, part in corpus.items()})
    with pytest.warns(UnusableLabelsWarning, match="the corpus has no labels, so no classifier was trained"):
        found = evaluate(model, corpus=bare, test=corpus)
    assert "accuracy_within" not in found.measures
    assert set(found.measures["purity"]) == set(LANGUAGES)


def test_texts_are_counted_by_the_model_where_the_vocabulary_is_another(model, corpus):
    texts = {
        code: [" ".join(np.repeat(list(part.vocabulary), row)) for row in part.counts.toarray()]
        for code, part in corpus.items()
    }
    parts = {
        code: replace(part, counts=part.counts[:, :30], vocabulary=list(part.vocabulary)[:30], word_embeddings=None,
                      texts=texts[code])
        for code, part in corpus.items()
    }  # fmt: skip
    expected = evaluate(model, corpus=corpus, test=corpus, classifier="logistic")
    found = evaluate(model, corpus=Corpus(parts), test=Corpus(parts), classifier="logistic")
    assert found.measures["accuracy_across"] == expected.measures["accuracy_across"]
    assert found.measures["npmi_in_corpus"] == expected.measures["npmi_in_corpus"]
    # Where one language alone has another vocabulary, no other is left out.
    mixed = Corpus({**corpus, "zh": parts["zh"]})
    assert evaluate(model, corpus=mixed).measures["npmi_in_corpus"] == expected.measures["npmi_in_corpus"]


@pytest.fixture(scope="module")
def aligned(corpus):
    """Documents of two topics each, with the same shares of the same topics in every language."""
    rng = np.random.default_rng(0)
    topics = [rng.permutation(5)[:2] for _ in range(120)]
    shares = rng.uniform(0.55, 0.95, size=120)
    parts = {}
    for code, part in corpus.items():
        counts = np.zeros((120, 60), int)
        for row, ((more, less), share) in enumerate(zip(topics, shares, strict=True)):
            drawn = np.where(rng.random(60) < share, more, less) * 12 + rng.integers(12, size=60)
            np.add.at(counts[row], drawn, 1)
        embeddings = part.document_embeddings[:120]
        parts[code] = replace(part, counts=sp.csr_array(counts), document_embeddings=embeddings, labels=None, ids=None)
    return Corpus(parts), [int(more) for more, _ in topics]


@pytest.mark.filterwarnings("ignore::gloctm.errors.UnusableLabelsWarning")
def test_aligned_documents_are_found(model, aligned):
    documents, largest = aligned
    found = evaluate(model, corpus=documents, aligned=True)
    ranks = found.measures["retrieval_reciprocal_rank"]
    assert set(ranks) == {f"{a} from {b}" for a in LANGUAGES for b in LANGUAGES if a != b}
    assert (found.conditions["aligned_documents"], found.conditions["aligned_left_out"]) == (120, 0)
    # The largest topic alone finds less: documents of the same one in another order.
    rng = np.random.default_rng(0)
    theta = model.transform(documents)
    mixed = dict(theta)
    for code in LANGUAGES[1:]:
        order = np.lexsort((rng.random(120), largest))
        rows = np.empty(120, int)
        rows[np.argsort(largest, kind="stable")] = order
        mixed[code] = theta[code][rows]
    by_largest = measure_alignment(mixed)["retrieval_reciprocal_rank"]
    assert all(ranks[pair] > by_largest[pair] for pair in ranks)
    assert np.mean(list(ranks.values())) > 1.6 * np.mean(list(by_largest.values()))


@pytest.mark.filterwarnings("ignore::gloctm.errors.UnusableLabelsWarning")
def test_aligned_documents_without_words_are_left_out_in_all_languages(model, aligned):
    documents, _ = aligned
    counts = documents["zh"].counts.copy()
    counts.data[: counts.indptr[7]] = 0
    counts.eliminate_zeros()
    part = Corpus({**documents, "zh": replace(documents["zh"], counts=counts)})
    with pytest.warns(EmptyDocumentWarning, match="7 of 120"):
        found = evaluate(model, corpus=part, aligned=True)
    assert (found.conditions["aligned_documents"], found.conditions["aligned_left_out"]) == (113, 7)
    theta = {code: each[7:] for code, each in model.transform(documents).items()}
    expected = measure_alignment(theta)["retrieval_accuracy_1"]
    assert found.measures["retrieval_accuracy_1"] == pytest.approx(expected)
    short = replace(
        documents["ar"],
        counts=documents["ar"].counts[:90],
        document_embeddings=documents["ar"].document_embeddings[:90],
        ids=None,
    )
    with pytest.raises(InputError, match="en 120, zh 120, ar 90"):
        evaluate(model, corpus=Corpus({**documents, "ar": short}), aligned=True)


def test_dictionaries(model):
    pairs = [(f"en-{topic}-{rank}", f"zh-{topic}-{rank}") for topic in range(5) for rank in range(12)]
    dictionary = TranslationDictionary.from_pairs(pairs)
    found = evaluate(model, dictionaries={("en", "cn"): dictionary}, num_words=12)
    assert found.measures["translation_agreement"]["en zh"] > 0.9
    assert found.measures["translation_coverage"]["en zh"] == 1
    with pytest.raises(InputError, match="'fr'"):
        evaluate(model, dictionaries={("en", "fr"): dictionary})
    with pytest.raises(InputError, match=r"the wrong way round, with 0 pairs .* give it as one of 'zh' and 'en'"):
        evaluate(model, dictionaries={("en", "zh"): dictionary.reversed()})


def test_a_dictionary_the_wrong_way_round():
    # Words that both languages spell alike are known either way.
    alike, english, german = (
        ["berlin", "film", "ball"],
        ["rain", "wind", "sun", "team"],
        ["regen", "wind2", "sonne", "elf"],
    )
    translations = TranslationDictionary.from_pairs(
        [*zip(alike, alike, strict=True), *zip(english, german, strict=True)]
    )
    model = SimpleNamespace(languages_=["en", "de"], vocabulary_={"en": [*alike, *english], "de": [*alike, *german]})
    known = evaluation._within_vocabularies({("en", "de"): translations}, model)
    assert known["en", "de"].num_pairs == 7
    with pytest.warns(LowCoverageWarning, match="with 3 pairs .* but 7 from 'de' to 'en': give it as one of 'de'"):
        evaluation._within_vocabularies({("en", "de"): translations.reversed()}, model)


def test_a_dictionary_with_few_of_the_words():
    topics = {code: [[f"{code}-{topic}-{rank}" for rank in range(10)] for topic in range(2)] for code in ("en", "de")}
    # Two words of a topic in each of two languages are a tenth of them all.
    pairs = [("en-0-0", "de-0-0"), ("en-1-0", "de-1-0")]
    assert measure_topics(topics, dictionaries={("en", "de"): TranslationDictionary.from_pairs(pairs)})[
        "translation_coverage"
    ] == {"en de": 0.1}
    with pytest.warns(LowCoverageWarning, match="'en' and 'de' lacks more than nine tenths"):
        measure_topics(topics, dictionaries={("en", "de"): TranslationDictionary.from_pairs(pairs[:1])})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_words": 1}, "from 2"),
        ({"num_words": 61}, "to 60"),
        ({"seed": -1}, "seed is -1: it must be a whole number of at least 0$"),
        ({"seed": None}, "seed is None: it must be a whole number of at least 0$"),
        ({"max_train": 1}, "of at least 2, or None"),
        ({"corpus": "corpus"}, "Corpus.load"),
        ({"dictionaries": {("en", "zh"): "words.txt"}}, "read_dictionary"),
        ({"classifier": "tree"}, "svm or logistic"),
        ({"aligned": True}, "no corpus"),
        ({"via": "either"}, "local, global, both"),
    ],
)
def test_wrong_settings(model, settings, message):
    with pytest.raises(InputError, match=message):
        evaluate(model, **settings)


@pytest.mark.parametrize("model", ["context"], indirect=True)
def test_a_model_of_the_context_method_infers_in_one_way(model, corpus, saved):
    with pytest.raises(InputError, match="via is 'global', but the model has one way to infer"):
        evaluate(model, corpus=corpus, via="global")
    finished = command(saved / "model", "--corpus", saved / "corpus", "--via", "global")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "via is 'global', but the model has one way to infer" in finished.stderr


def test_test_without_corpus(model, corpus):
    with pytest.raises(InputError, match="corpus="):
        evaluate(model, test=corpus)


def test_a_corpus_with_another_vocabulary(model):
    with pytest.raises(InputError, match="another vocabulary"):
        evaluate(model, corpus=planted_corpus(LANGUAGES, words_per_topic=9))


def test_what_is_no_model():
    with pytest.raises(InputError, match=r"GloCTM\.load"):
        evaluate("model")
    with pytest.raises(NotFittedError):
        evaluate(GloCTM())


def test_a_corpus_of_some_of_the_languages(model):
    assert set(evaluate(model, corpus=planted_corpus(["en", "zh"])).measures["purity"]) == {"en", "zh"}


def test_one_topic_has_no_overlap():
    assert "inverted_rank_biased_overlap" not in measure_topics({"en": [["a", "b"]], "de": [["c", "d"]]})


def test_npmi_counts_each_reference_once():
    topics = {code: [["a", "b"]] for code in ("en", "de", "fr")}
    # One corpus in three languages, where a and b are always together, and another one in two, where they never are.
    together, apart = ([["a", "b"]] * 2 + [["c"]] * 2), [["a"], ["b"]] * 2
    en, de, fr = (ReferenceCounts.from_documents(together) for _ in range(3))
    other_en, other_it = (ReferenceCounts.from_documents(apart) for _ in range(2))
    references = {
        ("en", "de"): (en, de),
        ("en", "fr"): (en, fr),
        ("de", "fr"): (de, fr),
        ("it", "en"): (other_it, other_en),
    }
    found = measure_topics({**topics, "it": [["a", "b"]]}, references=references)
    assert found["npmi"] == {"en": 0, "de": 1, "fr": 1, "it": -1}


def test_topic_quality_is_of_each_pair():
    topics = {code: [["a", "b"], ["b", "c"]] for code in ("en", "de", "fr")}
    good = [["a", "b"], ["b", "c"], ["d"], ["d"]]
    bad = [["d"], ["d"], ["a", "b"], ["b", "c", "a"]]
    en, de, fr = (ReferenceCounts.from_documents(each) for each in (good, good, bad))
    found = measure_topics(topics, references={("en", "de"): (en, de), ("en", "fr"): (en, fr)})
    cnpmi = found["cnpmi_published"]
    assert cnpmi["en de"] > 0 >= cnpmi["en fr"]
    assert found["topic_quality"] == {"en de": pytest.approx(cnpmi["en de"] * 0.75), "en fr": 0}
    # Its mean is that over pairs, not that of the mean CNPMI.
    assert Evaluation(found, {}).mean("topic_quality") == pytest.approx(cnpmi["en de"] * 0.75 / 2)


def test_the_mean_of_purity_is_over_languages():
    theta = {"en": np.eye(2)[[0, 0, 1, 1]], "zh": np.eye(2)[[1, 1, 1, 0]]}
    labels = {"en": list("aabb"), "zh": list("aaab")}
    found = measure_documents(theta, labels, theta, labels, theta, classifier="logistic")
    by_language = {code: purity(theta[code], labels[code]) for code in theta}
    assert found["purity"] == by_language
    together = purity(np.concatenate(list(theta.values())), [label for each in labels.values() for label in each])
    assert found["purity_pooled"] == {"all": together}
    assert together < min(by_language.values())
    assert Evaluation(found, {}).mean("purity") == pytest.approx(np.mean(list(by_language.values())))
    alone = {"en": theta["en"]}
    found = measure_documents({}, {}, alone, labels, alone)
    assert set(found) == {"purity", "normalized_mutual_information"}


def test_words_that_a_reference_lacks():
    topics = {code: [["a", "b", "x"], ["c", "y", "z"]] for code in ("en", "de")}
    known = ReferenceCounts.from_documents([["a", "b"], ["c", "x"]])
    few = ReferenceCounts.from_documents([["a"], ["b"]])
    none = ReferenceCounts.from_documents([["q"], ["r"]], "abcqr")
    with pytest.warns(LowCoverageWarning, match="more than half of the topics' words in 'de'") as told:
        found = measure_topics(topics, references={("en", "de"): (known, few)})
    assert len(of_category(told, LowCoverageWarning)) == 1
    assert found["reference_coverage"] == {"en": pytest.approx(4 / 6), "de": pytest.approx(2 / 6)}
    # The mean over a language's references, of which each must have some.
    topics["fr"] = topics["en"]
    references = {("en", "de"): (known, known), ("en", "fr"): (few, known)}
    found = measure_topics(topics, references=references)
    assert found["reference_coverage"]["en"] == pytest.approx(3 / 6)
    with pytest.raises(InputError, match="a reference corpus has none of the words in 'fr': give one in this language"):
        measure_topics(topics, references={("en", "de"): (known, known), ("en", "fr"): (few, none)})


def test_figures_of_a_reference_in_three_languages(model, tmp_path):
    rng = np.random.default_rng(1)
    for code, known in (("en", 5), ("zh", 5), ("ar", 2)):
        lines = [[f"{code}-{rng.integers(known)}-{rank}" for rank in rng.integers(12, size=8)] for _ in range(50)]
        (tmp_path / f"{code}.txt").write_text("\n".join(map(" ".join, lines)) + "\n", encoding="utf-8")
    with pytest.warns(LowCoverageWarning, match="'ar'"):
        found = evaluate(model, references=tmp_path, num_words=6)
    topics = {code: [record["words"] for record in model.topics(6) if record["language"] == code] for code in LANGUAGES}
    counts = read_references(tmp_path, LANGUAGES)
    for pair, both in counts.items():
        assert found.measures["cnpmi_document"][" ".join(pair)] == cross_lingual_npmi(
            *(topics[code] for code in pair), *both, counting="document"
        )
        for code, reference in zip(pair, both, strict=True):
            assert found.measures["npmi"][code] == npmi(topics[code], reference)
            assert found.measures["reference_coverage"][code] == reference_coverage(topics[code], reference)
    assert len(found.measures["topic_quality"]) == 3


def test_figures_say_what_they_were_taken_by(model, corpus, saved):
    dictionary = TranslationDictionary.from_pairs([("en-0-0", "zh-0-0"), ("en-0-1", "nowhere")])
    found = evaluate(
        model, references=saved / "reference", dictionaries={("en", "zh"): dictionary}, corpus=corpus,
        classifier="logistic",
    ).conditions  # fmt: skip
    (reference,) = found["references"]
    assert reference["folder"] == "reference"
    content = (saved / "reference" / "en.txt").read_bytes()
    assert reference["sha256"].keys() == {"en", "zh"}
    assert reference["sha256"]["en"] == hashlib.sha256(content).hexdigest()
    assert found["dictionaries"] == {"en zh": 1}
    assert found["via"] == dict.fromkeys(LANGUAGES, "local" if model.method == "published" else "context")
    assert found["model"] == evaluate(GloCTM.load(saved / "model")).conditions["model"]
    assert found["gloctm"] == __version__


def test_topic_diversity_is_of_no_more_words_than_there_are(model):
    assert evaluate(model).conditions["diversity_words"] == 25
    with mock.patch.object(evaluation, "DIVERSITY_WORDS", 99), mock.patch.object(topic_measures, "DIVERSITY_WORDS", 99):
        found = evaluate(model)
    assert found.conditions["diversity_words"] == 60
    assert found.measures["topic_diversity"] == dict.fromkeys(LANGUAGES, 1 / 5)


def test_by_what_languages_never_trained_on_are_inferred(model):
    via = "both" if model.method == "published" else None
    found = evaluate(model, corpus=planted_corpus(["en", "fr"]), via=via, classifier="logistic")
    expected = {"en": "both", "fr": "global"} if via else {"en": "context", "fr": "context"}
    assert found.conditions["via"] == expected
    assert set(found.measures["accuracy_across"]) == {"en from fr", "fr from en"}
    assert set(found.measures["npmi_in_corpus"]) == {"en"}


def test_a_language_whose_words_need_an_encoder(saved, tmp_path):
    other = planted_corpus(["en", "fr"])
    Corpus({**other, "fr": replace(other["fr"], word_embeddings=None)}).save(tmp_path / "corpus")
    finished = command(saved / "model", "--corpus", tmp_path / "corpus")
    assert finished.returncode == 2
    assert finished.stderr.endswith("name it by --encoder\n")
    with mock.patch.object(GloCTM, "load", side_effect=InputError("no more")) as load:
        command(saved / "model", "--corpus", tmp_path / "corpus", "--encoder", "static")
    load.assert_called_once_with(saved / "model", encoder="static")


def test_command_takes_all_documents(saved):
    arguments = [saved / "model", "--corpus", saved / "corpus", "--test", saved / "corpus", "--classifier", "logistic"]
    finished = command(*arguments, "--max-train", "all", "-o", "-")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["conditions"]["train"] == dict.fromkeys(LANGUAGES, 200)


def test_no_figure_is_written_that_is_none(saved):
    with mock.patch.object(topic_measures, "topic_diversity", return_value=float("nan")):
        finished = command(saved / "model", "-o", "-")
    assert finished.returncode == 1
    assert "NaN" not in finished.stdout


def test_a_reference_of_other_words_is_refused(saved, tmp_path):
    for code in ("en", "zh"):
        (tmp_path / f"{code}.txt").write_text("foreign words\n" * 5)
    finished = command(saved / "model", "-r", tmp_path)
    assert finished.returncode == 2
    assert "a reference corpus has none of the words in 'en'" in finished.stderr
    assert not finished.stdout


def test_command(saved, tmp_path):
    output = tmp_path / "figures.json"
    finished = command(
        saved / "model", "--reference", saved / "reference", "--corpus", saved / "corpus", "-o", output, "-n", 10
    )
    assert finished.returncode == 0, finished.stderr
    assert "CNPMI, document counting" in finished.stdout
    assert "accuracy across languages" in finished.stdout
    figures = json.loads(output.read_text(encoding="utf-8"))
    assert figures["conditions"]["words"] == 10
    assert figures["means"]["accuracy_across"] > 0.9
    expected = evaluate(
        GloCTM.load(saved / "model"),
        references=saved / "reference",
        corpus=Corpus.load(saved / "corpus"),
        num_words=10,
    )
    assert figures == json.loads(json.dumps(expected.to_dict()))


def test_command_takes_reference_files(saved, tmp_path):
    (tmp_path / "some words").write_bytes((saved / "reference" / "en.txt").read_bytes())
    chinese = saved / "reference" / "cn.txt.xz"
    whole = json.loads(command(saved / "model", "-r", saved / "reference", "-n", 8, "-o", "-").stdout)
    for given in (f"{saved / 'reference' / 'en.txt'},{chinese}", f"en={tmp_path / 'some words'}, {chinese}"):
        finished = command(saved / "model", "-r", given, "-n", 8, "-o", "-")
        assert finished.returncode == 0, finished.stderr
        found = json.loads(finished.stdout)
        assert found["measures"] == whole["measures"]
        (reference,) = found["conditions"]["references"]
        assert reference["files"]["zh"] == "cn.txt.xz"
        assert reference["sha256"] == whole["conditions"]["references"][0]["sha256"]


def test_command_to_standard_output(saved):
    finished = command(saved / "model", "-o", "-")
    assert finished.returncode == 0, finished.stderr
    assert set(json.loads(finished.stdout)["measures"]) >= {"topic_uniqueness", "topic_diversity"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reference", "nowhere"], "nowhere does not exist: give a folder"),
        (["--reference", "words.txt"], "words.txt is a file: give a folder with a file LANG.txt for each language, or"),
        (["--reference", "words.txt,zh.txt"], "the name of words.txt does not tell its language: give LANG=words.txt"),
        (["--reference", "zh.txt,cn=words.txt"], "two files are of zh: give one of each language"),
        (["--reference", "en.txt,zh.txt"], "en.txt does not exist"),
        (["--reference", "en=words.txt,fr=words.txt"], "has en, fr, but CNPMI takes two of"),
        (["--classifier", "tree"], "svm or logistic"),
        (["--aligned"], "--corpus"),
        (["--test", "nowhere"], "--corpus"),
        (["--dictionary", "en=file"], "LANG,LANG=FILE"),
        (["--dictionary", "en,zh=nowhere.txt"], "nowhere.txt does not exist"),
        (["--output", "nowhere/figures.json"], "the folder nowhere does not exist"),
        (["--words", "1"], "--num-words is 1: it must be a whole number from 2"),
        (["--classifier", "logistic"], "--corpus"),
        (["--seed", "-1"], "error: --seed is -1: it must be a whole number of at least 0\n"),
        (["--via", "global"], "--via is given without documents to infer: give --corpus"),
        (["--max-train", "most"], "--max-train is 'most': it must be a whole number of at least 2, or all"),
        (["--max-train", "1", "--corpus", "nowhere"], "nowhere"),
        (["--dictionary", "en,en=words.txt"], "between two languages"),
        (["--dictionary", "en,zh=words.txt", "--dictionary", "cn,en=words.txt"], "two dictionaries"),
    ],
)
def test_command_refuses(saved, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("a b\n")
    finished = command(saved / "model", *arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not finished.stdout


def test_a_reference_of_unequal_lines(model, tmp_path):
    (tmp_path / "en.txt").write_text("a b\nc\n")
    (tmp_path / "zh.txt").write_text("a b\n")
    with pytest.raises(FileFormatError, match="2 lines"):
        evaluate(model, references=tmp_path)


def test_a_notebook_shows_an_evaluation_as_a_table():
    shown = Evaluation({"npmi": {"en": 0.25, "<b>": 0.75}, "topic_uniqueness": {"en": 1.0}}, {})._repr_html_()
    assert "<th scope='row'>NPMI</th><td>0.500</td><td>en 0.250, &lt;b&gt; 0.750</td>" in shown
    assert "<th scope='row'>TU</th>" in shown
    assert "<b>" not in shown
    # As legible on a dark page as on a light one.
    assert "color" not in shown
