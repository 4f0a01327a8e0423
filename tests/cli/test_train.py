"""``train``: settings by flag, file and preset."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from command_line import THEMES, run_here, run_process, succeeded
from gloctm import GloCTM
from gloctm.training.presets import PRESETS


def test_small_corpora_are_warned_of_on_standard_error(tmp_path, corpus):
    result = run_process("train", corpus, "-o", tmp_path / "model", "--num-topics=7", "--threads=1", "-q")
    assert (result.returncode, result.stdout) == (0, "")
    first, *others = result.stderr.splitlines()
    assert first == (
        "gloctm: warning: language 'en' has 20 documents for 7 topics, too few to distinguish that many topics: ask "
        "for about 2 topics (--num-topics 2 or --num-topics auto), or add documents"
    )
    assert "warning" not in "".join(others).lower()


def test_train(training, corpus):
    result, target = training
    succeeded(result)
    assert result.stdout == ""
    remark, near, topics, chosen, told, last = result.stderr.splitlines()
    assert "the corpus has 40 documents for 3 topics" in remark
    assert near.startswith("finding near documents: 40/40 documents")
    assert topics.startswith("finding topics: 8/8 steps")
    model = GloCTM.load(target)
    assert chosen == f"chosen: num_near_documents 3, temperature {model.temperature:g}"
    assert told == f"3 topics; model written to {target}"
    page = f"gloctm report {target} --corpus {corpus} -o {target}.html"
    assert last == f"next: gloctm topics {target}, or a page: {page}"
    chosen_by_corpus = {"num_near_documents": 3, "temperature": model.temperature, "ranking": "coherence"}
    assert model.get_params() == {**GloCTM().get_params(), "num_topics": 3, "threads": 1, **chosen_by_corpus}
    assert model.history_ == []


def test_train_by_the_published_method(published_training):
    result, target = published_training
    succeeded(result)
    assert result.stdout == ""
    *progress, told, following = result.stderr.splitlines()
    assert progress[-1].startswith("training: 2/2 steps")
    # Losses are for those who ask for them.
    assert progress[-1].endswith("(epoch 2 of 2)")
    assert re.fullmatch(r"3 topics(, \d doubtful \(.*\))?; model written to .*", told)
    assert following.startswith(f"next: gloctm topics {target}, ")
    model = GloCTM.load(target)
    given = {"method": "published", "ranking": "weights", "num_topics": 3, "epochs": 2, "threads": 1}
    assert model.get_params() == {**GloCTM().get_params(), **given}
    assert [epoch["epoch"] for epoch in model.history_] == [1, 2]


def test_the_terms_of_the_loss_are_shown_on_request(tmp_path, corpus):
    arguments = ("-o", tmp_path / "model", "--method=published", "--epochs=2", "--topics=2", "--threads=1")
    result = succeeded(run_here("train", corpus, *arguments, "--verbose", "-q"))
    number = r"-?[\d.]+"
    first, second, _ = result.stderr.splitlines()
    for epoch, line in enumerate((first, second), start=1):
        terms = " \\+ ".join(f"{name} {number}" for name in ("local", "global", "KL", "CKA"))
        assert re.fullmatch(f"epoch {epoch} of 2: loss {number} = {terms}", line)


def test_flags_outweigh_the_preset(tmp_path, corpus):
    target = tmp_path / "model"
    flags = ("--epochs=1", "--num-topics=4", "--threads=1", "--no-progress")
    result = succeeded(run_here("train", corpus, "-o", target, "--preset=rakuten_amazon", *flags))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    preset = {name: value for name, value in PRESETS["rakuten_amazon"].items() if name not in ("epochs", "num_topics")}
    assert (settings["epochs"], settings["num_topics"], settings["show_progress"]) == (1, 4, False)
    assert {name: settings[name] for name in preset} == preset


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("settings.yaml", "num_topics: 5\nkl_weight: 7\nepochs: 1\nthreads: 1\nshow_progress: false\n"),
        ("settings.toml", "num_topics = 5\nkl_weight = 7\nepochs = 1\nthreads = 1\nshow_progress = false\n"),
    ],
)
def test_flags_outweigh_the_config_file_which_outweighs_the_preset(tmp_path, corpus, name, lines):
    (tmp_path / name).write_text(lines)
    target = tmp_path / "model"
    options = ("--config", tmp_path / name, "--preset=amazon_review", "--num-topics=3")
    result = succeeded(run_here("train", corpus, "-o", target, *options))
    assert result.stderr.count("\n") == 1
    settings = GloCTM.load(target).get_params()
    assert settings["num_topics"] == 3
    assert settings["kl_weight"] == 7
    for name in ("cka_weight", "batch_size"):
        assert settings[name] == PRESETS["amazon_review"][name]
    assert settings["epochs"] == 1


SETTINGS = {
    "context": {
        "num_topics": 4,
        "method": "context",
        "ranking": "weights",
        "num_near_documents": 2,
        "num_refinements": 1,
        "temperature": 0.25,
        "seed_words": {"1": {"de": ["zug", "gleis"]}, "3": {"en": ["bread"]}},
        "seed_weight": 0.5,
        "random_state": 5,
        "threads": 1,
        "show_progress": False,
    },
    "published": {
        "num_topics": 4,
        "method": "published",
        "ranking": "coherence",
        "num_neighbors": 2,
        "neighbor_search": "approximate",
        "kl_weight": 1.5,
        "cka_weight": 10.0,
        "local_hidden_size": 6,
        "global_hidden_size": 7,
        "dropout": 0.1,
        "epochs": 1,
        "max_steps": 2,
        "batch_size": 10,
        "shuffle_documents": 100,
        "learning_rate": 0.01,
        "schedule": "cosine",
        "decay_every": 3,
        "decay_every_steps": 8,
        "decay_factor": 0.9,
        "warmup_steps": 1,
        "patience": 4,
        "min_improvement": 0.02,
        "random_state": 5,
        "device": "cpu",
        "threads": 1,
        "show_progress": False,
    },
}


def test_every_setting_is_tried():
    assert set(GloCTM().get_params()) == {name for settings in SETTINGS.values() for name in settings}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_has_its_flag_and_reaches_the_model(tmp_path, corpus, settings):
    (tmp_path / "seeds.json").write_text(json.dumps(settings.get("seed_words")))
    written = {**settings, "seed_words": tmp_path / "seeds.json"}
    flags = [f"--{name.replace('_', '-')}={written[name]}" for name in settings if name != "show_progress"]
    target = tmp_path / "model"
    succeeded(run_here("train", corpus, "-o", target, "--no-progress", *flags))
    model = GloCTM.load(target)
    assert model.settings_ == settings
    assert model.get_params() == {**GloCTM().get_params(), **settings}


@pytest.mark.parametrize("name", ["seeds.yaml", "config.yaml"])
def test_seed_words_guide_topics(tmp_path, corpus, name):
    words = "Rail travel:\n  de: [Zug]\nFood:\n  en: [bread, oven]\n"
    if name == "config.yaml":
        words = "seed_words:\n" + "".join(f"  {line}\n" for line in words.splitlines())
    (tmp_path / name).write_text(words)
    flag = "--config" if name == "config.yaml" else "--seed-words"
    target = tmp_path / "model"
    succeeded(run_here("train", corpus, "-o", target, "-q", "--num-topics=3", "--threads=1", flag, tmp_path / name))
    model = GloCTM.load(target)
    assert model.labels_ == {code: {0: "Rail travel", 1: "Food"} for code in ("en", "de")}
    own = {(each["topic"], each["language"]): set(each["words"]) for each in model.topics(6)}
    for topic, theme in ((0, "rail"), (1, "baking")):
        assert all(len(own[topic, code] & set(THEMES[code][theme])) >= 5 for code in ("en", "de"))
    assert "Rail travel" in succeeded(run_here("topics", target)).stdout


OTHER_METHOD = (
    "{0} is given, a setting of --method {1}, but the method is '{2}': leave {0} out, or give --method {1}".format
)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--epochs=3"], OTHER_METHOD("epochs", "published", "context")),
        (["--preset=ecnews", "--temperature=0.1"], OTHER_METHOD("temperature", "context", "published")),
        (["--method=published", "--temperature=0.1"], OTHER_METHOD("temperature", "context", "published")),
        (["--config=a.toml"], OTHER_METHOD("num_refinements", "context", "published")),
        (
            ["--tensorboard=loss", "--num-topics=3"],
            "--tensorboard is given, but the method 'context' has no epochs to tell of: leave it out, or give "
            "--method published",
        ),
        (["--method=neural"], "--method is 'neural': it must be context or published"),
        (
            ["--method=published", "--tensorboard=model/loss"],
            "--tensorboard is model/loss, where the model goes: name another folder",
        ),
    ],
)
def test_settings_of_the_other_method_are_refused(tmp_path, corpus, flags, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.toml").write_text("num_refinements = 2\nmethod = 'published'\n")
    result = run_here("train", corpus, "-o", tmp_path / "model", *flags)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"gloctm: error: {message}\n")
    assert os.listdir(tmp_path) == ["a.toml"]


def test_a_training_goes_on_from_a_model(tmp_path, corpus, model):
    target = tmp_path / "new"
    flags = ("--from", model, "--num-topics=4", "--num-refinements=3")
    result = succeeded(run_here("train", corpus, "-o", target, *flags))
    header, *rows = result.stdout.splitlines()
    assert header.split() == ["topic", "label", "status", "similarity", "share_before", "share", "new_words"]
    assert [row.split()[:2] for row in rows[:3]] == [[str(topic), "persisted"] for topic in range(3)]
    assert rows[3].split()[:2] == ["3", "new"]
    assert "words: en 0 new, 0 lost; de 0 new, 0 lost" in result.stderr.splitlines()
    assert f"model written to {target}" in result.stderr
    loaded, before = GloCTM.load(target), GloCTM.load(model)
    assert (loaded.num_topics, loaded.num_refinements, before.num_refinements) == (4, 3, 5)
    assert sorted(loaded.chosen_) == ["num_near_documents", "temperature"]
    own = {each["topic"]: set(each["words"]) for each in before.topics(5, language="en")}
    assert all(len(own[each["topic"]] & set(each["words"])) >= 4 for each in loaded.topics(5, language="en")[:3])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--from=nothing"], "nothing does not exist"),
        (["--old-weight=1"], "--old-weight is given without --from: name the model to go on from, or leave it out"),
        (["--from=model", "--num-topics=2"], "num_topics is 2: it must be a whole number of at least 3, since topics"),
        (["--from=model", "--old-weight=-1"], "--old-weight is -1: it must be 0 or more"),
        (["--from=model", "--tensorboard=loss"], "--tensorboard is given, but a training from a model has no epochs"),
        (["--from=model", "--preset=ecnews"], "no training can go on from a model of the method 'published'"),
        (["--from=published"], "no training can go on from a model of the method 'published'"),
    ],
)
def test_what_can_not_be_gone_on_from_is_refused(tmp_path, corpus, model, published, flags, message):
    given = [flag.replace("=model", f"={model}").replace("=published", f"={published}") for flag in flags]
    result = run_here("train", corpus, "-o", tmp_path / "new", *given)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert os.listdir(tmp_path) == []


def test_a_model_replaces_an_older_one(tmp_path, corpus):
    target = tmp_path / "model"
    for seed in (1, 2):
        flags = ("--num-topics=2", "--threads=1", f"--random-state={seed}", "--no-progress")
        succeeded(run_here("train", corpus, "-o", target, *flags))
        assert GloCTM.load(target).seed_ == seed
        assert os.listdir(tmp_path) == ["model"]


def test_progress_is_left_out_where_asked(tmp_path, corpus):
    for flag in ("-q", "--quiet", "--no-progress"):
        arguments = ("-o", tmp_path / "model", "--num-topics=2", "--threads=1")
        result = succeeded(run_here("train", corpus, *arguments, flag))
        assert [line for line in result.stderr.splitlines() if not line.startswith("model written to")] == []
        assert GloCTM.load(tmp_path / "model").show_progress is False
