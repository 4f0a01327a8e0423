"""The decoder of the neural baselines: in closed form it is what torch's modules compute."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from baselines import decoding
from baselines.decoding import Memory, decoded_loss
from baselines.nmtm import NMTMBatchNorm
from baselines.zeroshot import fixed_norm
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.network import ShiftBatchNorm, SparseRows, reconstruction_loss

NORMS = {"shifted": ShiftBatchNorm, "slow": NMTMBatchNorm, "fixed": fixed_norm}


@pytest.fixture(scope="module", autouse=True)
def of_any_size():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "FEWEST_DOCUMENTS", 0)
        yield


def batch_of(size, num_topics, num_words, seed, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    theta = torch.softmax(3 * torch.randn((size, num_topics), generator=generator, dtype=dtype), dim=1)
    beta = torch.randn((num_topics, num_words), generator=generator, dtype=dtype)
    counts = sp.random_array((size, num_words), density=0.2, rng=np.random.default_rng(seed)).tocsr()
    counts.data = np.ceil(5 * counts.data)
    return theta.requires_grad_(), beta.requires_grad_(), SparseRows.from_scipy(counts, dtype=dtype)


def results_of(loss, theta, beta, norm):
    learned = [theta, beta, *norm.parameters()]
    # Twice the loss: the gradient from above counts, too.
    (2 * loss).backward()
    return [loss.detach(), *(each.grad for each in learned), *norm.buffers()]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(NORMS)), st.integers(2, 12), st.integers(2, 6), st.integers(2, 30), st.integers(0, 1000))
def test_loss_gradients_and_statistics_are_those_of_stock_modules(name, size, num_topics, num_words, seed):
    own = NORMS[name](num_words).double()
    stock = copy.deepcopy(own)
    if name != "fixed":
        start = torch.linspace(-1, 1, num_words, dtype=torch.float64)
        for norm in (own, stock):
            norm.bias.data.copy_(start)
    theta, beta, counts = batch_of(size, num_topics, num_words, seed)
    expected = results_of(reconstruction_loss(counts, stock(theta @ beta)), theta, beta, stock)
    theta, beta, counts = batch_of(size, num_topics, num_words, seed)
    found = results_of(decoded_loss(theta, beta, counts, own, Memory()), theta, beta, own)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


def test_in_single_precision_it_is_as_near_to_the_truth_as_stock_modules():
    theta, beta, counts = batch_of(200, 50, 3000, 0)
    truth = results_of(
        reconstruction_loss(counts, ShiftBatchNorm(3000).double()(theta @ beta)), theta, beta, torch.nn.Module()
    )
    theta, beta, counts = batch_of(200, 50, 3000, 0, torch.float32)
    with torch.no_grad():
        theta.copy_(batch_of(200, 50, 3000, 0)[0])
        beta.copy_(batch_of(200, 50, 3000, 0)[1])
    found = results_of(
        decoded_loss(theta, beta, counts, ShiftBatchNorm(3000), Memory()), theta, beta, torch.nn.Module()
    )
    for one, other in zip(found, truth, strict=True):
        assert (one.double() - other).abs().max() < 1e-5 * other.abs().max()


def test_a_constant_column_and_inference_are_as_usual():
    theta, beta, counts = batch_of(5, 3, 8, 1)
    with torch.no_grad():
        beta[:, 2] = 0.5
    norm = ShiftBatchNorm(8).double()
    loss = decoded_loss(theta, beta, counts, norm, Memory())
    loss.backward()
    assert torch.isfinite(beta.grad).all()
    before = norm.running_mean.clone()
    norm.eval()
    with torch.no_grad():
        expected = reconstruction_loss(counts, norm(theta @ beta))
        assert decoded_loss(theta, beta, counts, norm, Memory()).item() == pytest.approx(expected.item())
    assert torch.equal(norm.running_mean, before)


def test_a_batch_is_decoded_in_closed_form_where_that_is_quicker(monkeypatch):
    monkeypatch.setattr(decoding, "FEWEST_DOCUMENTS", 100)
    monkeypatch.setattr(decoding, "reconstruction_loss", lambda *_: torch.tensor(-1.0))
    for size, stock in ((99, True), (100, False), (200, False), (decoding.LARGEST_BATCH + 1, True)):
        theta, beta, counts = batch_of(size, 3, 8, 0)
        loss = decoded_loss(theta, beta, counts, ShiftBatchNorm(8).double(), Memory())
        assert (loss.item() == -1) == stock


def test_memory_is_used_again():
    memory, like = Memory(), torch.zeros(1)
    first = memory.take(6, like)
    assert memory.take(4, like).data_ptr() == first.data_ptr()
    assert len(memory.take(9, like)) == 9
    assert memory.take(9, like.double()).dtype == torch.float64
