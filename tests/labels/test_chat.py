"""Labels by a language model: what is sent, what is read, and what goes wrong."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from command_line import assert_refused, run_here, succeeded
from gloctm import Corpus, GloCTM
from gloctm.errors import InputError, MissingDependencyError
from gloctm.labels import ChatLabeler, LabelingError, TopicToLabel, labels_from_function

SHOWN = TopicToLabel(
    3,
    {"en": (("train", 2.0), ("bus", 1.5)), "zh": (("火车", 1.0),)},
    {"en": ("The train\nwas late.",), "zh": ("火车晚点了。",)},
)


@contextmanager
def endpoint(*answers, status=200):
    """An endpoint on this machine that gives these answers, the last again and again, and keeps what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append({"path": self.path, "key": self.headers["authorization"], **body})
            content = answers[min(len(asked), len(answers)) - 1]
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
            text = json.dumps(
                {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}
                if status == 200
                else {"error": {"message": content}}
            ).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    corpus = Corpus.from_texts(
        {
            "en": ["The boat lay in the harbour.", "The bread is in the oven."] * 10,
            "de": ["Das Boot lag im Hafen.", "Das Brot liegt im Ofen."] * 10,
        },
        show_progress=False,
    )
    model = GloCTM(num_topics=2, show_progress=False).fit(corpus)
    folder = tmp_path_factory.mktemp("chat")
    corpus.save(folder / "corpus")
    return model, corpus, model.save(folder / "model"), folder / "corpus"


def test_words_and_documents_of_all_languages_are_asked_about():
    with endpoint('{"en": "Rail travel", "zh": "铁路出行"}') as (url, asked):
        assert ChatLabeler("small", base_url=url)(SHOWN) == {"en": "Rail travel", "zh": "铁路出行"}
    (request,) = asked
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["temperature"], request["seed"]) == ("small", 0, 0)
    system, user = request["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"].splitlines() == [
        "Words in English (en): train, bus",
        "Words in Chinese (zh): 火车",
        "A document in English (en): The train was late.",
        "A document in Chinese (zh): 火车晚点了。",
        "Name the topic in: English (en), Chinese (zh)",
    ]
    assert request["messages"] == ChatLabeler("small", base_url=url).messages(SHOWN)


@pytest.mark.parametrize(
    "answer",
    [
        '```json\n{"fr": "Le train"}\n```',
        'Here it is: {"fr": " Le\\ntrain "} I hope this helps.',
        '{"fr": "Le train", "de": "Der Zug"}',
    ],
)
def test_answers_are_read_leniently_and_in_the_languages_asked_for(answer):
    with endpoint(answer) as (url, asked):
        assert ChatLabeler("small", languages=["fr"], base_url=url)(SHOWN) == {"fr": "Le train"}
    assert asked[0]["messages"][1]["content"].endswith("Name the topic in: French (fr)")


@pytest.mark.parametrize("answer", ["", "Rail travel", '{"en": "Rail travel"}', '["a"]', '{"en": "a", "zh": ""}', "}{"])
def test_answers_without_a_name_are_told(answer):
    with endpoint(answer) as (url, _), pytest.raises(InputError, match=r"small gave no name in .*zh"):
        ChatLabeler("small", base_url=url)(SHOWN)


def test_keys(monkeypatch):
    with endpoint('{"en": "a", "zh": "b"}') as (url, asked):
        ChatLabeler("small", base_url=url)(SHOWN)
        monkeypatch.setenv("OPENAI_API_KEY", "of the environment")
        ChatLabeler("small", base_url=url)(SHOWN)
        ChatLabeler("small", base_url=url, api_key="given")(SHOWN)
    assert [each["key"] for each in asked] == ["Bearer none", "Bearer of the environment", "Bearer given"]


def test_what_was_answered_before_a_failure_is_kept(trained):
    model, corpus, *_ = trained
    with endpoint('{"en": "Water", "de": "Wasser"}', "no") as (url, asked), pytest.raises(LabelingError) as caught:
        labels_from_function(model, ChatLabeler("small", base_url=url), corpus=corpus)
    assert caught.value.topic == 1
    assert caught.value.labels == {"en": {0: "Water"}, "de": {0: "Wasser"}}
    assert "A document in German (de): " in asked[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": " "}, "give the name of a language model"),
        ({"model": "a", "base_url": "localhost:11434"}, "give an address such as http://localhost:11434/v1"),
        ({"model": "a", "timeout": 0}, "timeout is 0"),
        ({"model": "a", "languages": ["no language"]}, "no language"),
    ],
)
def test_wrong_settings(given, message):
    with pytest.raises(InputError, match=message):
        ChatLabeler(**given)


