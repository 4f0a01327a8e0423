"""The arithmetic of the method against golden numbers: see ``golden/README.md``."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from gloctm.augmentation.counts import augment
from gloctm.metrics import topic_uniqueness
from gloctm.model.inference import latent_means
from gloctm.model.parameters import local_encoder_name
from gloctm.network.losses import cka_loss, kl_between, kl_to_prior, reconstruction_loss
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise
from gloctm.network.sparse import SparseRows
from paths import GOLDEN

# The golden files call their languages a and b.
LANGUAGES = ("a", "b")


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "loss.npz", allow_pickle=False) as archive:
        return dict(archive)


def own_name(name: str) -> str:
    """The golden file's name of a parameter, gradient or buffer, in this package's spelling."""
    for language in LANGUAGES:
        name = name.replace(f"beta_{language}", f"topic_word.lang_{language}")
        name = name.replace(f"decoder_bn_{language}.", f"local_decoder_norm.lang_{language}.")
        name = name.replace(f"local_encoder_{language}.", f"local_encoder.lang_{language}.")
    name = name.replace("decoder_bn_global.", "global_decoder_norm.")
    return name.replace("logvar", "log_variance").replace("_bn.", "_norm.")


def golden_arrays(golden: dict[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """All arrays of a kind (param, grad, buffer) by this package's names and orientation."""
    arrays = {}
    for name, array in golden.items():
        if name.startswith(f"{kind}/") and "prior" not in name and "num_batches" not in name:
            own = own_name(name.removeprefix(f"{kind}/"))
            if "_norm." in own and own.endswith(".weight"):  # the scale that is fixed at 1
                assert (array == 1).all()
                continue
            arrays[own] = array.T if own.endswith("hidden1.weight") else array
    return arrays


@pytest.fixture
def network(golden):
    network = GloCTMNetwork(
        {"a": 60, "b": 50},
        6,
        local_hidden_size=9,
        global_hidden_size=14,
        kl_weight=float(golden["weight_kl"]),
        cka_weight=float(golden["weight_cka"]),
    )
    state = network.state_dict()
    parameters = golden_arrays(golden, "param")
    assert set(parameters) == {name for name in state if "running" not in name}
    state.update({name: torch.from_numpy(array) for name, array in parameters.items()})
    network.load_state_dict(state)
    return network


def rows(dense: np.ndarray) -> SparseRows:
    return SparseRows.from_scipy(sp.csr_array(dense))


@pytest.fixture
def batch(golden):
    return {
        language: LanguageBatch(
            rows(golden[f"bow_{language}"]),
            rows(golden[f"global_bow_{language}"]),
            torch.from_numpy(golden[f"doc_embeddings_{language}"]),
        )
        for language in LANGUAGES
    }


@pytest.fixture
def noise(golden):
    return {
        language: LanguageNoise(
            torch.from_numpy(golden[f"eps/local_{language}"]), torch.from_numpy(golden[f"eps/global_{language}"])
        )
        for language in LANGUAGES
    }


@pytest.mark.parametrize("num_neighbors", [3, 7])
def test_augmentation(num_neighbors):
    with np.load(GOLDEN / "augmentation.npz", allow_pickle=False) as archive:
        golden = dict(archive)
    result = augment(
        {language: sp.csr_array(golden[f"bow_{language}"]) for language in LANGUAGES},
        {language: golden[f"word_embeddings_{language}"] for language in LANGUAGES},
        num_neighbors,
    )
    for language in LANGUAGES:
        np.testing.assert_array_equal(result[language].toarray(), golden[f"global_bow_{language}_k{num_neighbors}"])


def test_loss_and_its_terms(network, batch, noise, golden):
    terms = network(batch, noise)
    local = float(golden["expected/loss_local_a"] + golden["expected/loss_local_b"])
    assert terms.total.item() == pytest.approx(float(golden["expected/loss"]), rel=1e-5)
    assert terms.shared.item() == pytest.approx(float(golden["expected/loss_global"]), rel=1e-5)
    assert terms.local.item() == pytest.approx(local, rel=1e-5)
    assert terms.regularization.item() == pytest.approx(float(golden["expected/loss_kl_global_local"]), rel=1e-5)
    assert terms.cka.item() == pytest.approx(float(golden["expected/loss_cka"]), rel=1e-5)


