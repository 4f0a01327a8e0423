"""The published method for any number of languages: the loss as written, invariances, recovery of planted topics."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gloctm import GloCTM
from gloctm.augmentation.counts import augment
from gloctm.metrics import nearest_document_agreement, theme_topics
from gloctm.network.initialization import make_generator
from gloctm.network.losses import cka_loss
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.sparse import SparseRows
from gloctm.training.batches import Batches, batch_sizes
from planted import planted_corpus

LANGUAGES = ("en", "zh", "to")  # "to", Tongan, clashes with a method of torch modules


def make_batch(corpus, num_topics, size=16):
    """A float64 batch of the first documents of every language, its noise, and both as plain arrays."""
    counts = {language: part.counts for language, part in corpus.items()}
    shared = augment(counts, {language: part.word_embeddings for language, part in corpus.items()}, 3)
    rng = np.random.default_rng(1)
    batch, noise, plain = {}, {}, {}
    for language in sorted(corpus):
        part = corpus[language]
        x, g = counts[language][:size], shared[language][:size]
        t = np.asarray(part.document_embeddings[:size], np.float64)
        draws = rng.normal(size=(2, size, num_topics))
        plain[language] = (x.toarray(), g.toarray(), t, draws)
        batch[language] = LanguageBatch(
            SparseRows.from_scipy(x, dtype=torch.float64),
            SparseRows.from_scipy(g, dtype=torch.float64),
            torch.from_numpy(t),
        )
        noise[language] = LanguageNoise(*torch.from_numpy(draws))
    return batch, noise, plain


def plain_loss(plain, state, languages, num_topics, kl_weight, cka_weight):
    """The loss of the paper's formulas in dense numpy, written without any of the package's network code."""

    def softplus(a):
        return np.log1p(np.exp(-np.abs(a))) + np.maximum(a, 0)

    def softmax(a):
        e = np.exp(a - a.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def norm(a, name):
        return (a - a.mean(0)) / np.sqrt(a.var(0) + 1e-5) + state[f"{name}.bias"]

    def encode(x, name, eps):
        h = softplus(x @ state[f"{name}.hidden1.weight"] + state[f"{name}.hidden1.bias"])
        h = softplus(h @ state[f"{name}.hidden2.weight"].T + state[f"{name}.hidden2.bias"])
        mu = norm(h @ state[f"{name}.mean.weight"].T + state[f"{name}.mean.bias"], f"{name}.mean_norm")
        raw = h @ state[f"{name}.log_variance.weight"].T + state[f"{name}.log_variance.bias"]
        variance = np.exp(norm(raw, f"{name}.log_variance_norm"))
        return mu, variance, softmax(mu + eps * np.sqrt(variance))

    def kl(mu0, var0, mu1, var1):
        return np.mean(np.sum(0.5 * (var0 / var1 + (mu1 - mu0) ** 2 / var1 - 1 + np.log(var1 / var0)), 1))

    def reconstruction(x, theta, beta, name):
        return -np.mean(np.sum(x * np.log(softmax(norm(theta @ beta, name))), 1))

    def cka(s, t):
        s, t = s - s.mean(0), t - t.mean(0)
        frobenius = np.linalg.norm
        return 1 - frobenius(s.T @ t) / math.sqrt(frobenius(s.T @ s) * frobenius(t.T @ t))

    prior = 1 - 1 / num_topics
    beta_all = np.concatenate([state[f"topic_word.lang_{language}"] for language in languages], 1)
    total = 0.0
    for language in languages:
        x, g, t, (eps_local, eps_global) = plain[language]
        mu, var, theta = encode(x, f"local_encoder.lang_{language}", eps_local)
        mu_g, var_g, theta_g = encode(g, "global_encoder", eps_global)
        beta = state[f"topic_word.lang_{language}"]
        total += reconstruction(x, theta, beta, f"local_decoder_norm.lang_{language}") + kl(mu, var, 0, prior)
        total += reconstruction(g, theta_g, beta_all, "global_decoder_norm") + kl(mu_g, var_g, 0, prior)
        total += kl_weight * kl(mu, var, mu_g, var_g)
        total += cka_weight * cka(theta, t)
    return total


def make_network(corpus, num_topics, **settings):
    sizes = {language: part.num_words for language, part in corpus.items()}
    return GloCTMNetwork(sizes, num_topics, local_hidden_size=7, global_hidden_size=9, **settings).double()


@pytest.mark.parametrize("languages", [("en", "de"), LANGUAGES, ("en", "zh", "ja", "de")])
def test_the_loss_is_the_sum_that_the_method_states(languages):
    corpus = planted_corpus(languages, documents=20)
    batch, noise, plain = make_batch(corpus, 5)
    network = make_network(corpus, 5, kl_weight=2.5, cka_weight=70.0)
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    rng = np.random.default_rng(3)
    with torch.no_grad():  # shifts start at zero, where a mistake in them would not show
        for name, parameter in network.named_parameters():
            if name.endswith("norm.bias"):
                parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)))
    expected = plain_loss(plain, state, languages, 5, 2.5, 70.0)
    assert network(batch, noise).total.item() == pytest.approx(expected, rel=1e-9)


def test_gradients_agree_with_finite_differences():
    corpus = planted_corpus(LANGUAGES, num_topics=3, words_per_topic=3, documents=12)
    batch, noise, _ = make_batch(corpus, 3, size=12)
    network = make_network(corpus, 3, kl_weight=2.0, cka_weight=20.0)
    network(batch, noise).total.backward()
    rng = np.random.default_rng(0)
    for name, parameter in network.named_parameters():
        direction = torch.from_numpy(rng.normal(size=parameter.shape))
        ends = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                parameter += step * direction
                ends.append(network(batch, noise).total.item())
                parameter -= step * direction
        slope = (ends[0] - ends[1]) / 2e-5
        assert (parameter.grad * direction).sum().item() == pytest.approx(slope, rel=1e-4, abs=1e-5), name


def test_permuting_languages_permutes_loss_and_gradients_and_nothing_else():
    corpus = planted_corpus(LANGUAGES, documents=20)
    other = corpus.select(("to", "en", "zh"))
    results = []
    for arranged in (corpus, other):
        batch, noise, _ = make_batch(arranged, 5)
        network = make_network(arranged, 5)
        terms = network(batch, noise)
        terms.total.backward()
        results.append((terms.total.item(), dict(network.named_parameters()), arranged))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-12)
    assert set(results[0][1]) == set(results[1][1])
    for name, parameter in results[0][1].items():
        twin = results[1][1][name]
        for first, second in ((parameter.detach(), twin.detach()), (parameter.grad, twin.grad)):
            if name in ("global_encoder.hidden1.weight", "global_decoder_norm.bias"):
                second = reorder_blocks(second, other, corpus)
            torch.testing.assert_close(first, second, rtol=1e-9, atol=1e-9, msg=name)


def reorder_blocks(tensor, source, target):
    """Rows in blocks by the source's language order, rearranged to the target's."""
    blocks = dict(zip(source, tensor.split([part.num_words for part in source.values()]), strict=True))
    return torch.cat([blocks[language] for language in target])


def test_permuting_languages_permutes_a_trained_model():
    corpus = planted_corpus(LANGUAGES, documents={"en": 130, "zh": 90, "to": 60})
    settings = {"method": "published", "num_topics": 5, "epochs": 3, "batch_size": 32}
    settings |= {"threads": 1, "show_progress": False}
    first = GloCTM(**settings).fit(corpus)
    second = GloCTM(**settings).fit(corpus.select(("to", "en", "zh")))
    assert first.languages_ == LANGUAGES
    assert second.languages_ == ("to", "en", "zh")
    for language in LANGUAGES:
        # Sums in another order round differently; a dozen steps of Adam keep that small.
        np.testing.assert_allclose(first.topic_word_[language], second.topic_word_[language], atol=2e-3)


def test_cka_of_constant_input_is_finite():
    theta = torch.full((8, 4), 0.25, requires_grad=True)
    loss = cka_loss(theta, torch.ones(8, 6))
    loss.backward()
    assert loss.item() == pytest.approx(1)
    assert torch.isfinite(theta.grad).all()
    varied = torch.randn(8, 4, generator=make_generator(0, "test"))
    assert cka_loss(varied, torch.ones(8, 6)).item() == pytest.approx(1)


def test_cka_gram_forms_agree():
    generator = make_generator(0, "test")
    theta = torch.randn(12, 5, generator=generator)
    for width in (3, 40):  # narrower and wider than the batch
        embeddings = torch.randn(12, width, generator=generator)
        s, t = (a.double() - a.double().mean(0) for a in (theta, embeddings))
        expected = 1 - (s.T @ t).norm() / ((s.T @ s).norm() * (t.T @ t).norm()).sqrt()
        assert cka_loss(theta, embeddings).item() == pytest.approx(expected.item(), rel=1e-12)
    assert cka_loss(theta, theta).item() == pytest.approx(0, abs=1e-12)


def test_an_epoch_covers_the_largest_language_once_and_cycles_the_others():
    corpus = planted_corpus(("en", "de"), documents={"en": 101, "de": 30})
    batches = Batches(corpus, 3, torch.device("cpu"))
    taken = {"en": [], "de": []}
    sizes = []
    rows = {language: [tuple(row) for row in part.counts.toarray().tolist()] for language, part in corpus.items()}
    for batch in batches.epoch(20, make_generator(0, "shuffling")):
        sizes.append(len(batch["en"].counts))
        for language, part in batch.items():
            dense = torch.zeros(len(part.counts), part.counts.width)
            dense[part.counts.row_of_nonzero, part.counts.indices] = part.counts.values
            taken[language].extend(tuple(int(value) for value in row) for row in dense.tolist())
    # 101 documents in twenties leave one over, which batch norm can't take alone.
    assert sizes == [20, 20, 20, 20, 21]
    assert len(sizes) == len(batch_sizes(batches.length, 20))
    assert sorted(taken["en"]) == sorted(rows["en"])
    assert sorted(taken["de"]) == sorted(rows["de"][index % 30] for index in range(101))
    pairs = {(first, second) for first, second in zip(taken["en"], taken["de"], strict=True)}
    assert pairs == {(rows["en"][index], rows["de"][index % 30]) for index in range(101)}


@pytest.mark.parametrize("languages", [("en", "zh"), pytest.param(("en", "zh", "ja", "ar"), marks=pytest.mark.slow)])
def test_planted_topics_are_recovered_and_aligned(languages):
    corpus = planted_corpus(languages, documents={language: 400 - 50 * i for i, language in enumerate(languages)})
    model = GloCTM(
        method="published", num_topics=5, epochs=100, batch_size=64, kl_weight=20.0, cka_weight=50.0, threads=1,
        show_progress=False,
    ).fit(corpus)  # fmt: skip
    # Recovery: the share of a topic's ten top words, over all languages, that one planted topic accounts for.
    matched, scores = set(), []
    for topic in range(5):
        records = [record for record in model.topics(10) if record["topic"] == topic]
        found = [word.split("-")[1] for record in records for word in record["words"]]
        most = max(set(found), key=found.count)
        matched.add(most)
        scores.append(found.count(most) / len(found))
        # Aligned: in each language by itself the same planted topic comes first.
        for record in records:
            own = [word.split("-")[1] for word in record["words"]]
            assert max(set(own), key=own.count) == most, (topic, record)
    assert matched == {"0", "1", "2", "3", "4"}
    assert np.mean(scores) >= 0.9, scores
    # Alignment: documents of one planted topic meet in one topic, whatever their language.
    theta = model.transform(corpus)
    labels = {language: part.labels for language, part in corpus.items()}
    assert len(theme_topics(theta, labels)) == 5
    assert min(nearest_document_agreement(theta, labels).values()) >= 0.9
