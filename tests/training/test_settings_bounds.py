"""Settings that no machine could meet are refused in a sentence, before anything is allocated."""

from __future__ import annotations

import pytest

from gloctm import GloCTM
from gloctm.checks import check_int, check_memory, check_number, machine_memory
from gloctm.engine import get_engine
from gloctm.errors import InputError
from gloctm.selection.space import MOST_CANDIDATES, check_trials
from gloctm.server.limits import Limits
from gloctm.training.memory import check_training_memory, needed_memory
from gloctm.training.settings import SETTINGS, check_settings
from planted import planted_corpus

USUAL = {name: each.default for name, each in SETTINGS.items()}
NUMERIC = [name for name, each in SETTINGS.items() if each.metadata["kind"] in (int, float)]
SIZES = {"en": 5_000, "de": 5_000}
DOCUMENTS = {"en": 10_000, "de": 10_000}


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("value", [10**5000, 2**65, 1e300], ids=["digits", "large", "float"])
def test_every_number_has_an_upper_bound(name, value):
    with pytest.raises(InputError, match=f"^{name} is ") as refused:
        check_settings({**USUAL, name: value})
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", NUMERIC)
def test_every_number_has_a_lower_bound(name):
    with pytest.raises(InputError, match=f"^{name} is "):
        check_settings({**USUAL, name: -1})


def test_bounds_are_told():
    with pytest.raises(InputError, match=r"^threads is 1000000: it must be at most 1,024, or None \("):
        GloCTM(threads=10**6).fit([])
    with pytest.raises(InputError, match=r"^n is 3000000000: it must be at most 2,147,483,647$"):
        check_int("n", 3 * 10**9, 0)
    with pytest.raises(InputError, match=r"^n is a number of 5,001 digits: it must be 1 or more and up to 1,000$"):
        check_number("n", 10**5000, 1, 1000, whole=True)


@pytest.mark.parametrize(
    ("method", "given", "named"),
    [
        ("published", {"local_hidden_size": 10**7}, "local_hidden_size is 10,000,000, which needs about"),
        ("published", {"global_hidden_size": 10**6}, "global_hidden_size is 1,000,000, which needs about"),
        ("published", {"num_topics": 10**9}, "num_topics is 1,000,000,000, which needs about"),
        ("context", {"num_topics": 10**9}, "num_topics is 1,000,000,000, which needs about"),
    ],
)
def test_memory_is_estimated_and_its_culprit_named(method, given, named):
    settings = {**USUAL, "method": method, **given}
    with pytest.raises(InputError, match=f"^{named} [0-9,]+ GB of memory, more than the 16 GB here: lower it"):
        check_training_memory(settings, SIZES, DOCUMENTS, available=16 * 10**9)
    check_training_memory({**USUAL, "method": method}, SIZES, DOCUMENTS, available=16 * 10**9)


def test_what_is_not_there_needs_no_memory():
    published = {**USUAL, "method": "published"}
    # A batch has no more documents than there are, and a word no more neighbors than words.
    for name, value in (("batch_size", 10**9), ("num_neighbors", 10**9), ("num_near_documents", 10**9)):
        for method in ("context", "published"):
            assert needed_memory({**published, "method": method, name: value}, SIZES, DOCUMENTS) < 16 * 10**9


@pytest.mark.parametrize("method", ["context", "published"])
def test_a_training_of_that_size_is_refused_before_it_begins(method):
    model = GloCTM(method=method, num_topics=2 * 10**9, show_progress=False)
    with pytest.raises(InputError, match=r"^num_topics is 2,000,000,000, which needs about"):
        model.fit(planted_corpus(("en", "de")))


def test_memory_of_the_machine():
    assert machine_memory() > 10**8
    with pytest.raises(InputError, match=r"^it is large, which needs about 1,000,000,000 GB of memory"):
        check_memory("it is large", 1e18, "make it smaller")


def test_processes_threads_and_bodies_have_bounds():
    with pytest.raises(InputError, match=r"^processes is 1,000,000, which needs about 100,000 GB of memory"):
        get_engine(processes=10**6)
    with pytest.raises(InputError, match=r"^upload_bytes is 2,000,000,000, which needs about 200,000 GB"):
        Limits(upload_bytes=2 * 10**9, queue=99_998)
    for name in ("concurrent", "queue", "connections", "documents", "burst", "body_bytes"):
        with pytest.raises(InputError, match=f"^{name} is .*: it must be at most "):
            Limits(**{name: 10**10})
    for name in ("rate", "seconds"):
        with pytest.raises(InputError, match=f"^{name} is 1e\\+10: it must be "):
            Limits(**{name: 1e10})


def test_a_search_of_more_candidates_than_can_be_listed_is_refused():
    space = {name: tuple(range(2, 102)) for name in ("num_topics", "epochs", "batch_size", "patience")}
    with pytest.raises(
        InputError, match=f"the space has 100000000 candidates, and a search may have {MOST_CANDIDATES:,}"
    ):
        check_trials(space, None)
    with pytest.raises(InputError, match=r"^trials is 10000000000: it must be at most"):
        check_trials(space, 10**10)