def test_pieces_of_the_loss(network, batch, noise, golden):
    q_local = network.local_encoder["lang_a"](batch["a"].counts, noise["a"].local)
    q_global = network.global_encoder(batch["a"].global_counts, noise["a"].shared)
    np.testing.assert_allclose(q_local.mean.detach(), golden["part/mu_local_a"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q_local.log_variance.detach(), golden["part/logvar_local_a"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(q_local.theta.detach(), golden["part/theta_local_a"], rtol=1e-4, atol=1e-6)
    weights = torch.cat([network.topic_word["lang_a"], network.topic_word["lang_b"]], dim=1)
    logits = network.global_decoder_norm(q_global.theta @ weights)
    reconstruction = reconstruction_loss(batch["a"].global_counts, logits)
    assert reconstruction.item() == pytest.approx(float(golden["part/global_a_reconstruction"]), rel=1e-5)
    assert kl_to_prior(q_global).item() == pytest.approx(float(golden["part/global_a_kl_prior"]), rel=1e-5)
    assert kl_between(q_local, q_global).item() == pytest.approx(float(golden["part/kl_local_global_a"]), rel=1e-5)
    cka = cka_loss(q_local.theta, batch["a"].document_embeddings)
    assert cka.item() == pytest.approx(float(golden["part/cka_a"]), rel=1e-5)


def test_gradients(network, batch, noise, golden):
    network(batch, noise).total.backward()
    expected = golden_arrays(golden, "grad")
    parameters = dict(network.named_parameters())
    assert set(expected) == set(parameters)
    # A bias that a batch norm follows has no influence: its gradient is rounding noise around zero, here and in the
    # golden file, so it is held against the gradient of the shift that comes after it.
    noise_only = {name for name in expected if name.endswith((".mean.bias", ".log_variance.bias"))}
    for name in set(expected) - noise_only:
        difference = np.linalg.norm(parameters[name].grad.numpy() - expected[name])
        assert difference <= 1e-3 * np.linalg.norm(expected[name]), name
    for name in noise_only:
        shift = np.linalg.norm(expected[name.replace(".bias", "_norm.bias")])
        assert np.linalg.norm(parameters[name].grad.numpy()) <= 1e-3 * shift, name


def test_running_statistics_after_one_step(network, batch, noise, golden):
    network(batch, noise)
    state = network.state_dict()
    buffers = golden_arrays(golden, "buffer")
    # Those that the golden run had updated once when they were written down.
    for prefix in ("local_decoder_norm.lang_a", "local_decoder_norm.lang_b", "local_encoder.lang_b.mean_norm"):
        for name in (f"{prefix}.running_mean", f"{prefix}.running_var"):
            np.testing.assert_allclose(state[name], buffers[name], rtol=1e-4, atol=1e-6)


def test_running_statistics_of_the_shared_modules(network, batch, noise, golden):
    # The golden run passed language a through the global encoder and decoder once more, to write down its pieces.
    network(batch, noise)
    q_global = network.global_encoder(batch["a"].global_counts, noise["a"].shared)
    network.local_encoder["lang_a"](batch["a"].counts, noise["a"].local)
    weights = torch.cat([network.topic_word["lang_a"], network.topic_word["lang_b"]], dim=1)
    network.global_decoder_norm(q_global.theta @ weights)
    state = network.state_dict()
    for name, expected in golden_arrays(golden, "buffer").items():
        np.testing.assert_allclose(state[name], expected, rtol=1e-4, atol=1e-6, err_msg=name)


def test_evaluation_mode_means_in_torch_and_in_numpy(network, golden):
    state = network.state_dict()
    state.update({name: torch.from_numpy(array) for name, array in golden_arrays(golden, "buffer").items()})
    network.load_state_dict(state)
    network.eval()
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    cases = (
        (local_encoder_name("a"), "eval_bow_a", "mu_local_a"),
        (local_encoder_name("b"), "eval_bow_b", "mu_local_b"),
        ("global_encoder", "eval_global_bow_a", "mu_global_a"),
    )
    for prefix, inputs, means in cases:
        counts, expected = golden[inputs], golden[f"expected_eval/{means}"]
        encoder = network.get_submodule(prefix)
        with torch.no_grad():
            in_torch = encoder(rows(counts), torch.zeros(len(counts), 6)).mean.numpy()
        in_numpy = latent_means(sp.csr_array(counts), weights, prefix)
        np.testing.assert_allclose(in_torch, expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(in_numpy, in_torch, rtol=1e-5, atol=1e-5)


def test_topic_uniqueness():
    golden = json.loads((GOLDEN / "metrics.json").read_text())
    for language in LANGUAGES:
        expected = golden["expected"][f"topic_uniqueness_{language}"]
        assert topic_uniqueness(golden[f"topics_{language}"]) == pytest.approx(expected)
