"""The number of topics: chosen by the corpus, and remarked upon where documents are few."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gloctm import Corpus, GloCTM, TopicModel
from gloctm.cli.messages import in_shell_terms
from gloctm.context.num_topics import Quality, chosen_num_topics, most_topics, reason, warn_of_few_documents
from gloctm.demo import THEMES
from gloctm.errors import InputError, SmallCorpusWarning
from planted import planted_corpus


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("documents", [100, 400])
@pytest.mark.parametrize("planted", [6, 12])
def test_the_number_of_planted_topics_is_found(planted, documents, seed):
    corpus = planted_corpus(("en", "zh"), num_topics=planted, documents=documents, seed=seed)
    chosen, tried = chosen_num_topics(corpus, seed=seed, threads=1)
    assert abs(chosen - planted) <= planted / 4
    assert {chosen - 1, chosen, chosen + 1} <= set(tried)


@pytest.mark.slow
@pytest.mark.parametrize("languages", [None, ["en", "de"], ["zh", "ja"]])
def test_the_number_of_themes_of_the_demo_is_found(languages):
    corpus = Corpus.demo(languages, show_progress=False)
    for seed in (0, 1, 2):
        assert abs(chosen_num_topics(corpus, seed=seed, threads=1)[0] - len(THEMES)) <= 1


def test_the_choice_repeats_and_is_kept(tmp_path, capsys):
    corpus = planted_corpus(("en", "zh"), num_topics=6, documents=100)
    models = [GloCTM(num_topics="auto", threads=1).fit(corpus) for _ in range(2)]
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("num_topics auto")]
    assert said[0] == said[1]
    assert said[0].startswith("num_topics auto → 6: coherence 0.60, stability 1.00; tried 4 5 6 7 8 9 14")
    for model in models:
        assert (model.num_topics, model.num_topics_, model.settings_["num_topics"]) == ("auto", 6, 6)
    path = models[0].save(tmp_path / "model")
    assert (GloCTM.load(path).num_topics, TopicModel.load(path).num_topics_) == (6, 6)
    given = GloCTM(num_topics=6, threads=1, show_progress=False).fit(corpus)
    np.testing.assert_array_equal(given.topic_word_["en"], models[1].topic_word_["en"])


@pytest.mark.parametrize(
    "seed_words",
    [{8: {"en": ["en-1-0"]}}, [{"en": [f"en-{topic % 6}-{topic}"]} for topic in range(9)]],
    ids=["by number", "as a list"],
)
def test_every_topic_with_seed_words_is_among_those_chosen(seed_words, capsys):
    corpus = planted_corpus(("en", "zh"), num_topics=6, documents=100)
    assert GloCTM(num_topics="auto", seed_words=seed_words, threads=1).fit(corpus).num_topics_ == 9
    assert "num_topics auto → 9: seed_words ask for 9 topics, and the corpus for 6" in capsys.readouterr().err


def test_the_published_method_chooses_alike():
    corpus = planted_corpus(("en", "zh"), num_topics=6, documents=100)
    model = GloCTM(num_topics="auto", method="published", epochs=1, threads=1, show_progress=False).fit(corpus)
    assert (model.num_topics_, model.settings_["num_topics"]) == (6, 6)


def test_quality_falls_with_each_of_its_parts():
    best = Quality(coherence=0.5, uniqueness=1.0, stability=1.0)
    assert best.overall == 0.75
    for worse in (Quality(0.2, 1.0, 1.0), Quality(0.5, 0.8, 1.0), Quality(0.5, 1.0, 0.7), Quality(0.5, 1.0, -0.1)):
        assert 0 <= worse.overall < best.overall


def test_few_documents_can_have_two_topics_alone():
    chosen, tried = chosen_num_topics(planted_corpus(("en", "zh"), num_topics=2, documents=12))
    assert (chosen, tried) == (2, {})
    assert reason(chosen, tried) == "num_topics auto → 2: there are too few documents for more"


def test_documents_that_are_alike_have_no_topics():
    corpus = planted_corpus(("en", "zh"), documents=50)
    for part in corpus.values():
        part.document_embeddings[:] = 1
    with pytest.raises(InputError, match="all documents of the corpus are alike"):
        chosen_num_topics(corpus)


@pytest.mark.parametrize("value", ["Auto", "many", "12", None, 1])
def test_other_words_are_no_number(value):
    with pytest.raises(InputError, match=r"num_topics is .*\(a topic model needs at least 2 topics\), or 'auto'"):
        GloCTM(num_topics=value).fit(planted_corpus(("en", "zh"), documents=50))


def test_few_documents_per_topic_draw_a_remark_with_a_better_number():
    remarks = []
    for sizes, number in (({"en": 240, "de": 240}, 17), ({"en": 5000, "de": 90}, 40), ({"en": 4, "de": 5}, 2)):
        with pytest.warns(SmallCorpusWarning) as caught:
            warn_of_few_documents(sizes, number)
        remarks.append(str(caught[0].message))
    assert remarks == [
        "the corpus has 480 documents for 17 topics, fewer than 30 per topic, too few to distinguish that many topics: "
        "ask for about 16 topics (num_topics=16 or num_topics='auto'), or add documents",
        "language 'de' has 90 documents for 40 topics, too few to distinguish that many topics: ask for about 15 "
        "topics (num_topics=15 or num_topics='auto'), or add documents",
        "language 'en' has 4 documents for 2 topics, too few to distinguish that many topics: add documents",
    ]
    assert "about 16 topics (--num-topics 16 or --num-topics auto)" in in_shell_terms(remarks[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sizes in ({"en": 240, "de": 240}, {"en": 5000, "de": 90}):
            warn_of_few_documents(sizes, most_topics(sizes))


def test_fitting_remarks_on_few_documents():
    model = GloCTM(num_topics=5, threads=1, show_progress=False)
    with pytest.warns(SmallCorpusWarning, match="ask for about 2 topics") as caught:
        model.fit(planted_corpus(("en", "zh"), documents=30))
    assert {each.filename for each in caught if each.category is SmallCorpusWarning} == {__file__}
