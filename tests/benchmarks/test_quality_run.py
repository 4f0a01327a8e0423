"""The quality benchmark: what it measures, in which order, what it keeps, and the tables made of it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
import quality
import scipy.sparse as sp
import torch
from baselines.ablations import WithoutGlobalPath, WithoutSharedDecoder, training_with
from baselines.clustering import Clustering
from corpora import Files, add_arguments, of_arguments
from measured import descendants
from pages import quality as quality_page
from pages.markdown import in_us_spelling
from pool import Task, run_each, run_or_exit
from quality import MODELS, VIEWS, ResultLog, Setting, Yardsticks, facts, run
from retrieval import aligned_documents, retrieval_by_cosine

from gloctm import Corpus, GloCTM
from gloctm.augmentation.counts import augment
from gloctm.errors import FileFormatError
from gloctm.evaluation import measure_alignment
from gloctm.metrics import topic_diversity, topic_uniqueness
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.sparse import SparseRows
from paths import ROOT
from planted import planted_corpus

pytestmark = pytest.mark.filterwarnings(
    "ignore::gloctm.errors.SmallCorpusWarning",
    "ignore:Number of distinct clusters:sklearn.exceptions.ConvergenceWarning",
)
LANGUAGES = ("en", "zh")
BILINGUAL = ("nmtm", "infoctm")


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(LANGUAGES, num_topics=4, words_per_topic=10, documents=80, seed=1)


@pytest.fixture(scope="module")
def asked(corpus):
    """The first documents of each language once more."""
    return Corpus(
        {
            code: dataclasses.replace(
                part,
                counts=part.counts[:30],
                document_embeddings=part.document_embeddings[:30],
                labels=part.labels[:30],
                ids=[str(row) for row in range(30)],
            )
            for code, part in corpus.items()
        }
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory, corpus):
    """Word vectors, a reference corpus of the documents themselves, and a dictionary."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "reference").mkdir()
    for code, part in corpus.items():
        sp.save_npz(folder / f"word2vec_{code}.npz", sp.csc_array(part.word_embeddings))
        by_theme = np.argsort(part.labels, kind="stable")
        rows = [" ".join(part.vocabulary[column] for column in row.indices) for row in part.counts[by_theme]]
        (folder / "reference" / f"{code}.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    pairs = zip(corpus["en"].vocabulary, corpus["zh"].vocabulary, strict=True)
    (folder / "zh-en.txt").write_text("".join(f"{zh} {en}\n" for en, zh in pairs), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def yardsticks(corpus, asked, data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOCTM_CACHE", str(tmp_path_factory.mktemp("cache")))
        return Yardsticks.read(corpus, asked, data / "reference", data / "zh-en.txt", pairs=asked)


@pytest.fixture
def setting(data):
    return Setting("rakuten_amazon", data, LANGUAGES, data / "zh-en.txt", 0, 1)


def lines_in(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def every(yardsticks, data, tmp_path_factory):
    """A line of every model, and where they are."""
    place = tmp_path_factory.mktemp("results")
    of_all = Setting("rakuten_amazon", data, LANGUAGES, data / "zh-en.txt", 0, 1)
    run(list(MODELS), [0], of_all, yardsticks, ResultLog(place / "quality.jsonl"), place / "checkpoints")
    return place


# What is measured


OF_TOPICS = {
    "topic_uniqueness", "inverted_rank_biased_overlap", "topic_diversity", "cnpmi_published", "cnpmi_document",
    "topic_quality", "npmi", "c_v", "npmi_in_corpus", "reference_coverage", "translation_agreement",
    "translation_coverage", "purity", "normalized_mutual_information", "purity_pooled",
    "normalized_mutual_information_pooled",
}  # fmt: skip
OF_FEATURES = {
    "accuracy_within", "accuracy_across", "macro_f1_within", "macro_f1_across", "retrieval_reciprocal_rank",
    "retrieval_accuracy_1", "retrieval_accuracy_10",
}  # fmt: skip


def test_every_model_is_measured_by_everything(every):
    lines = lines_in(every / "quality.jsonl")
    assert {line["model"] for line in lines} == set(MODELS)
    for line in lines:
        expected = OF_FEATURES if line["model"] == "embeddings" else OF_TOPICS | OF_FEATURES
        assert set(line["measures"]) == expected, line["name"]
        assert all(np.isfinite(list(values.values())).all() for values in line["measures"].values())
        assert line["reference"]["name"] == "reference"
        assert line["dictionary"]["name"] == "zh-en"
        assert {"conditions", "encoder", "details", "machine"} <= set(line)
        assert (line["peak_megabytes"] is None) == (line["model"] == "embeddings")
    [themselves] = [line for line in lines if line["model"] == "embeddings"]
    assert themselves["seed"] is None
    assert themselves["top_words"] == {}
    # Planted themes are plain in the embeddings, and in no words of topics of one epoch.
    assert themselves["measures"]["accuracy_across"] == {"zh from en": 1.0, "en from zh": 1.0}


def test_measures_are_those_of_the_words_in_the_line(every):
    for line in lines_in(every / "quality.jsonl"):
        for code, topics in line["top_words"].items():
            assert {len(words) for words in topics} == {25}
            first = [words[:15] for words in topics]
            assert line["measures"]["topic_uniqueness"][code] == pytest.approx(topic_uniqueness(first), abs=1e-5)
            assert line["measures"]["topic_diversity"][code] == pytest.approx(topic_diversity(topics), abs=1e-5)


def test_a_view_tells_by_which_encoders_it_infers(every):
    lines = [line for line in lines_in(every / "quality.jsonl") if line["name"].startswith("GloCTM")]
    of_method = [line for line in lines if line["model"] == "gloctm"]
    views = [("", "local"), *VIEWS.items(), (quality.COHERENT, "local")]
    assert [(line["view"], line["settings"]["via"]) for line in of_method] == views
    name = "GloCTM as published"
    assert [line["name"] for line in of_method] == [name, *(f"{name}, {view}" for view, _ in views[1:])]
    assert len({line["conditions"] for line in of_method}) == 4
    across = [line["measures"]["macro_f1_across"] for line in of_method]
    assert across[0] != across[1] != across[2]
    # The same model, whose words alone are ranked otherwise.
    assert across[0] == across[3]
    assert of_method[0]["top_words"] == of_method[1]["top_words"] != of_method[3]["top_words"]
    # The default method has one way, whatever it is that is asked for.
    [by_default] = [line for line in lines if line["model"] == "context"]
    assert (by_default["name"], by_default["view"], by_default["settings"]["via"]) == ("GloCTM", "", None)
    # The global encoder is never taught there.
    assert [line["view"] for line in lines if line["model"] == "without-global-path"] == [""]


def test_the_default_method_is_measured_as_it_comes(every, corpus, asked):
    [line] = [line for line in lines_in(every / "quality.jsonl") if line["model"] == "context"]
    assert line["epochs"] is line["published_epochs"] is None
    model = GloCTM(num_topics=50, random_state=0, threads=1, show_progress=False).fit(corpus)
    for code in LANGUAGES:
        words = [topic["words"] for topic in model.topics(25, language=code)]
        assert line["top_words"][code] == words
        # By weights, as a published model has it, they would be others.
        assert words != [topic["words"] for topic in model.topics(25, language=code, ranking="weights")]
    assert line["details"]["chosen"] == {
        name: model.settings_[name] for name in ("num_near_documents", "num_refinements", "temperature")
    }
    assert "epochs" not in line["settings"]


def test_clusters_by_coherent_words_are_those_of_k_means(every):
    lines = {line["model"]: line for line in lines_in(every / "quality.jsonl")}
    ranked = [lines[f"kmeans-{each}"] for each in ("centred", "relevance", "coherent")]
    assert [each["name"].removeprefix("k-means, centred") for each in ranked] == [
        "",
        ", by relevance",
        ", coherent words",
    ]
    for name in ("accuracy_across", "accuracy_within", "purity"):
        assert ranked[0]["measures"][name] == ranked[1]["measures"][name] == ranked[2]["measures"][name]
    assert ranked[0]["top_words"] != ranked[1]["top_words"] != ranked[2]["top_words"]


def test_authors_settings_by_corpus(data):
    given = {"data": data, "dictionary": data / "zh-en.txt", "seed": 0, "epochs": None}
    weights = {
        preset: MODELS["infoctm"](Setting(preset=preset, languages=("en", "zh"), **given)).settings()[
            "alignment_weight"
        ]
        for preset in ("ecnews", "amazon_review", "rakuten_amazon")
    }
    assert weights == {"ecnews": 30.0, "amazon_review": 50.0, "rakuten_amazon": 50.0}
    xtra = {
        preset: MODELS["xtra"](Setting(preset=preset, languages=("en", "zh"), **given)).settings()
        for preset in ("ecnews", "rakuten_amazon")
    }
    known = {"epochs": 800, "representation_weight": 80.0, "topic_weight": 7.0}
    for preset, said in xtra.items():
        assert {name: said[name] for name in known} == known
        assert "epochs" not in said["uncertain"]
        assert ("topic_weight" in said["uncertain"]) == (preset != "ecnews")
    for key in BILINGUAL:
        stems = [
            MODELS[key](Setting(preset="ecnews", languages=each, **given)).settings()["stems"]
            for each in (("en", "zh"), ("zh", "en"), ("en", "ja"))
        ]
        assert stems == [{"en": "porter"}, {"en": "porter"}, {}]


# What is kept, and not done again


def test_what_is_there_is_not_run_again(every, yardsticks, setting, monkeypatch):
    before = (every / "quality.jsonl").read_bytes()
    monkeypatch.setattr(GloCTM, "fit", None)
    run(list(MODELS), [0], setting, yardsticks, ResultLog(every / "quality.jsonl"), every / "checkpoints")
    assert (every / "quality.jsonl").read_bytes() == before


def test_a_killed_run_goes_on_with_the_line_it_was_killed_in(every, yardsticks, setting, tmp_path):
    whole = (every / "quality.jsonl").read_bytes().splitlines(keepends=True)
    of_method = [line for line in whole if json.loads(line)["model"] == "gloctm"]
    place = tmp_path / "quality.jsonl"
    place.write_bytes(of_method[0] + of_method[1] + of_method[2][:500])
    run(["gloctm"], [0], setting, yardsticks, ResultLog(place), every / "checkpoints")
    found, expected = lines_in(place), [json.loads(line) for line in of_method]
    assert [line["view"] for line in found] == ["", *VIEWS, quality.COHERENT]
    assert found[2]["measures"] == expected[2]["measures"]


def test_a_line_from_before_a_measure_was_added_is_run_again_and_counts_no_more(every, yardsticks, setting, tmp_path):
    [line] = [line for line in lines_in(every / "quality.jsonl") if line["model"] == "kmeans"]
    old = {name: value for name, value in line.items() if name != "peak_megabytes"}
    place = tmp_path / "quality.jsonl"
    place.write_text(json.dumps(old) + "\n", encoding="utf-8")
    assert len(quality_page.grouped("rakuten_amazon", lines_in(place))) == 1
    run(["kmeans"], [0], setting, yardsticks, ResultLog(place))
    [group] = quality_page.grouped("rakuten_amazon", lines_in(place)).values()
    assert len(lines_in(place)) == 2
    assert [each["measures"] for each in group] == [line["measures"]]


def test_a_damaged_line_is_named(tmp_path):
    place = tmp_path / "quality.jsonl"
    place.write_text('{"corpus": "ecnews"}\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"quality\.jsonl is damaged in line 1: delete that line"):
        ResultLog(place)


def test_other_conditions_are_other_results(corpus, asked, yardsticks, setting, data, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    place = tmp_path / "quality.jsonl"
    run(["kmeans"], [0, 1], setting, yardsticks, ResultLog(place))
    shorter = tmp_path / "zh-en.txt"
    shorter.write_text("".join((data / "zh-en.txt").read_text(encoding="utf-8").splitlines(True)[:9]), encoding="utf-8")
    other = Yardsticks.read(corpus, asked, data / "reference", shorter)
    run(["kmeans"], [0], setting, other, ResultLog(place))
    monkeypatch.setattr("baselines.clustering.MAX_ITERATIONS", 299)
    run(["kmeans"], [0], setting, yardsticks, ResultLog(place))
    conditions = [line["conditions"] for line in lines_in(place)]
    # A seed is no other condition.
    assert conditions[0] == conditions[1]
    assert len(set(conditions)) == 3


def test_a_setting_that_is_added_later_makes_no_results_old(setting, monkeypatch):
    def conditions(**changes):
        return facts("gloctm", "", quality.gloctm(setting, **changes), setting, {})["conditions"]

    before = conditions()
    assert conditions(schedule="cosine") != before
    assert conditions(kl_weight=4.0) != before
    usual = GloCTM.get_params
    monkeypatch.setattr(GloCTM, "get_params", lambda self, deep=True: {**usual(self), "later": 0})
    assert conditions() == before


def test_results_from_before_hold(data):
    """The trainings of days that benchmarks/results/quality.jsonl has are those of today's models."""
    known = lines_in(quality.RESULTS)
    assert {line["model"] for line in known} > {"gloctm", "context", "kmeans", "kmeans-relevance", "kmeans-coherent"}
    for line in known:
        languages = ("en", "zh") if line["corpus"] == "ecnews" else ("en", "ja")
        setting = Setting(line["corpus"], data, languages, data / "zh-en.txt", 0, None)
        model = quality.views(line["model"], MODELS[line["model"]](setting))[line["view"]]
        about = {name: line[name] for name in ("encoder", "encoder_version", "reference", "dictionary")}
        found = facts(line["model"], line["view"], model, setting, about)
        assert (found["conditions"], found["name"]) == (line["conditions"], line["name"])


def test_another_default_of_the_default_method_is_another_model(setting, monkeypatch):
    def conditions(**other):
        monkeypatch.setattr(GloCTM, "get_params", lambda self, deep=True: {**usual(self), **other})
        return facts("context", "", quality.context(setting), setting, {})["conditions"]

    usual = GloCTM.get_params
    # Settings of the other method are none of this one's.
    assert conditions() == conditions(epochs=50) == conditions(later=0)
    assert len({conditions(), conditions(num_refinements=0), conditions(temperature=1.0)}) == 3


def test_the_embeddings_are_measured_once_for_all_seeds(yardsticks, setting, tmp_path):
    place = tmp_path / "quality.jsonl"
    for seeds in ([0, 48], [48]):
        run(["embeddings"], seeds, setting, yardsticks, ResultLog(place))
    assert len(lines_in(place)) == 1


def test_trainings_keep_their_state_where_it_is_found_again(every):
    names = {path.name for path in (every / "checkpoints").iterdir()}
    assert {"rakuten_amazon-gloctm-1-0", "rakuten_amazon-nmtm-1-0", "rakuten_amazon-monolingual-1-0-zh"} <= names


def test_what_models_read_is_looked_at_before_anything_is_trained(yardsticks, setting, tmp_path, monkeypatch):
    monkeypatch.setattr(Clustering, "fit", None)
    log = ResultLog(tmp_path / "quality.jsonl")
    with pytest.raises(SystemExit, match="InfoCTM and NMTM need --dictionary"):
        run(["kmeans", "nmtm"], [0], dataclasses.replace(setting, dictionary=None), yardsticks, log)
    with pytest.raises(FileFormatError, match=r"has no word2vec_en\.npz"):
        run(["kmeans", "infoctm"], [0], dataclasses.replace(setting, data=tmp_path), yardsticks, log)
    assert not log.path.exists()


def test_the_command(corpus, asked, data, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    monkeypatch.setattr(quality, "RESULTS", tmp_path / "quality.jsonl")

    def from_benchmark(folder, languages, split="train", encoder=None):
        assert (folder, languages, encoder) == (data, ("en", "cn"), "usem3")
        part = corpus if split == "train" else asked
        return Corpus(dict(part), encoder="usem3")

    monkeypatch.setattr(Corpus, "from_benchmark", from_benchmark)
    monkeypatch.setattr(quality, "aligned_documents", lambda folder, own: asked)
    command = ["quality.py", str(data), "--preset", "ecnews", "--languages", "en,cn", "--models", "embeddings"]
    monkeypatch.setattr(sys, "argv", [*command, "--reference", str(data / "reference")])
    quality.main()
    [line] = lines_in(tmp_path / "quality.jsonl")
    assert line["corpus"] == "ecnews"
    assert line["dictionary"] is None
    assert line["encoder"] == "usem3"
    assert line["encoder_version"]
    monkeypatch.setattr(sys, "argv", [*command, "--reference", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match=r"error: the reference corpus .* does not exist"):
        quality.main()


def test_several_trainings_are_processes_cheap_ones_first(corpus, asked, data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GLOCTM_CACHE", str(tmp_path))
    for folder in ("ECNews", "Rakuten_Amazon"):
        (tmp_path / folder).mkdir()
    handed = []
    monkeypatch.setattr(quality, "run_or_exit", lambda tasks, workers: handed.extend([*tasks, workers]))
    usual = Yardsticks.read(corpus, asked, data / "reference", None)
    monkeypatch.setattr(Yardsticks, "of_files", lambda files, encoder: usual)
    command = ["quality.py", str(tmp_path), "--reference", str(tmp_path), "--topics", "20", "--workers", "3"]
    monkeypatch.setattr(sys, "argv", [*command, "--models", "xtra", "kmeans", "--epochs", "2"])
    quality.main()
    assert handed.pop() == 3
    own = [task.name for task in handed if task.name.startswith("ecnews")]
    assert own == [*(f"ecnews, kmeans, seed {seed}" for seed in quality.SEEDS), "ecnews, xtra, seed 0"]
    assert [task.name.split(", ")[1] for task in handed] == ["kmeans"] * 10 + ["xtra"] * 2
    given = dict(zip(handed[-1].arguments[1::2], handed[-1].arguments[2::2], strict=True))
    assert given == {
        "--preset": "ecnews", "--languages": "en,cn", "--reference": str(tmp_path / "en-zh"), "--models": "xtra",
        "--seeds": "0", "--topics": "20", "--encoder": "usem3", "--epochs": "2", "--results": str(quality.ROBUSTNESS),
    }  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["quality.py", str(data), "--reference", str(data)])
    with pytest.raises(SystemExit, match=r"has none of the folders Rakuten_Amazon, ECNews, Amazon_Review: say by"):
        quality.main()
    monkeypatch.setattr(sys, "argv", [*command, "--workers", "0"])
    with pytest.raises(SystemExit):
        quality.main()
    assert "argument --workers: invalid number_of_workers value: '0'" in capsys.readouterr().err


def test_a_process_is_told_the_same_files(tmp_path):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    for dictionary in (None, tmp_path / "dict"):
        files = Files("rakuten_amazon", tmp_path / "data", ("en", "ja"), tmp_path / "en-ja", dictionary)
        assert of_arguments(parser.parse_args(files.arguments())) == [files]


def test_another_number_of_topics_is_another_result(setting):
    other = dataclasses.replace(setting, num_topics=20)
    for key, make in MODELS.items():
        if key != "embeddings":
            found = [facts(key, "", make(each), each, {}) for each in (setting, other)]
            assert [line["settings"]["num_topics"] for line in found] == [50, 20], key
            assert found[0]["conditions"] != found[1]["conditions"]
    assert other.checkpoint("gloctm", 150) != setting.checkpoint("gloctm", 150)


def test_processes_that_append_at_once_lose_no_line(tmp_path):
    """Each opens the file and reads it before it writes: without a lock, half a line would be cut off."""
    place = tmp_path / "quality.jsonl"
    script = tmp_path / "append.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom quality import ResultLog\n"
        "log = ResultLog(Path(sys.argv[1]))\n"
        "for seed in range(40):\n"
        "    line = dict(corpus='ecnews', model=sys.argv[2], view='', seed=seed, words=['word'] * 5000)\n"
        "    log.append(line)\n",
        encoding="utf-8",
    )
    environment = {"PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT / "benchmarks")])}
    running = [
        subprocess.Popen([sys.executable, str(script), str(place), key], env={**os.environ, **environment})
        for key in ("one", "other")
    ]
    assert [process.wait() for process in running] == [0, 0]
    lines = lines_in(place)
    assert sorted((line["model"], line["seed"]) for line in lines) == sorted(
        (key, seed) for key in ("one", "other") for seed in range(40)
    )


def test_processes_end_with_the_one_that_began_them(tmp_path):
    """Interrupted or told to end, while two of three tasks run: nothing remains, and the third never begins."""
    (tmp_path / "task.py").write_text(
        "import sys, time\nfrom pathlib import Path\nPath(sys.argv[1]).write_text('')\ntime.sleep(600)\n",
        encoding="utf-8",
    )
    (tmp_path / "main.py").write_text(
        "import sys\nfrom pathlib import Path\nfrom pool import Task, run_or_exit\n"
        "place = Path(sys.argv[1])\n"
        "run_or_exit([Task(n, place / 'task.py', (str(place / n),)) for n in ('one', 'two', 'three')], 2)\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")}
    for number, told in ((signal.SIGINT, "stopped: the same command goes on\n"), (signal.SIGTERM, "")):
        for name in ("one", "two", "three"):
            (tmp_path / name).unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, str(tmp_path / "main.py"), str(tmp_path)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while not ((tmp_path / "one").exists() and (tmp_path / "two").exists()):
                assert process.poll() is None
                time.sleep(0.01)
            below = [psutil.Process(each) for each in descendants(process.pid)[1:]]
            assert len(below) == 2
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert said == told
        assert process.returncode not in (0, None)
        gone, alive = psutil.wait_procs(below, timeout=60)
        assert (len(gone), alive) == (2, [])
        assert not (tmp_path / "three").exists()


def test_a_task_that_fails_is_told_and_stops_no_other(tmp_path, capsys):
    script = tmp_path / "task.py"
    script.write_text(
        "import os, signal, sys\nprint('begun', sys.argv[1])\n"
        "if sys.argv[1] == 'bad':\n    sys.exit('error: no dictionary')\n"
        "if sys.argv[1] == 'killed':\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "assert os.environ['OMP_NUM_THREADS'] == '1'\n",
        encoding="utf-8",
    )
    tasks = [Task(name, script, (name,)) for name in ("bad", "killed", "good")]
    assert run_each(tasks, 2) == {"bad": "error: no dictionary", "killed": "ended by SIGKILL, after: begun killed"}
    assert "good: begun good" in capsys.readouterr().out.splitlines()
    with pytest.raises(SystemExit) as left:
        run_or_exit(tasks, 1)
    assert left.value.code == (
        "error: 2 of 3 failed; what they are, run again takes up:\n"
        "  bad: error: no dictionary\n  killed: ended by SIGKILL, after: begun killed"
    )
    run_or_exit(tasks[2:], 2)


def test_aligned_documents_are_those_with_known_words(corpus, data, tmp_path):
    vocabulary = {code: list(part.vocabulary) for code, part in corpus.items()}
    rows = {
        "en": ["zzz", f"{vocabulary['en'][3]} zzz {vocabulary['en'][3]}", vocabulary["en"][1], vocabulary["en"][2]],
        "zh": [vocabulary["zh"][0], vocabulary["zh"][5], "zzz", vocabulary["zh"][6]],
    }
    for code, texts in rows.items():
        (tmp_path / f"{code}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    found = aligned_documents(tmp_path, corpus)
    assert {code: part.texts for code, part in found.items()} == {
        code: [texts[1], texts[3]] for code, texts in rows.items()
    }
    assert found["en"].counts[[0]].toarray()[0, 3] == 2
    assert all(found[code].vocabulary == part.vocabulary for code, part in corpus.items())


def test_retrieval_by_cosine_is_that_by_proportions_of_the_same_likeness():
    generator = np.random.default_rng(0)
    theta = {code: generator.dirichlet(np.full(5, 0.3), size=40) for code in LANGUAGES}
    # The Hellinger similarity is the cosine of the roots.
    found, expected = (
        retrieval_by_cosine({code: np.sqrt(each) for code, each in theta.items()}),
        measure_alignment(theta),
    )
    assert found.keys() == expected.keys()
    for name, values in found.items():
        assert values == pytest.approx(expected[name], abs=1e-6), name


# Ablations


def batch_of(corpus, num_topics):
    counts = {code: part.counts[:16] for code, part in corpus.items()}
    words = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    augmented = augment({code: part.counts for code, part in corpus.items()}, words, 2)
    generator = torch.Generator().manual_seed(0)
    batch, noise = {}, {}
    for code, part in corpus.items():
        batch[code] = LanguageBatch(
            SparseRows.from_scipy(counts[code]),
            SparseRows.from_scipy(augmented[code][:16]),
            torch.from_numpy(np.array(part.document_embeddings[:16])),
        )
        noise[code] = LanguageNoise(*torch.randn((2, 16, num_topics), generator=generator))
    return batch, noise


def networks(kind, corpus):
    """The whole network and the one without a part, which start alike."""
    sizes = {code: part.num_words for code, part in corpus.items()}
    return GloCTMNetwork(sizes, 5, seed=3).train(), kind(sizes, 5, seed=3).train()


def test_without_the_global_path_the_local_terms_stay_and_the_others_go(corpus):
    whole, part = networks(WithoutGlobalPath, corpus)
    batch, noise = batch_of(corpus, 5)
    expected, found = whole(batch, noise), part(batch, noise)
    assert found.local.item() == pytest.approx(expected.local.item(), rel=1e-5)
    assert found.cka.item() == pytest.approx(expected.cka.item(), rel=1e-5)
    assert found.shared.item() == found.regularization.item() == 0
    found.total.backward()
    assert all(not parameter.grad.any() for parameter in part.global_encoder.parameters())
    assert all(parameter.grad.any() for parameter in part.topic_word.parameters())


def test_without_the_shared_decoder_the_global_path_has_words_of_its_own(corpus):
    whole, part = networks(WithoutSharedDecoder, corpus)
    batch, noise = batch_of(corpus, 5)
    with torch.no_grad():
        part.global_topic_word.copy_(torch.cat(list(whole.topic_word.values()), dim=1))
    expected, found = whole(batch, noise), part(batch, noise)
    # The same weights give the same terms, but each path teaches its own.
    torch.testing.assert_close(found.detached(), expected.detached(), rtol=1e-5, atol=1e-6)
    found.shared.backward()
    assert part.global_topic_word.grad.any()
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in part.topic_word.parameters())


@pytest.mark.parametrize("network", [WithoutGlobalPath, WithoutSharedDecoder])
def test_an_ablation_trains_within_its_block_alone(network, corpus):
    def fitted():
        settings = {"num_topics": 5, "epochs": 2, "random_state": 0, "threads": 1, "show_progress": False}
        return GloCTM(method="published", **settings).fit(corpus)

    usual = fitted()
    with training_with(network):
        without = fitted()
    assert not np.allclose(without.topic_word_["en"], usual.topic_word_["en"])
    np.testing.assert_array_equal(fitted().topic_word_["en"], usual.topic_word_["en"])
    if network is WithoutGlobalPath:
        assert without.history_[-1]["shared"] == without.history_[-1]["regularization"] == 0


# Tables


@pytest.fixture
def shown(every, monkeypatch):
    """The results as tables read them."""
    lines = lines_in(every / "quality.jsonl")
    monkeypatch.setattr(quality_page, "results", lambda name, benchmark=None: lines)
    return lines


def test_docs_spell_words_but_no_commands():
    assert in_us_spelling("k-means, centred | `MODELS=kmeans-centred`") == "k-means, centered | `MODELS=kmeans-centred`"


def test_tables_show_every_model_and_mark_what_is_uncertain(shown):
    table = quality_page.quality("rakuten_amazon")()
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in table.splitlines() if row.startswith("|")}
    assert {"document embeddings themselves", "k-means", "XTRA †", "GloCTM", "GloCTM as published, both paths"} <= set(
        rows
    )
    assert rows["document embeddings themselves"].count("—") == 7
    assert "| 1 of 800 † |" in rows["NMTM †"]
    assert "| 1 of 150 |" in rows["GloCTM as published"]
    assert rows["GloCTM"].startswith("| GloCTM | — | 1 |")
    note = table.splitlines()[-1]
    assert note.startswith("† ")
    assert "XTRA: settings that may differ from the authors': representation weight, topic weight" in note
    assert "InfoCTM: settings that may differ from the authors': alignment weight, hidden size" in note
    assert "ZeroShotTM: settings that may differ" in note
    assert "trained on every language" in note
    assert "k-means:" not in note
    details = quality_page.details("rakuten_amazon")()
    assert "document embeddings" not in details
    assert "stability" not in details


def test_seeds_stand_together_and_have_a_stability(shown):
    again = [{**line, "seed": 1} for line in shown if line["model"] == "kmeans"]
    shown += again
    details = quality_page.details("rakuten_amazon")().splitlines()
    [row] = [line for line in details if line.startswith("| k-means |")]
    # The same topics twice. The last column is that of seconds.
    assert row.split(" | ")[-2] == "1.000"
    [row] = [line for line in details if line.startswith("| u-SVD")]
    assert row.split(" | ")[-2] == "—"


def test_tables_refuse_to_mix(shown):
    changed = {**next(line for line in shown if line["model"] == "kmeans"), "seed": 1, "conditions": "another"}
    groups = quality_page.grouped("rakuten_amazon", shown)
    assert next(iter(groups)) == ("document embeddings themselves", None)
    with pytest.raises(SystemExit, match="results of k-means on rakuten_amazon have different settings"):
        quality_page.grouped("rakuten_amazon", [*shown, changed])
    del changed["conditions"]
    with pytest.raises(SystemExit, match="take out of benchmarks"):
        quality_page.grouped("rakuten_amazon", [changed])
    other = [{**line, "reference": {"name": "other"}} if line["model"] == "xtra" else line for line in shown]
    with pytest.raises(SystemExit, match="were measured by different encoders, reference corpora or dictionaries"):
        quality_page.grouped("rakuten_amazon", other)


def test_who_is_best_is_said_of_whole_trainings_alone(shown):
    names = {group[0]["model"] for group in quality_page.as_published("rakuten_amazon")}
    assert {"kmeans", "context"} <= names
    assert "xtra" not in names
    for line in shown:
        line["epochs"] = line["published_epochs"]
    names = {group[0]["model"] for group in quality_page.as_published("rakuten_amazon")}
    assert "xtra" in names
    assert not any("without" in name for name in names)
    # The best model is named where it is another, with the default's place.
    for line in shown:
        if line["top_words"]:
            best = {"xtra": 0.9, "context": 0.5}.get(line["model"], 0.1)
            line["measures"]["topic_uniqueness"] = {"en": best, "ja": best}
            line["measures"]["npmi"] = {"en": -best, "ja": -best}
            line["measures"]["c_v"] = {"en": best == 0.5, "ja": best == 0.5}
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in quality_page.overview().splitlines()}
    number = len([name for name in names if name != "embeddings"])
    assert rows["TU"] == f"| TU | 0.50 (2 of {number}) | 0.90 XTRA † |"
    assert rows["c_v"] == "| c_v | **1.00** |  |"
    assert f"-0.50 ({number - 1} of {number})" in rows["NPMI"]
