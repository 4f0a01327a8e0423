"""Topics are renamed, merged and hidden in the page, which keeps that and saves it as a view that gloctm reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import Watched, arrive, go, heading, saved, serious_violations
from browser import browser as browser
from gloctm import GloCTM, TopicView
from gloctm.explorer import write_report
from gloctm.summary import summarize
from handmade import handmade_model
from made_up_summary import made_up_summary

pytestmark = pytest.mark.browser


@pytest.fixture
def profile(browser: Any) -> Iterator[Watched]:
    watched = Watched(browser)
    yield watched
    watched.context.close()
    watched.check()


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return made_up_summary(num_topics=6)


@pytest.fixture(scope="module")
def report(summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(summary, tmp_path_factory.mktemp("editing") / "report.html")


def tell(page: Any) -> str:
    """What the bar of changes says."""
    bar = page.locator("#changes")
    if bar.locator("details:not([open])").count():
        bar.locator("summary").click()
    return str(bar.inner_text())


def test_a_topic_is_renamed_everywhere_and_the_page_remembers(profile, report):
    page = profile.open(report.as_uri() + "#topic=1")
    assert not page.locator("#changes").is_visible()
    page.get_by_role("button", name="Rename").click()
    field = page.get_by_label("Name, in all languages")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    page.keyboard.type("Rail")
    assert field.input_value() == "Rail"
    field.fill("  Trains & <b>buses</b> ")
    field.press("Enter")
    assert heading(page).split("\n") == ["Topic 1:", "Trains & <b>buses</b>"]
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert "Topic 1 is called “Trains & <b>buses</b>”." in tell(page)
    assert serious_violations(page) == []
    page.get_by_label("Names and words in").select_option("ja")
    assert "Trains" in heading(page)
    for view in ["#view=overview", "#view=topics"]:
        go(page, view)
        assert page.locator("main .topic-link", has_text="Trains & <b>buses</b>").count() > 0, view
    page.get_by_role("combobox", name="Search a word").fill("buses")
    page.get_by_role("option", name="Trains").click()
    arrive(page, "#topic=1")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert "Trains" in heading(page)
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Its own name").click()
    assert "電車" in heading(page)
    assert "Nothing is changed." in page.locator("#changes").inner_text()
    page.get_by_role("button", name="Undo").click()
    assert "Trains" in heading(page)
    page.get_by_role("button", name="Discard all").click()
    assert "電車" in heading(page)


def test_topics_are_hidden_and_shown_again(profile, report, summary):
    page = profile.open(report.as_uri() + "#topic=4")
    page.get_by_role("button", name="Hide", exact=True).click()
    arrive(page, "#view=topics")
    numbers = page.locator("tbody .number")
    assert numbers.all_inner_texts() == ["0", "1", "2", "6", "7"]
    assert "Topic 4 is hidden." in tell(page)
    go(page, "#view=labels")
    # The figures of the others are still their own.
    labels = summary["labels"]["prevalence"]
    row = page.locator("section table tbody tr", has=page.locator(".number", has_text="6"))
    assert row.locator("td").nth(1).inner_text() == f"{100 * labels[4][0]['mean']:.1f}%"
    go(page, "#topic=4")
    assert "Topic 4 of the model is hidden here." in page.locator("main").inner_text()
    go(page, "#search=ball")
    assert page.locator("main .number", has_text="4").count() == 0
    go(page, "#view=topics")
    # One was hidden when the report was made: it has no figures here, which is said.
    hidden = page.locator(".hidden-topics li")
    assert [text.split("\n")[0][-9:] for text in hidden.all_inner_texts()][1].endswith("topic 5")
    hidden.nth(1).get_by_role("button").click()
    assert "no figures of topic 5" in page.locator("#changes").inner_text()
    page.locator(".hidden-topics").get_by_role("button", name="Show again").click()
    assert numbers.all_inner_texts() == ["0", "1", "2", "4", "6", "7"]
    page.get_by_role("button", name="Discard all").click()
    assert "Nothing is changed" in page.locator("#changes").inner_text()


def test_topics_are_merged_as_far_as_it_is_exact(profile, report, summary):
    page = profile.open(report.as_uri() + "#view=topics")
    assert page.get_by_role("button", name="Merge them").is_disabled()
    for number in (0, 4, 7):
        page.get_by_role("checkbox", name=f"Choose Topic {number}:").check()
    assert "3 topics chosen" in page.locator(".table-tools").inner_text()
    assert serious_violations(page) == []
    page.get_by_role("button", name="Merge them").click()
    assert page.locator("tbody .number").all_inner_texts() == ["0", "1", "2", "6"]
    assert "Topics 0, 4 and 7 are one." in tell(page)
    assert "exact in a new report" in tell(page)
    assert page.locator("tbody .topic-link .approximate").count() == 1
    go(page, "#topic=7")
    topics = {topic["id"]: topic for topic in summary["topics"]}
    parts = [topics[number] for number in (0, 4, 7)]
    text = page.locator("main").inner_text()
    overall = sum(part["overall"] for part in parts)
    assert f"{100 * overall:.1f}% of a document on average" in text
    assert f"mainly about: {sum(sum(part['mainly'].values()) for part in parts)} documents" in text
    assert f"0 ({100 * parts[0]['overall'] / overall:.1f}%)" in text
    assert "Estimated." in text
    by_language = page.locator("figure", has_text="By language").first
    by_language.locator("summary").click()
    mean = sum(part["prevalence"]["ja"]["mean"] for part in parts)
    assert f"{100 * mean:.1f}%" in by_language.locator("tbody tr", has_text="Japanese").inner_text()
    words = {
        word: sum(
            part["overall"] / overall * dict(map(tuple, part["words"]["en"])).get(word, part["words"]["en"][-1][1])
            for part in parts
        )
        for part in parts
        for word, _ in part["words"]["en"]
    }
    best = sorted(words, key=lambda word: -words[word])[:5]
    assert page.locator(".word-column ol[lang=en] .text").all_text_contents()[:5] == best
    for view in ["#view=overview", "#view=compare", "#view=labels", "#view=time", "#search=ball"]:
        go(page, view)
        assert "NaN" not in page.locator("main").inner_text(), view
    page.get_by_role("button", name="Undo").click()
    go(page, "#view=topics")
    assert page.locator("tbody .number").all_inner_texts() == ["0", "1", "2", "4", "6", "7"]


def test_a_topic_is_merged_with_the_most_similar_and_split_again(profile, report, summary):
    page = profile.open(report.as_uri() + "#topic=6")
    page.get_by_role("button", name="Merge with…").click()
    options = page.get_by_label("Merge with (the most similar first)").locator("option")
    similar = [number for number, _ in summary["topics"][4]["similar"]]
    assert [int(option.get_attribute("value")) for option in options.all()] == similar
    page.get_by_role("button", name="Merge", exact=True).click()
    assert "merged of the model's topics" in page.locator(".lead").inner_text()
    page.get_by_role("button", name="Split again").click()
    assert "merged of" not in page.locator(".lead").inner_text()
    assert "Nothing is changed." in page.locator("#changes").inner_text()


@pytest.fixture(scope="module")
def model() -> GloCTM:
    words = {"en": ["rain", "storm", "train", "rail", "vote"], "de": ["Regen", "Sturm", "Zug", "Bahn", "Wahl"]}
    weights = [[3, 2, 0, 0, 0], [2, 3, 0, 0, 0], [0, 0, 3, 2, 0], [0, 0, 0, 1, 3]]
    return handmade_model(words, dict.fromkeys(words, weights))


def test_what_is_saved_is_a_view_that_gloctm_reads(profile, model, tmp_path):
    page = profile.open(write_report(summarize(model), tmp_path / "report.html").as_uri() + "#topic=0")
    page.get_by_role("button", name="Merge with…").click()
    page.get_by_label("Merge with (the most similar first)").select_option("1")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name, in all languages").fill("天気 weather")
    page.get_by_role("button", name="Save", exact=True).click()
    go(page, "#topic=3")
    page.get_by_role("button", name="Hide", exact=True).click()
    name, content = saved(page, page.get_by_role("button", name="Save view file"))
    assert name.endswith("view.json")
    (tmp_path / "view.json").write_bytes(content)
    view = TopicView.load(tmp_path / "view.json")
    assert view == TopicView.of(model).merge([0, 1], "天気 weather").hide(3)
    view.save(tmp_path / "again.json")
    assert json.loads(content) == json.loads((tmp_path / "again.json").read_text())
    assert summarize(model, view=view).topics[0].name == "天気 weather"
    # And the page reads what gloctm writes.
    page.get_by_role("button", name="Discard all").click()
    other = TopicView.of(model).merge([2, 3]).rename(1, "Sturm").save(tmp_path / "other.json")
    page.get_by_label("Load a view file").set_input_files(other)
    page.get_by_text("You changed 2 things").wait_for()
    assert page.locator("tbody .number").all_inner_texts() == ["0", "1", "2"]
    assert page.locator("tbody .topic-link", has_text="Sturm").count() == 1
    for wrong, said in [
        ({"format": "something"}, "not the file of a view"),
        ({**json.loads(content), "topics_fingerprint": "ff"}, "of another model"),
        ({**json.loads(content), "hidden": []}, "damaged"),
        (None, "not the file of a view"),
    ]:
        data = b"\xff" if wrong is None else json.dumps(wrong).encode()
        page.get_by_label("Load a view file").set_input_files(
            files=[{"name": "w.json", "mimeType": "application/json", "buffer": data}]
        )
        page.locator("#changes .problem", has_text=said).wait_for()


def test_a_page_that_can_keep_nothing_edits_all_the_same(profile, report):
    page = profile.open(report.as_uri() + "#topic=1")
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } })")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name, in all languages").fill("Trains")
    page.get_by_role("button", name="Save", exact=True).click()
    assert "Trains" in heading(page)


def test_a_server_computes_what_is_changed(browser):
    import serving
    from gloctm.summary import Summarizer

    model, corpus = serving.make_context_model()
    exact = summarize(model, corpus, view=TopicView.of(model).merge([0, 1], "Weather"))
    profile = Watched(browser)
    with serving.listening(serving.create_app(model, Summarizer(model, corpus))) as address:
        page = profile.open(f"{address.rstrip('/')}/#topic=0")
        page.get_by_role("button", name="Merge with…").click()
        page.get_by_label("Merge with (the most similar first)").select_option("1")
        page.get_by_role("button", name="Merge", exact=True).click()
        page.get_by_text("You changed 1 thing").wait_for()
        assert page.locator(".estimated").count() == 0
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("Name, in all languages").fill("Weather")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("You changed 2 things").wait_for()
        assert "Weather" in heading(page)
        topic = exact.topics[0]
        assert f"{100 * topic.overall:.1f}% of a document on average" in page.locator(".lead").inner_text()
        assert page.locator(".word-column ol[lang=en] .text").all_text_contents() == [w for w, _ in topic.words["en"]]
        go(page, "#search=rain+and+storm&by=meaning")
        page.locator(".result .topic-list .topic-link").first.wait_for()
        assert "Weather" in page.locator(".result .topic-list").inner_text()
        assert page.locator(".result .document").count() > 0
        go(page, "#topic=0")
        # Everyone has it, until it is undone.
        other = profile.open(f"{address.rstrip('/')}/#view=topics")
        assert other.locator("tbody .topic-link", has_text="Weather").count() == 1
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("You changed 1 thing").wait_for()
        assert "Weather" not in heading(page)
        page.get_by_role("button", name="Split again").click()
        page.get_by_text("Nothing is changed.").wait_for()
        assert page.locator("#views a", has_text="Documents").count() == 1
    # The server is gone: it is said, and nothing is changed.
    profile.refused = 1
    page.get_by_role("button", name="Hide", exact=True).click()
    page.get_by_text("The server can't be reached.").wait_for()
    profile.context.close()
    profile.check()


def test_a_merged_topic_has_the_name_and_words_that_python_gives_it(profile, tmp_path):
    import serving

    model, corpus = serving.make_context_model()
    assert model.coherent_words_
    exact = summarize(model, corpus, view=TopicView.of(model).merge([0, 1])).topics[0]
    page = profile.open(write_report(summarize(model, corpus), tmp_path / "report.html").as_uri() + "#topic=0")
    page.get_by_role("button", name="Merge with…").click()
    page.get_by_label("Merge with (the most similar first)").select_option("1")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_text("You changed 1 thing").wait_for()
    assert exact.name in heading(page)
    for code in model.languages_:
        expected = [word for word, _ in exact.words[code]]
        assert page.locator(f".word-column ol[lang={code}] .text").all_text_contents()[: len(expected)] == expected


def rename(page, name):
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Name, in all languages").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()


def test_edits_of_several_people_at_once_are_all_kept_or_it_is_said_which_are_not(browser):
    import serving
    from gloctm.summary import Summarizer

    model, corpus = serving.make_context_model()
    # A browser tells of the answer that refuses a change.
    profile = Watched(browser, refused=2)
    with serving.listening(serving.create_app(model, Summarizer(model, corpus))) as address:
        url = address.rstrip("/")
        one, other = profile.open(f"{url}/#topic=1"), profile.open(f"{url}/#topic=2")
        rename(one, "AAA")
        one.get_by_text("You changed 1 thing").wait_for()
        rename(other, "BBB")
        other.get_by_text("You changed 1 thing").wait_for()
        assert "Topic 2 is called “BBB”." in tell(other)
        go(other, "#view=topics")
        names = other.locator("tbody .topic-link").all_inner_texts()
        assert [name for name in names if "AAA" in name or "BBB" in name] == names[1:]
        visitor = profile.open(f"{url}/#view=topics")
        assert visitor.locator("tbody .topic-link").all_inner_texts() == names
        # What is undone is one's own change alone.
        other.get_by_role("button", name="Undo").click()
        other.locator("tbody .topic-link", has_text="BBB").wait_for(state="detached")
        assert other.locator("tbody .topic-link", has_text="AAA").count() == 1
        # Both change the same topic: the first one stands, and the second reader is told.
        go(other, "#topic=1")
        rename(other, "CCC")
        other.get_by_text("You changed 1 thing").wait_for()
        rename(one, "DDD")
        said = one.locator("#changes .problem")
        said.wait_for()
        assert "Topic 1 is called “CCC”." in said.inner_text()
        assert "Your change is not shown: Topic 1 is called “DDD”." in said.inner_text()
        assert "CCC" in heading(one)
        # It may be made over theirs.
        rename(one, "DDD")
        one.get_by_text("You changed 1 thing").wait_for()
        assert "DDD" in heading(one)
    profile.context.close()
    profile.check()


def test_a_report_of_another_view_of_the_model_begins_without_the_edits_of_the_first(profile, model, tmp_path):
    view = TopicView.of(model).merge([0, 1])
    # In one folder, both have one storage.
    first = write_report(summarize(model), tmp_path / "report.html")
    second = write_report(summarize(model, view=view), tmp_path / "viewed.html")
    page = profile.open(first.as_uri() + "#topic=3")
    assert page.locator(".brand").inner_text() == "4 topics in English and German"
    page.get_by_role("button", name="Hide", exact=True).click()
    page.get_by_text("You changed 1 thing").wait_for()
    go(page, "#view=overview")
    # A title by default follows.
    for place in [".brand", "h1"]:
        assert page.locator(place).inner_text() == "3 topics in English and German", place
    page.goto(second.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert not page.locator("#changes").is_visible()
    assert heading(page) == "3 topics in English and German"
    page.goto(first.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert "Topic 3 is hidden." in tell(page)
    page.get_by_role("button", name="Discard all").click()
    assert page.locator(".brand").inner_text() == "4 topics in English and German"


def test_where_a_server_takes_no_changes_the_page_shows_them_alone(browser):
    import serving

    model, corpus = serving.make_context_model()
    profile = Watched(browser, refused=1)
    with serving.listening(serving.create_app(model, summarize(model, corpus))) as address:
        page = profile.open(f"{address.rstrip('/')}/#topic=0")
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("Name, in all languages").fill("Weather")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("changes are shown in this page only").wait_for()
        assert "Weather" in heading(page)
        go(page, "#topic=1")
        page.get_by_role("button", name="Hide", exact=True).click()
        arrive(page, "#view=topics")
        # The server still infers the topic that is hidden here.
        go(page, "#view=try")
        page.get_by_label("Text", exact=True).fill("rain and storm")
        page.get_by_label("Language", exact=True).select_option("en")
        page.get_by_role("button", name="Find its topics").click()
        page.locator(".result .topic-list").first.wait_for()
        assert sorted(page.locator(".result .topic-list .number").all_inner_texts()) == ["0", "2"]
        assert "Weather" in page.locator(".result").first.inner_text()
    profile.context.close()
    profile.check()
