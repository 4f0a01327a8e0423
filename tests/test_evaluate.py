"""A model in figures: by the function and by ``gloctm evaluate``."""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from gloctm import Corpus, GloCTM
from gloctm.errors import FileFormatError, InputError, UnusableLabelsWarning
from gloctm.evaluation import evaluate, measure_alignment, measure_topics
from gloctm.metrics import (
    TranslationDictionary,
    c_v,
    cross_lingual_npmi,
    npmi,
    read_reference,
    reference_documents,
    topic_uniqueness,
)
from planted import planted_corpus

LANGUAGES = ["en", "zh", "ar"]


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(LANGUAGES)


@pytest.fixture(scope="module")
def model(corpus):
    return GloCTM(
        num_topics=5,
        epochs=60,
        batch_size=32,
        learning_rate=1e-2,
        kl_weight=10,
        cka_weight=20,
        random_state=0,
        threads=1,
        show_progress=False,
    ).fit(corpus)


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
    return subprocess.run(
        [sys.executable, "-m", "gloctm", "evaluate", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
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
    assert measures["purity"]["all"] > 0.9
    assert set(measures["npmi_in_corpus"]) == set(LANGUAGES)
    assert found.conditions["held_out"]
    assert found.conditions["asked"] == dict.fromkeys(LANGUAGES, 40)
    assert found.conditions["taught"] == dict.fromkeys(LANGUAGES, 160)


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


def test_a_test_corpus_is_asked(model, corpus):
    other = planted_corpus(LANGUAGES, seed=0, documents=60)
    found = evaluate(model, corpus=corpus, test=other, max_train=100)
    assert found.conditions["asked"] == dict.fromkeys(LANGUAGES, 60)
    assert found.conditions["taught"] == dict.fromkeys(LANGUAGES, 100)
    assert not found.conditions["held_out"]


def test_documents_without_a_label_are_left_out(model, corpus):
    parts = {code: replace(part, labels=["" if row < 50 else x for row, x in enumerate(part.labels)])
             for code, part in corpus.items()}  # fmt: skip
    found = evaluate(model, corpus=Corpus(parts), classifier="logistic")
    assert found.conditions["asked"] == dict.fromkeys(LANGUAGES, 30)
    assert found.conditions["taught"] == dict.fromkeys(LANGUAGES, 120)


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
        (lambda code, rows: ["one"] * rows, "all labels of 'en' are 'one'"),
        (lambda code, rows: [f"{code} {row % 2}" for row in range(rows)], "no label in common"),
    ],
)
def test_labels_that_nothing_can_be_classified_by(model, corpus, labels, message):
    parts = {code: replace(part, labels=labels(code, part.num_documents)) for code, part in corpus.items()}
    with pytest.warns(UnusableLabelsWarning, match=message):
        found = evaluate(model, corpus=Corpus(parts))
    assert "npmi_in_corpus" in found.measures
    assert "purity" not in found.measures


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
    expected = evaluate(model, corpus=corpus, test=corpus)
    found = evaluate(model, corpus=corpus, test=Corpus(parts))
    assert found.measures["accuracy_across"] == expected.measures["accuracy_across"]


def test_aligned_documents_are_found(model, corpus):
    # The same topics in the same order: not the same documents, so far above chance but not perfect.
    order = {code: np.argsort([int(label) for label in part.labels], kind="stable") for code, part in corpus.items()}
    theta = {code: each[order[code]] for code, each in model.transform(corpus).items()}
    found = measure_alignment(theta)
    assert set(found["retrieval_accuracy_10"]) == {f"{a} from {b}" for a in LANGUAGES for b in LANGUAGES if a != b}
    chance = 10 / 200
    assert min(found["retrieval_accuracy_10"].values()) > 2 * chance
    assert evaluate(model, corpus=corpus, aligned=True).conditions["aligned_documents"] == 200


def test_dictionaries(model):
    pairs = [(f"en-{topic}-{rank}", f"zh-{topic}-{rank}") for topic in range(5) for rank in range(12)]
    dictionary = TranslationDictionary.from_pairs(pairs)
    found = evaluate(model, dictionaries={("en", "cn"): dictionary}, num_words=12)
    assert found.measures["translation_agreement"]["en zh"] > 0.9
    assert found.measures["translation_coverage"]["en zh"] == 1
    with pytest.raises(InputError, match="'fr'"):
        evaluate(model, dictionaries={("en", "fr"): dictionary})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_words": 1}, "from 2"),
        ({"num_words": 61}, "to 60"),
        ({"seed": -1}, "whole number from 0"),
        ({"max_train": 1}, "from 2"),
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
    assert set(evaluate(model, corpus=planted_corpus(["en", "zh"])).measures["purity"]) == {"en", "zh", "all"}


def test_one_topic_has_no_overlap():
    assert "inverted_rank_biased_overlap" not in measure_topics({"en": [["a", "b"]], "de": [["c", "d"]]})


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


def test_command_to_standard_output(saved):
    finished = command(saved / "model", "-o", "-")
    assert finished.returncode == 0, finished.stderr
    assert set(json.loads(finished.stdout)["measures"]) >= {"topic_uniqueness", "topic_diversity"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--reference", "nowhere"], "nowhere does not exist"),
        (["--classifier", "tree"], "svm or logistic"),
        (["--aligned"], "--corpus"),
        (["--test", "nowhere"], "--corpus"),
        (["--dictionary", "en=file"], "LANG,LANG=FILE"),
        (["--dictionary", "en,zh=nowhere.txt"], "nowhere.txt does not exist"),
        (["--output", "nowhere/figures.json"], "a folder that exists"),
        (["--words", "1"], "--words is 1: it must be a whole number from 2"),
        (["--classifier", "logistic"], "--corpus"),
        (["--seed", "-1"], "whole number from 0"),
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
