"""Models on the Hugging Face Hub: huggingface_hub is real, the network is a server on the loopback."""

from __future__ import annotations

import json
import socket

import numpy as np
import pytest
import yaml

from gloctm import GloCTM
from gloctm.errors import FileFormatError, InputError, MissingDependencyError
from gloctm.files.digests import with_own_sha256
from hub_server import running_hub
from planted import planted_corpus

pytest.importorskip("huggingface_hub", reason='the Hub needs huggingface_hub: pip install "gloctm[hub]"')

NAME = "somebody/my-topics"


@pytest.fixture
def model(repository, tmp_path):
    loaded = GloCTM.load(repository / "tests" / "data" / "model-format-1")
    loaded.save(tmp_path / "model")
    return loaded


@pytest.fixture(autouse=True)
def offline_settings(monkeypatch, tmp_path):
    """No proxy between here and here, no token of whoever runs the tests."""
    from huggingface_hub import constants

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    # Read when it was imported, which may have been in a test of what is done without a network.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))


@pytest.fixture
def hub(monkeypatch):
    with running_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def test_a_model_goes_up_and_comes_back_whole(model, hub, tmp_path):
    model.set_labels({"en": {0: "weather", 2: "sport"}})
    address = model.push_to_hub(NAME, token="secret", commit_message="First topics")
    assert address.startswith(f"{hub.address}/{NAME}/commit/")
    assert [commit["summary"] for commit in hub.commits] == ["First topics"]
    assert "Bearer secret" in hub.tokens
    files = hub.repositories[NAME]["main"]
    assert set(files) == {
        *(".gitattributes", "README.md", "labels.json", "model.json", "vocabulary.json"),
        *("weights.safetensors", "word_embeddings.safetensors"),
    }
    card = files["README.md"].decode()
    assert yaml.safe_load(card.split("---")[1])["language"] == ["en", "zh"]
    assert f'GloCTM.from_pretrained("{NAME}")' in card
    loaded = GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache")
    assert loaded.labels_ == {"en": {0: "weather", 2: "sport"}}
    assert loaded.topics(5) == model.topics(5)
    for name, array in model.weights_.items():
        np.testing.assert_array_equal(loaded.weights_[name], array)


def test_a_model_of_the_context_method_has_its_coherent_words_there(hub, tmp_path):
    corpus = planted_corpus(["en", "de"], num_topics=3, documents=40)
    model = GloCTM(num_topics=3, threads=1, show_progress=False).fit(corpus)
    model.push_to_hub(NAME, token="secret")
    assert "coherent_words.safetensors" in hub.repositories[NAME]["main"]
    loaded = GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache")
    assert loaded.settings_ == model.settings_
    assert loaded.topics(10) == model.topics(10)
    found, expected = loaded.transform(corpus), model.transform(corpus)
    for code in corpus:
        np.testing.assert_array_equal(found[code], expected[code])
    # A model without them takes them from the repository.
    other = GloCTM(num_topics=3, ranking="weights", threads=1, show_progress=False).fit(corpus)
    other.push_to_hub(NAME, token="secret")
    assert "coherent_words.safetensors" not in hub.repositories[NAME]["main"]
    assert GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache").topics(10) == other.topics(10)


def test_the_second_time_nothing_is_fetched_again_nor_needed(model, hub, tmp_path, monkeypatch):
    model.push_to_hub(NAME, token="secret")
    first = GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache")
    hub.requests.clear()
    GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache")
    assert not [path for method, path in hub.requests if method == "GET" and "/resolve/" in path]
    # Without a network, what is kept serves.
    monkeypatch.setenv("HF_ENDPOINT", nobody_listening())
    assert GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache").topics(3) == first.topics(3)


def test_only_the_files_of_a_model_are_fetched_whatever_a_repository_holds(model, hub, tmp_path):
    model.push_to_hub(NAME, token="secret")
    strange = {"../../outside.txt": b"x", "/absolute": b"x", "model.pkl": b"x", "en/weights.safetensors": b"x"}
    hub.repositories[NAME]["main"].update(strange)
    cache = tmp_path / "inside" / "cache"
    GloCTM.from_pretrained(NAME, cache_dir=cache)
    fetched = {path.rpartition("/")[2] for method, path in hub.requests if method == "GET" and "/resolve/" in path}
    assert fetched == {"model.json", "vocabulary.json", "weights.safetensors", "word_embeddings.safetensors"}
    assert not [path for path in tmp_path.rglob("*") if path.name in ("outside.txt", "absolute", "model.pkl")]


def test_a_manifest_that_leads_out_of_the_folder(model, hub, tmp_path):
    model.push_to_hub(NAME, token="secret")
    files = hub.repositories[NAME]["main"]
    content = json.loads(files["model.json"])
    content["files"]["../secret.txt"] = 3
    content["sha256"]["../secret.txt"] = "0" * 64
    files["model.json"] = json.dumps(with_own_sha256(content)).encode()
    with pytest.raises(FileFormatError, match=rf"^the repository '{NAME}' is damaged: .*outside the folder"):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache")


def test_a_branch_of_its_own(model, hub, tmp_path):
    model.push_to_hub(NAME, token="secret")
    model.set_labels({"zh": ["一", "二", "三"]}).push_to_hub(NAME, token="secret", revision="labeled")
    assert GloCTM.from_pretrained(NAME, cache_dir=tmp_path).labels_ == {}
    by_branch = GloCTM.from_pretrained(NAME, revision="labeled", cache_dir=tmp_path)
    by_commit = GloCTM.from_pretrained(NAME, revision=hub.commit_of(NAME, "labeled"), cache_dir=tmp_path)
    assert by_branch.labels_ == by_commit.labels_ == model.labels_


