"""The decoders in closed form against stock modules under autograd."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm import GloCTM
from gloctm.network import decoder
from gloctm.network.initialization import make_generator
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.sparse import SparseRows
from gloctm.training.batches import Batches, _EmbeddingRows, draw_noise
from planted import planted_corpus


def random_rows(generator: np.random.Generator, documents: int, words: int, dtype: torch.dtype) -> SparseRows:
    """Counts of 0 to 3, some documents empty."""
    dense = generator.integers(0, 4, (documents, words)) * (generator.random((documents, words)) < 0.4)
    dense[generator.random(documents) < 0.2] = 0
    return SparseRows.from_scipy(sp.csr_array(dense.astype(np.float32)), dtype=dtype)


def random_batch(
    sizes: dict[str, int], documents: int, num_topics: int, dtype: torch.dtype, seed: int = 0
) -> tuple[dict[str, LanguageBatch], dict[str, LanguageNoise]]:
    generator = np.random.default_rng(seed)
    total = sum(sizes.values())
    batch = {
        language: LanguageBatch(
            random_rows(generator, documents, size, dtype),
            random_rows(generator, documents, total, dtype),
            torch.from_numpy(generator.normal(size=(documents, 6))).to(dtype),
        )
        for language, size in sizes.items()
    }
    noise = {
        language: LanguageNoise(*(torch.from_numpy(generator.normal(size=(2, documents, num_topics))).to(dtype)))
        for language in sizes
    }
    return batch, noise


def pair_of_networks(sizes: dict[str, int], num_topics: int, dtype: torch.dtype) -> list[GloCTMNetwork]:
    """The same network, first by stock modules, then as it is trained."""
    networks = []
    for fused in (False, True):
        network = GloCTMNetwork(sizes, num_topics, local_hidden_size=7, global_hidden_size=9).to(dtype)
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if "norm" in name:
                    parameter.uniform_(-3, 3, generator=make_generator(0, name))
        network.fused = fused
        networks.append(network)
    return networks


def gradients(network: GloCTMNetwork) -> dict[str, torch.Tensor]:
    return {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}


@given(
    sizes=st.lists(st.integers(2, 40), min_size=1, max_size=4),
    documents=st.integers(2, 9),
    num_topics=st.integers(2, 6),
    chunk_values=st.sampled_from([1, 100, 100_000]),
    seed=st.integers(0, 100),
)
@settings(deadline=None, max_examples=40)
def test_losses_gradients_and_statistics_are_those_of_stock_modules(sizes, documents, num_topics, chunk_values, seed):
    by_language = {f"l{place}": size for place, size in enumerate(sizes)}
    batch, noise = random_batch(by_language, documents, num_topics, torch.float64, seed)
    plain, fused = pair_of_networks(by_language, num_topics, torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder, "CHUNK_VALUES", chunk_values)
        terms = [network(batch, noise) for network in (plain, fused)]
    for one, other in zip(terms[0].detached(), terms[1].detached(), strict=True):
        assert other.item() == pytest.approx(one.item(), rel=1e-12, abs=1e-12)
    for each in terms:
        # Weighted differently, so that a gradient of the one term that went to the other would show.
        (0.3 * each.local + 1.7 * each.shared).backward()
    expected, found = gradients(plain), gradients(fused)
    assert expected.keys() == found.keys()
    # Of a bias before a batch norm the gradient is rounding noise; held against the largest of all.
    largest = max(gradient.abs().max().item() for gradient in expected.values())
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-9, atol=1e-11 * largest, msg=name)
    for (name, one), other in zip(plain.state_dict().items(), fused.state_dict().values(), strict=True):
        torch.testing.assert_close(other, one, rtol=1e-12, atol=1e-12, msg=name)


def test_single_precision_is_as_exact_as_stock_modules():
    sizes, documents, num_topics = {"a": 700, "b": 500}, 64, 20
    batch, noise = random_batch(sizes, documents, num_topics, torch.float32)
    plain, fused = pair_of_networks(sizes, num_topics, torch.float32)
    losses = [network(batch, noise).total for network in (plain, fused)]
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-6)
    for loss in losses:
        loss.backward()
    expected, found = gradients(plain), gradients(fused)
    for name in expected:
        if not name.endswith((".mean.bias", ".log_variance.bias")):
            assert (found[name] - expected[name]).norm() <= 1e-5 * expected[name].norm(), name


def test_large_shifts_neither_overflow_nor_lose_the_rest():
    sizes = {"a": 30, "b": 20}
    batch, noise = random_batch(sizes, 6, 4, torch.float32)
    plain, fused = pair_of_networks(sizes, 4, torch.float32)
    for network in (plain, fused):
        with torch.no_grad():
            network.global_decoder_norm.bias[3] = 80
            network.local_decoder_norm["lang_a"].bias += 200
    losses = [network(batch, noise).total for network in (plain, fused)]
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=1e-5)
    losses[1].backward()
    assert all(gradient.isfinite().all() for gradient in gradients(fused).values())


def test_a_workspace_used_again_is_noticed():
    sizes = {"a": 5, "b": 4}
    batch, noise = random_batch(sizes, 4, 3, torch.float32)
    network = pair_of_networks(sizes, 3, torch.float32)[1]
    first = network(batch, noise).total
    network(batch, noise)
    with pytest.raises(RuntimeError, match="used again"):
        first.backward()
    third = network(batch, noise).total
    third.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="used again"):
        third.backward()


def test_a_training_is_the_same_within_rounding(monkeypatch):
    corpus = planted_corpus(("en", "de"), documents=150)
    settings = {"method": "published", "num_topics": 5, "epochs": 4, "batch_size": 32}
    settings |= {"threads": 1, "show_progress": False}
    fused = GloCTM(**settings).fit(corpus)
    original = GloCTMNetwork.__init__

    def plain(self, *arguments, **named):
        original(self, *arguments, **named)
        self.fused = False

    monkeypatch.setattr(GloCTMNetwork, "__init__", plain)
    stock = GloCTM(**settings).fit(corpus)
    for language in corpus.languages:
        np.testing.assert_allclose(fused.topic_word_[language], stock.topic_word_[language], atol=1e-3)
    assert fused.history_[-1]["loss"] == pytest.approx(stock.history_[-1]["loss"], rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_transposed_rows(dtype):
    rows = random_rows(np.random.default_rng(0), 6, 11, dtype)
    columns = rows.transposed()
    assert torch.equal(as_dense(columns), as_dense(rows).T)


def as_dense(rows: SparseRows) -> torch.Tensor:
    dense = rows.values.new_zeros(len(rows), rows.width)
    dense[rows.row_of_nonzero, rows.indices] = rows.values
    return dense


@given(
    rows=st.lists(st.lists(st.integers(0, 6), max_size=5, unique=True), min_size=1, max_size=6),
)
def test_transposing_by_sorting_is_the_same(rows):
    """What other devices than processors do."""
    indices = torch.tensor([column for row in rows for column in sorted(row)], dtype=torch.int64)
    offsets = torch.tensor(np.concatenate([[0], np.cumsum([len(row) for row in rows])]), dtype=torch.int64)
    matrix = SparseRows(indices, offsets, torch.arange(1.0, len(indices) + 1), 7)
    one, other = matrix.transposed(), matrix.transposed_by_sorting()
    for name in ("indices", "offsets", "values"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name))
    assert one.width == other.width == len(rows)


def test_one_chunk_a_language_is_the_same(monkeypatch):
    """As on other devices than processors."""
    corpus = planted_corpus(("en", "de", "ar"), documents=40)
    batch = next(Batches(corpus, 2, torch.device("cpu")).epoch(32, make_generator(0, "shuffling")))
    noise = draw_noise(batch, 4, {code: make_generator(0, code) for code in corpus})
    found = []
    for values in (1000, 10**9):
        monkeypatch.setattr(decoder, "CHUNK_VALUES", values)
        network = GloCTMNetwork({code: part.num_words for code, part in corpus.items()}, 4, seed=0).train()
        loss = network(batch, noise).total
        loss.backward()
        found.append([loss.detach(), *(parameter.grad for parameter in network.parameters())])
    for one, other in zip(*found, strict=True):
        # What batch norm takes away again has a gradient of nothing but rounding.
        assert torch.linalg.norm(one - other) <= 1e-5 * torch.linalg.norm(other) + 1e-3


def test_embeddings_on_another_device_are_taken_in_batches():
    vectors = np.random.default_rng(0).normal(size=(10, 3)).astype("f4")
    here, there = (_EmbeddingRows(vectors, torch.device("cpu")) for _ in range(2))
    there._tensor = torch.from_numpy(vectors)
    rows = torch.tensor([3, 12, 0, 9, 7])
    for one, other in zip(here.batches(rows, [2, 3]), there.batches(rows, [2, 3]), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_large_batches_do_not_overflow():
    """One document far from all others stands out by the root of the batch's size."""
    size = decoder.LARGEST_BATCH + 3000
    counts = SparseRows.from_scipy(sp.csr_array(np.eye(2, dtype=np.int32)[np.arange(size) % 2]))
    batch = {code: LanguageBatch(counts, SparseRows.stacked([counts]), torch.randn(size, 2)) for code in ("a",)}
    network = GloCTMNetwork({"a": 2}, 2, cka_weight=0.0).train()
    noise = torch.zeros(size, 2)
    noise[0, 0] = 40
    loss = network(batch, {"a": LanguageNoise(noise, noise)}).total
    loss.backward()
    assert torch.isfinite(loss)
    assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters())