def test_without_the_client(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "gloctm\[llm\]"'):
        ChatLabeler("small")


def test_the_command_labels_by_a_model_and_by_hand(tmp_path, trained):
    _, _, model, corpus = trained
    with endpoint('{"en": "Water", "de": "Wasser"}') as (url, asked):
        arguments = ("--llm=small", f"--endpoint={url}", f"--corpus={corpus}", "--set", "1:en=By hand")
        result = succeeded(run_here("label", model, *arguments, "-o", tmp_path / "labeled"))
    assert len(asked) == 2
    assert result.stderr.endswith(
        f"labels written to {tmp_path / 'labeled'}; see them with: gloctm topics {tmp_path / 'labeled'}\n"
    )
    expected = {"en": {0: "Water", 1: "By hand"}, "de": {0: "Wasser", 1: "Wasser"}}
    assert GloCTM.load(tmp_path / "labeled").labels_ == expected
    assert GloCTM.load(model).labels_ == {}
    shown = succeeded(run_here("topics", tmp_path / "labeled")).stdout
    assert "By hand" in shown
    # And in place.
    result = run_here("label", tmp_path / "labeled", "--set=0:fr=L'eau")
    assert result.returncode == 0
    assert result.stderr.splitlines()[0] == (
        "gloctm: warning: labels in fr are shown only where topics get words of that language (gloctm topics "
        "--vocabulary): the model has en, de"
    )
    assert GloCTM.load(tmp_path / "labeled").labels_ == {**expected, "fr": {0: "L'eau"}}


def test_a_label_without_a_language_is_of_all(tmp_path, trained):
    result = succeeded(run_here("label", trained[2], "--set=0=Books", "--set=0:de=Bücher", "-o", tmp_path / "labeled"))
    assert "warning" not in result.stderr
    assert GloCTM.load(tmp_path / "labeled").labels_ == {"en": {0: "Books"}, "de": {0: "Bücher"}}


def test_the_command_shows_prompts_without_the_client(monkeypatch, trained):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    shown = succeeded(run_here("label", trained[2], "--llm=small", "--languages=fr", "--show-prompts")).stdout
    assert shown.count("Name the topic in: French (fr)") == 2


def test_the_command_shows_its_prompts_and_sends_nothing(trained):
    model = trained[2]
    with endpoint("{}") as (url, asked):
        shown = succeeded(run_here("label", model, "--llm=small", f"--endpoint={url}", "--show-prompts")).stdout
    assert asked == []
    assert shown.count("[system]") == shown.count("[user]") == 2
    assert "Words in German (de): " in shown


def test_the_command_keeps_what_was_answered(tmp_path, trained):
    _, _, model, _ = trained
    with endpoint('{"en": "Water", "de": "Wasser"}', "no") as (url, _):
        result = run_here("label", model, "--llm=small", f"--endpoint={url}", "-o", tmp_path / "labeled")
    assert result.returncode == 2
    kept, error = result.stderr.splitlines()
    assert kept == f"labels of the topics before topic 1 were written to {tmp_path / 'labeled'}"
    assert "the function failed at topic 1 (InputError: small gave no name" in error
    assert GloCTM.load(tmp_path / "labeled").labels_ == {"en": {0: "Water"}, "de": {0: "Wasser"}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give --set TOPIC:LANG=TEXT, or --llm NAME"),
        (("--set=en=3",), "give TOPIC:LANG=TEXT, for example 3:en=Travel"),
        (("--set=9:en=a",), "topic 9"),
        (("--endpoint=http://a",), "--endpoint is for --llm"),
        (("--show-prompts",), "--show-prompts is for --llm"),
    ],
)
def test_the_command_refuses(trained, arguments, message):
    assert_refused(run_here("label", trained[2], *arguments), message)


def test_an_endpoint_that_refuses_or_is_not_there(trained):
    model = trained[2]
    with endpoint("no such model", status=404) as (url, _):
        assert_refused(run_here("label", model, "--llm=small", f"--endpoint={url}"), "topic 0", "no such model")
    assert_refused(run_here("label", model, "--llm=small", f"--endpoint={url}"), "topic 0", "Connection error")
