"""A model's page by the command and by the method, from a corpus to HTML."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from gloctm import Corpus, GloCTM
from gloctm.cli.main import main
from gloctm.corpus import LanguageCorpus
from gloctm.errors import InputError
from gloctm.model.view import TopicView
from handmade import handmade_model
from planted import planted_corpus

VOCABULARY = {"en": ["storm", "rain", "vote", "party"], "ja": ["雨", "風", "投票", "党"]}
TOPIC_WORD = {code: [[2, 1, 0, -1], [-1, 0, 2, 1], [0, 0, 0, 1]] for code in VOCABULARY}
HOSTILE = "<script>alert('storm')</script> & </script><!-- vote"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A saved model and a saved corpus whose texts, labels and ids are markup."""
    folder = tmp_path_factory.mktemp("report")
    model = handmade_model(VOCABULARY, TOPIC_WORD)
    model.save(folder / "model")
    rng = np.random.default_rng(0)
    Corpus(
        {
            code: LanguageCorpus(
                counts=sp.csr_array(rng.integers(0, 3, size=(12, 4)) + np.eye(12, 4, dtype=int)),
                vocabulary=words,
                texts=[f"{HOSTILE} {words[row % 4]} {row}" for row in range(12)],
                ids=[f"<b>{row}</b>" for row in range(12)],
                labels=["<i>one</i>", "two"] * 6,
                dates=["2020", "2021", "2022"] * 4,
            )
            for code, words in VOCABULARY.items()
        }
    ).save(folder / "corpus")
    return folder


def run(capsys, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["gloctm", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    return ended.value.code or 0, told.out, told.err


def test_the_command_writes_a_page_of_model_and_corpus(folder, tmp_path, capsys, monkeypatch):
    page = tmp_path / "report.html"
    given = ("--corpus", folder / "corpus", "--title", "Weather & votes", "-n", 3, "--quiet")
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", page, *given)
    assert (code, err) == (0, "")
    assert out == f"report written to {page}: open it in a browser\n"
    html = page.read_text(encoding="utf-8")
    assert "<title>Weather &amp; votes" in html
    assert HOSTILE not in html
    assert not re.search(r"<script>alert|<b>0</b>|<i>one</i>", html)
    assert 'http-equiv="Content-Security-Policy"' in html


def test_documents_are_listed_as_many_as_asked_for(folder, tmp_path, capsys, monkeypatch):
    page = tmp_path / "report.html"
    given = ("report", folder / "model", "-o", page, "--corpus", folder / "corpus", "-q")
    assert run(capsys, monkeypatch, *given, "--documents", 6, "--map", "topics")[0] == 0
    summary = summary_of(page)
    assert summary["documents"]["totals"] == {"en": 12, "ja": 12}
    assert summary["documents"]["projection"] == "topics"
    assert "6 of 24 documents are listed" in summary["sampled"]
    assert run(capsys, monkeypatch, *given, "--documents", 0)[0] == 0
    assert summary_of(page)["documents"] is None
    code, _, err = run(capsys, monkeypatch, *given, "--map", "tsne")
    assert code == 2
    assert "--map" in err
    assert "umap" in err


def test_without_a_corpus_there_are_words_and_a_word_about_it(folder, tmp_path, capsys, monkeypatch):
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / "a.html")
    assert code == 0
    assert "without --corpus there are words only" in err
    assert "report written to" in out


def test_a_view_is_shown_as_it_was_saved(folder, tmp_path, capsys, monkeypatch):
    model = GloCTM.load(folder / "model")
    TopicView.of(model).merge([0, 2], name="Wetter <1>").save(tmp_path / "view.json")
    code, _, err = run(
        capsys,
        monkeypatch,
        "report",
        folder / "model",
        "-o",
        tmp_path / "v.html",
        "--view",
        tmp_path / "view.json",
        "-q",
    )
    assert (code, err) == (0, "")
    assert (tmp_path / "v.html").stat().st_size > 10_000


def test_a_view_that_the_page_saved_is_taken(folder, tmp_path, capsys, monkeypatch):
    page = tmp_path / "page.html"
    assert run(capsys, monkeypatch, "report", folder / "model", "-o", page, "-q")[0] == 0
    view = summary_of(page)["view"]
    # Groups and their members in any order, names of two scripts.
    view |= {"groups": [[2, 0], [1]], "names": {"0": "Wetter 天气"}, "hidden": []}
    saved = tmp_path / "view.json"
    saved.write_text(json.dumps(view, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    assert TopicView.load(saved) == TopicView.of(GloCTM.load(folder / "model")).merge([0, 2], "Wetter 天气")
    given = ("report", folder / "model", "-o", page, "--view", saved, "--corpus", folder / "corpus", "-q")
    assert run(capsys, monkeypatch, *given) == (0, f"report written to {page}: open it in a browser\n", "")
    found = summary_of(page)
    assert found["topics"][0]["names"] == dict.fromkeys(VOCABULARY, "Wetter 天气")
    assert TopicView.from_dict(found["view"]) == TopicView.load(saved)


def test_another_model_is_shown_beside(folder, tmp_path, capsys, monkeypatch, refused):
    page = tmp_path / "page.html"
    given = ("report", folder / "model", "-o", page, "--compare", folder / "model", "-q")
    assert run(capsys, monkeypatch, *given)[0] == 0
    other = summary_of(page)["other"]
    assert [match[:2] for match in sorted(other["matches"])] == [[0, 0], [1, 1], [2, 2]]
    handmade_model({"fr": ["pluie", "gare", "ballon", "chanson"]}, {"fr": TOPIC_WORD["en"]}).save(tmp_path / "french")
    said = refused(folder / "model", "--compare", tmp_path / "french")
    assert "the models have no language in common" in said


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("report.pdf", "give it a name that ends in .html"),
        ("nowhere/report.html", "the folder .*nowhere does not exist"),
        (".", "a folder of that name exists; name a file"),
    ],
)
def test_a_target_that_can_not_be_is_said_before_anything_is_computed(
    folder, tmp_path, capsys, monkeypatch, output, said
):
    code, out, err = run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / output)
    assert (code, out) == (2, "")
    assert re.search(said, err)
    assert list(tmp_path.iterdir()) == []


