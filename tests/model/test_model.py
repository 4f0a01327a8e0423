"""A trained model by itself: read without torch, explained, printed, shown in a notebook."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from gloctm import GloCTM, TopicModel, TopicView
from gloctm.errors import InputError
from serving import FRENCH, make_context_model, make_model

TEXTS = {"en": "Rain, storm and rain at the station", "de": "Sturm am Bahnhof", "ja": "雨の駅"}


@pytest.fixture(scope="module", params=["published", "context"])
def model(request):
    found = make_model() if request.param == "published" else make_context_model()[0]
    found.set_labels({"en": {0: "<b>Weather</b>"}, "ja": {0: "天気"}})
    return found


class Cells(HTMLParser):
    """The text of every cell; any tag of the text itself would be missing from it."""

    def __init__(self, html):
        super().__init__()
        self.cells, self.tags = [], set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


def test_a_topic_model_is_the_estimator_without_fit(model, tmp_path):
    loaded = TopicModel.load(model.save(tmp_path / "model"))
    assert type(loaded) is TopicModel
    assert not hasattr(loaded, "fit")
    assert loaded.topics() == model.topics()
    assert loaded.labels_ == model.labels_
    for code, text in TEXTS.items():
        np.testing.assert_array_equal(
            loaded.transform([text], code, encoder=model.encoder_of_words()), model.transform([text], code)
        )
    # It saves what it read, and the estimator reads that.
    assert GloCTM.load(loaded.save(tmp_path / "again")).topics() == model.topics()
    assert not (tmp_path / "again" / "README.md").exists()


def test_using_a_model_needs_no_torch(model, tmp_path):
    path = model.save(tmp_path / "model")
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from gloctm import TopicModel\n"
        f"model = TopicModel.load({str(path)!r})\n"
        "print(model.transform([['rain']], 'en').shape, len(model.topics(2)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [*f"(1, {model.num_topics_})".split(), str(3 * model.num_topics_)]


def test_an_untrained_model_says_so():
    for call in (lambda: GloCTM().explain("a", "en"), lambda: GloCTM().print_topics()):
        with pytest.raises(NotFittedError, match=r"call fit\(corpus\), or load a saved model"):
            call()
    with pytest.raises(NotFittedError, match=r"not fitted yet: load a saved model"):
        TopicModel().artifact()


def test_the_weight_of_a_word_is_what_is_lost_without_it(model):
    words = ["rain", "storm", "rain", "train"]
    for via in [None] if model.in_context else [None, "global", "both"]:
        shares = model.explain(" ".join(words), "en", via=via)
        whole = model.transform([words], "en", via=via)[0]
        assert shares
        for share in shares:
            rest = [word for word in words if word != share.word]
            lost = whole - model.transform([rest], "en", via=via)[0]
            largest = [topic for topic in np.argsort(-lost, kind="stable").tolist() if lost[topic] >= 0.001][:3]
            assert [topic for topic, _ in share.topics] == largest
            np.testing.assert_allclose([weight for _, weight in share.topics], lost[largest], atol=1e-5)


def test_places_are_those_of_python(model):
    text = "😀 RAIN — 😀 storm, <b>rain</b>"
    for share in model.explain(text, "en"):
        assert text[share.start : share.end].lower() == share.word


def test_languages_never_trained_on_are_explained(model):
    text = f"{FRENCH[0]}, {FRENCH[1]}"
    assert {share.word for share in model.explain(text, "fr")} <= set(FRENCH)
    assert model.explain(text, "fr")


def test_what_can_not_be_explained(model):
    assert model.explain("unheard", "en") == []
    assert model.explain("", "en") == []
    with pytest.raises(InputError, match="text is a list: explain takes one text"):
        model.explain(["rain"], "en")
    with pytest.raises(InputError, match="not a language code"):
        model.explain("rain", "nonsense")


def test_topics_print_as_a_block_each(model, capsys):
    model.print_topics(2, languages=["en", "ja"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 * model.num_topics_
    first = {record["language"]: record["words"] for record in model.topics(2)[:3]}
    assert lines[0] == "0  <b>Weather</b> · 天気"
    assert lines[1].split() == ["en", *first["en"]]
    assert lines[2].split() == ["ja", *first["ja"]]


def test_topics_show_as_a_table_that_nothing_breaks_out_of(model):
    table = model.topics(2)
    shown = Cells(table._repr_html_())
    assert "<b>Weather</b> · 天気" in shown.cells
    for record in table:
        assert ", ".join(record["words"]) in shown.cells
    assert "b" not in shown.tags
    # Colors are the notebook's own, so that a dark one stays legible.
    assert "color" not in table._repr_html_()
    assert 'dir="auto"' in table._repr_html_()


def test_models_and_views_show_themselves(model):
    html = model._repr_mimebundle_()["text/html"]
    assert f"{model.num_topics_} topics" in html
    assert model.topics()._repr_html_() in html
    assert "num_topics" in GloCTM(num_topics=7)._repr_mimebundle_()["text/html"]
    view = TopicView.of(model).rename(1, "<i>Trains</i>").hide(0)
    shown = Cells(view._repr_html_())
    assert "<i>Trains</i>" in shown.cells
    assert "hidden: 0" in view._repr_html_()


def test_tables_of_views_have_their_names(model):
    view = TopicView.of(model).merge([0, 1], "Outdoors")
    assert "0  Outdoors" in view.topics(model, 2).as_text()
