"""The yardstick of the speed benchmark computes what the package computes: else comparing their times says nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import yardstick
from torch import nn

from gloctm.augmentation.counts import augment
from gloctm.model.parameters import module_key
from gloctm.network.network import GloCTMNetwork, LanguageNoise
from gloctm.training.batches import Batches
from planted import planted_corpus


def copy_linear(layer: nn.Linear, weight, bias) -> None:
    layer.weight.data.copy_(weight)
    layer.bias.data.copy_(bias)


def copy_encoder(plain, own) -> None:
    copy_linear(plain.hidden[0], own.hidden1.weight.data.T, own.hidden1.bias.data)
    copy_linear(plain.hidden[2], own.hidden2.weight.data, own.hidden2.bias.data)
    copy_linear(plain.mean[0], own.mean.weight.data, own.mean.bias.data)
    copy_linear(plain.log_variance[0], own.log_variance.weight.data, own.log_variance.bias.data)


def dense(rows) -> torch.Tensor:
    result = torch.zeros(len(rows), rows.width)
    result[rows.row_of_nonzero, rows.indices] = rows.values
    return result


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(("en", "de"), documents=150)


def test_augmentation_by_documents_is_the_same(corpus):
    counts = {code: part.counts for code, part in corpus.items()}
    vectors = {code: np.asarray(part.word_embeddings) for code, part in corpus.items()}
    sizes = {code: part.num_words for code, part in corpus.items()}
    expected = augment(counts, vectors, 3)
    for code in corpus:
        nearest = yardstick.nearest_words(vectors, code, 3)
        found = yardstick.global_counts_by_document(counts[code].toarray().astype(np.float32), nearest, sizes, code)
        np.testing.assert_array_equal(found, expected[code].toarray())


def test_loss_and_gradients_are_the_same(corpus, monkeypatch):
    sizes = {code: part.num_words for code, part in corpus.items()}
    own, plain = GloCTMNetwork(sizes, 10).train(), yardstick.Yardstick(sizes, 10).train()
    for place, code in enumerate(corpus):
        copy_encoder(plain.local_encoders[place], own.local_encoder[module_key(code)])
        plain.topic_word[place].data.copy_(own.topic_word[module_key(code)].data)
    copy_encoder(plain.global_encoder, own.global_encoder)
    batch = next(Batches(corpus, 3, torch.device("cpu")).epoch(64, torch.Generator().manual_seed(0)))
    nothing = torch.zeros(64, 10)
    monkeypatch.setattr(yardstick.torch, "randn_like", torch.zeros_like)
    expected = own(batch, {code: LanguageNoise(nothing, nothing) for code in corpus}).total
    parts = [(dense(part.counts), dense(part.global_counts), part.document_embeddings) for part in batch.values()]
    found = plain(parts)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    expected.backward()
    found.backward()
    pairs = [
        (own.global_encoder.hidden1.weight.grad.T, plain.global_encoder.hidden[0].weight.grad),
        *((own.topic_word[module_key(code)].grad, plain.topic_word[place].grad) for place, code in enumerate(corpus)),
    ]
    for one, other in pairs:
        assert torch.linalg.norm(one - other) <= 1e-4 * torch.linalg.norm(other)