def summary_of(page):
    """What a page shows, as it is embedded."""
    encoding, embedded = re.search(
        r'id="summary" data-encoding="(\w+)">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL
    ).groups()
    return json.loads(zlib.decompress(base64.b64decode(embedded)) if encoding == "deflate" else embedded)


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """What the command says of options that it refuses, without a page."""

    def say(model, *options):
        target = tmp_path / "refused.html"
        code, out, err = run(capsys, monkeypatch, "report", model, "-o", target, "-q", *options)
        assert (code, out) == (2, "")
        assert len(err.strip().splitlines()) == 1
        assert not target.exists()
        return err

    return say


def test_texts_of_a_corpus_with_other_words_are_counted_by_the_model_s(folder, tmp_path, capsys, monkeypatch):
    texts = {"en": ["storm rain", "vote storm", "sun", "party"], "ja": ["雨 風", "投票 党 党", "雨", "風"]}
    parts = {
        code: LanguageCorpus(
            counts=sp.csr_array(np.ones((4, 2), int)), vocabulary=["other", "words"], texts=each, labels=["a", "b"] * 2
        )
        for code, each in texts.items()
    }
    Corpus({**parts, "de": parts["en"]}).save(tmp_path / "new")
    page = tmp_path / "new.html"
    code, _, err = run(capsys, monkeypatch, "report", folder / "model", "-o", page, "--corpus", tmp_path / "new", "-q")
    assert code == 0
    assert "not trained on it: de" in err
    summary = summary_of(page)
    assert [(each["documents"], each["tokens"]) for each in summary["languages"]] == [(4, 5), (4, 7)]
    assert set(summary["labels"]["values"]) == {"a", "b"}
    storm = [each for topic in summary["topics"] for each in topic["documents"]["en"] if each["text"] == "storm rain"]
    assert [0, 5] in storm[0]["marks"]


def test_a_corpus_that_can_not_be_shown_is_refused(folder, tmp_path, refused):
    other = {"en": ["a", "b", "c", "d"], "ja": VOCABULARY["ja"]}
    handmade_model(other, TOPIC_WORD).save(tmp_path / "other")
    corpus = Corpus.load(folder / "corpus")
    Corpus({code: replace(part, texts=None) for code, part in corpus.items()}).save(tmp_path / "bare")
    said = refused(tmp_path / "other", "--corpus", tmp_path / "bare")
    assert "another vocabulary for 'en'" in said
    assert "gloctm corpus build" in said
    Corpus({"ko": corpus["en"], "fr": corpus["ja"]}).save(tmp_path / "foreign")
    said = refused(folder / "model", "--corpus", tmp_path / "foreign")
    assert "English" in said
    assert "Japanese" in said