def test_labels_taken_off_go_from_the_repository_too(model, hub, tmp_path):
    model.set_labels({"en": {0: "weather"}}).push_to_hub(NAME, token="secret")
    model.set_labels({"en": {}}, replace=True).push_to_hub(NAME, token="secret")
    assert "labels.json" not in hub.repositories[NAME]["main"]
    assert GloCTM.from_pretrained(NAME, cache_dir=tmp_path).labels_ == {}


def test_a_card_that_somebody_wrote_stays_and_a_made_one_is_made_anew(model, hub):
    model.push_to_hub(NAME, token="secret")
    made = hub.repositories[NAME]["main"]["README.md"]
    model.set_labels({"en": {0: "weather"}}).push_to_hub(NAME, token="secret")
    anew = hub.repositories[NAME]["main"]["README.md"]
    assert b"weather" in anew
    assert b"weather" not in made
    hub.repositories[NAME]["main"]["README.md"] = b"# Ours\n"
    for _ in range(2):
        model.set_labels({"en": {1: "sport"}}, replace=True).push_to_hub(NAME, token="secret")
        assert hub.repositories[NAME]["main"]["README.md"] == b"# Ours\n"
    model.push_to_hub(NAME, token="secret", card="# Given\n")
    model.push_to_hub(NAME, token="secret")
    assert hub.repositories[NAME]["main"]["README.md"] == b"# Given\n"
    assert GloCTM.from_pretrained(NAME).labels_ == {"en": {1: "sport"}}


def test_private_repositories(model, hub, tmp_path):
    model.push_to_hub(NAME, token="secret", private=True)
    assert hub.private == {NAME}
    with pytest.raises(InputError, match=rf"the Hub shows you no repository '{NAME}': check its name, or"):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path)
    assert GloCTM.from_pretrained(NAME, token="secret", cache_dir=tmp_path).languages_ == ("en", "zh")


def test_a_folder_is_read_without_asking_anybody(model, hub, tmp_path):
    assert GloCTM.from_pretrained(tmp_path / "model").topics(3) == model.topics(3)
    assert GloCTM.from_pretrained(str(tmp_path / "model")).topics(3) == model.topics(3)
    assert hub.requests == []
    with pytest.raises(InputError, match="is a folder, which has no revisions: leave revision out"):
        GloCTM.from_pretrained(tmp_path / "model", revision="main")


@pytest.mark.parametrize("name", ["no/such/folder", "./nowhere", "two words", "-x"])
def test_names_that_no_repository_has(hub, tmp_path, name):
    with pytest.raises(InputError, match="is neither a folder nor a repository, like 'organization/name'"):
        GloCTM.from_pretrained(name, cache_dir=tmp_path)
    assert hub.requests == []


def test_a_repository_or_revision_that_is_not_there(model, hub, tmp_path):
    with pytest.raises(InputError, match="the Hub shows you no repository 'no/body'"):
        GloCTM.from_pretrained("no/body", cache_dir=tmp_path)
    model.push_to_hub(NAME, token="secret")
    with pytest.raises(InputError, match=rf"'{NAME}' has no revision 'v9': name a branch, a tag or a"):
        GloCTM.from_pretrained(NAME, revision="v9", cache_dir=tmp_path)
    hub.gated.add(NAME)
    with pytest.raises(InputError, match="chooses who may read it: ask there, then give token="):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "other")


@pytest.mark.parametrize("files", [{"config.json": b"{}", "model.safetensors": b"x"}, {}, {"model.json": b"{}"}])
def test_a_repository_of_something_else(hub, tmp_path, files):
    hub.repositories[NAME] = {"main": files}
    with pytest.raises(FileFormatError, match=rf"^the repository '{NAME}' is not a gloctm model: its? .*model.json"):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path)


def test_a_damaged_repository(model, hub, tmp_path):
    model.push_to_hub(NAME, token="secret")
    hub.repositories[NAME]["main"]["weights.safetensors"] = b"cut"
    with pytest.raises(FileFormatError, match=rf"^the repository '{NAME}' is damaged: weights.safetensors has 3 bytes"):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path)
    del hub.repositories[NAME]["main"]["weights.safetensors"]
    with pytest.raises(FileFormatError, match=rf"^the repository '{NAME}' is incomplete: weights.safetensors is miss"):
        GloCTM.from_pretrained(NAME, cache_dir=tmp_path)


def nobody_listening() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_no_network(model, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", nobody_listening())
    for act in (
        lambda: GloCTM.from_pretrained(NAME, cache_dir=tmp_path / "cache"),
        lambda: model.push_to_hub(NAME, token="secret"),
    ):
        with pytest.raises(
            InputError, match=r"the Hub can't be reached to read or write 'somebody/my-topics': check the"
        ):
            act()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "wants to know who you are|shows you no repository"),
        (403, "does not let you do this with 'somebody/my-topics'"),
        (418, "answered with error 418 about 'somebody/my-topics': try again later"),
    ],
)
def test_a_hub_that_refuses(model, hub, status, message):
    hub.fails_with = status
    with pytest.raises(InputError, match=message) as raised:
        model.push_to_hub(NAME, token="secret")
    assert "\n" not in str(raised.value)


def test_a_card_that_the_hub_does_not_take(model, hub):
    hub.refuses_cards = True
    with pytest.raises(InputError, match='the Hub does not take the card: "license" must be one of a list'):
        model.push_to_hub(NAME, token="secret", card="---\nlicense: mine\n---\n")
    assert hub.commits == []


def test_without_huggingface_hub(model, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    for act in (lambda: GloCTM.from_pretrained(NAME), lambda: model.push_to_hub(NAME)):
        with pytest.raises(MissingDependencyError, match=r'needs huggingface_hub, .*: pip install "gloctm\[hub\]"'):
            act()
