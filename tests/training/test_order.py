"""The order of documents that are read block by block: every document once a cycle, any place by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gloctm.training.order import Order

BLOCKS = st.lists(st.integers(1, 9), min_size=1, max_size=12)


@given(BLOCKS, st.integers(1, 60), st.integers(0, 3))
def test_every_document_comes_once_a_cycle(block_sizes, shuffle_documents, seed):
    order = Order(block_sizes, seed=seed, language="en", shuffle_documents=shuffle_documents)
    total = sum(block_sizes)
    for cycle in range(3):
        assert sorted(order.take(cycle * total, total).tolist()) == list(range(total))


@given(BLOCKS, st.integers(1, 60), st.integers(0, 200), st.integers(0, 50))
def test_any_stretch_is_a_slice_of_the_whole(block_sizes, shuffle_documents, start, count):
    order = Order(block_sizes, seed=0, language="en", shuffle_documents=shuffle_documents)
    whole = order.take(0, start + count)
    fresh = Order(block_sizes, seed=0, language="en", shuffle_documents=shuffle_documents)
    assert np.array_equal(fresh.take(start, count), whole[start:])


@given(BLOCKS, st.integers(1, 60), st.integers(0, 200))
def test_windows_follow_one_another_and_are_bounded(block_sizes, shuffle_documents, place):
    order = Order(block_sizes, seed=1, language="en", shuffle_documents=shuffle_documents)
    window = order.window_at(place)
    assert window.start <= place < window.end
    assert order.window_at(window.start).blocks.tolist() == window.blocks.tolist()
    assert order.window_at(window.end).start == window.end
    sizes = np.asarray(block_sizes)[window.blocks]
    assert sorted(window.order.tolist()) == list(range(sizes.sum()))
    assert len(window.blocks) == 1 or sizes.sum() <= shuffle_documents


def test_windows_of_a_cycle_are_of_about_one_size():
    order = Order([10] * 40, seed=0, language="en", shuffle_documents=320)
    assert [len(order.window_at(place).blocks) for place in (0, 200)] == [20, 20]


def test_a_window_mixes_blocks_of_all_places():
    order = Order([16] * 64, seed=0, language="en", shuffle_documents=16 * 16)
    blocks = order.window_at(0).blocks
    assert len(blocks) == 16
    assert blocks.min() < 16
    assert blocks.max() >= 48
    assert blocks.tolist() == sorted(blocks.tolist())


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"language": "de"}, {"shuffle_documents": 20}], ids=["seed", "language", "window"]
)
def test_the_order_is_that_of_seed_language_and_window(other):
    same = {"seed": 0, "language": "en", "shuffle_documents": 40}
    first = Order([10] * 8, **same).take(0, 80).tolist()
    assert Order([10] * 8, **same).take(0, 80).tolist() == first
    assert Order([10] * 8, **{**same, **other}).take(0, 80).tolist() != first


def test_cycles_differ():
    order = Order([10] * 8, seed=0, language="en", shuffle_documents=40)
    assert order.take(0, 80).tolist() != order.take(80, 80).tolist()


def test_the_order_is_the_same_on_every_machine():
    # What a checkpoint goes on with, and what a result repeats by.
    order = Order([3, 3, 2], seed=7, language="en", shuffle_documents=6)
    assert order.take(0, 16).tolist() == [2, 0, 1, 3, 6, 4, 5, 7, 7, 6, 5, 3, 0, 2, 1, 4]