def test_other_files_are_no_views_and_no_evaluations(folder, tmp_path, refused):
    (tmp_path / "lines.jsonl").write_text('{"text": "storm"}\n{"text": "rain"}\n')
    said = refused(folder / "model", "--view", tmp_path / "lines.jsonl")
    assert "--view takes a file that TopicView.save wrote" in said
    said = refused(folder / "model", "--evaluation", tmp_path / "lines.jsonl")
    assert "--evaluation takes a file that gloctm evaluate -o wrote" in said
    assert "there is no such file" in refused(folder / "model", "--evaluation", tmp_path / "none.json")
    assert "--via is 'loco'" in refused(folder / "model", "--via", "loco")


def test_an_evaluation_of_the_model_is_shown_and_of_another_refused(folder, tmp_path, capsys, monkeypatch, refused):
    for name, beta in (("model", TOPIC_WORD), ("other", {code: rows[::-1] for code, rows in TOPIC_WORD.items()})):
        handmade_model(VOCABULARY, beta).save(tmp_path / name)
        file = tmp_path / f"{name}.json"
        code, _, err = run(capsys, monkeypatch, "evaluate", tmp_path / name, "-n", 2, "-o", file, "-q")
        assert code == 0, err
    page = tmp_path / "e.html"
    content = json.loads((tmp_path / "model.json").read_text())
    content["measures"]["topic_uniqueness"] = {"en": 0.123, "ja": 0.456}
    (tmp_path / "model.json").write_text(json.dumps(content))
    given = ("--evaluation", tmp_path / "model.json", "-q")
    assert run(capsys, monkeypatch, "report", folder / "model", "-o", page, *given)[0] == 0
    assert {
        figure["where"]: figure["value"] for figure in summary_of(page)["quality"] if figure["measure"] == "TU"
    } == {"en": 0.123, "ja": 0.456}
    assert "of another model" in refused(folder / "model", "--evaluation", tmp_path / "other.json")


def test_the_encoder_that_infers_is_chosen_and_named(folder, tmp_path, capsys, monkeypatch):
    model, corpus = GloCTM.load(folder / "model"), Corpus.load(folder / "corpus")
    for via in ("global", "local"):
        page = tmp_path / f"{via}.html"
        given = ("--corpus", folder / "corpus", "--via", via, "-q")
        assert run(capsys, monkeypatch, "report", folder / "model", "-o", page, *given)[0] == 0
        summary = summary_of(page)
        assert summary["inference"] == via
        mean = model.transform(corpus, via=via)["en"].mean(axis=0)
        shown = [topic["prevalence"]["en"]["mean"] for topic in summary["topics"]]
        np.testing.assert_allclose(shown, mean, rtol=1e-3)


def test_a_model_of_the_context_method_has_one_way_to_infer(tmp_path, capsys, monkeypatch, refused):
    corpus = planted_corpus(["en", "ja"], num_topics=3, documents=40)
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(corpus)
    model.save(tmp_path / "model")
    corpus.save(tmp_path / "corpus")
    page = tmp_path / "page.html"
    given = ("report", tmp_path / "model", "-o", page, "--corpus", tmp_path / "corpus")
    assert run(capsys, monkeypatch, *given, "-q") == (0, f"report written to {page}: open it in a browser\n", "")
    summary = summary_of(page)
    assert summary["inference"] == "context"
    assert not any(summary["history"].values())
    assert summary["about"]["settings"] == model.settings_
    shown = [topic["prevalence"]["en"]["mean"] for topic in summary["topics"]]
    np.testing.assert_allclose(shown, model.transform(corpus)["en"].mean(axis=0), rtol=1e-3, atol=1e-4)
    written = page.read_bytes()
    for options in (("--corpus", tmp_path / "corpus"), ()):
        said = refused(tmp_path / "model", "--via", "local", *options)
        assert "--via is 'local', but the model has one way to infer, for all languages: leave via out" in said
    assert model.report(page, corpus=corpus).read_bytes() == written


def test_the_method_writes_the_same_page(folder, tmp_path, capsys, monkeypatch):
    model, corpus = GloCTM.load(folder / "model"), Corpus.load(folder / "corpus")
    written = model.report(tmp_path / "m.html", corpus=corpus, title="one")
    run(capsys, monkeypatch, "report", folder / "model", "-o", tmp_path / "c.html", "--corpus", folder / "corpus",
        "--title", "one", "-q")  # fmt: skip
    assert written == tmp_path / "m.html"
    assert written.read_bytes() == (tmp_path / "c.html").read_bytes()
    with pytest.raises(InputError, match=r"ends in \.html"):
        model.report(tmp_path / "m.txt")
