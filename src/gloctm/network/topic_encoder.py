"""The inference network: counts in, mean and log-variance of the latent topics out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gloctm.network.initialization import linear_uniform, make_generator
from gloctm.network.layers import ShiftBatchNorm, SparseLinear, dropout
from gloctm.network.sparse import SparseRows


class Posterior(NamedTuple):
    """The logistic-normal posterior of a batch, and one sample from it.

    Attributes:
        mean: μ, ``(batch, K)``.
        log_variance: log σ², ``(batch, K)``.
        theta: topic proportions θ = softmax(μ + ε·exp(½ log σ²)), ``(batch, K)``.

    Examples:
        >>> mean = torch.zeros(2, 5)
        >>> Posterior(mean, mean, torch.softmax(mean, dim=1)).theta.sum(dim=1).tolist()
        [1.0, 1.0]
    """

    mean: Tensor
    log_variance: Tensor
    theta: Tensor


class TopicEncoder(nn.Module):
    """Linear → softplus → linear → softplus → dropout → two heads with batch norm over the topics.

    Args:
        vocabulary_sizes: for each language that the input has a block for, its size; one language for a local encoder,
            all of them for the global one.
        hidden_size: width of both hidden layers.
        num_topics: K.
        dropout_rate: of the second hidden layer and of θ.
        seed: starts the weights.
        name: tells this encoder's random starts from others'.

    Example:
        >>> import scipy.sparse as sp
        >>> encoder = TopicEncoder({"en": 3}, hidden_size=4, num_topics=2, seed=0, name="encoder")
        >>> encoder(SparseRows.from_scipy(sp.csr_array([[1, 0, 2], [0, 1, 0]])), torch.zeros(2, 2)).theta.shape
        torch.Size([2, 2])
    """

    def __init__(
        self,
        vocabulary_sizes: dict[str, int],
        hidden_size: int,
        num_topics: int,
        *,
        dropout_rate: float = 0.0,
        seed: int,
        name: str,
    ) -> None:
        super().__init__()
        self.dropout_rate = dropout_rate
        total = sum(vocabulary_sizes.values())
        blocks = [
            linear_uniform((size, hidden_size), total, make_generator(seed, name, "hidden1", language))
            for language, size in vocabulary_sizes.items()
        ]
        generator = make_generator(seed, name)
        self.hidden1 = SparseLinear(torch.cat(blocks), linear_uniform((hidden_size,), total, generator))
        self.hidden2 = _linear(hidden_size, hidden_size, generator)
        self.mean = _linear(hidden_size, num_topics, generator)
        self.log_variance = _linear(hidden_size, num_topics, generator)
        self.mean_norm = ShiftBatchNorm(num_topics)
        self.log_variance_norm = ShiftBatchNorm(num_topics)

    def forward(self, rows: SparseRows, noise: Tensor, generator: torch.Generator | None = None) -> Posterior:
        """Infer and sample.

        Args:
            rows: counts of the batch.
            noise: ε, standard normal, ``(batch, K)``.
            generator: draws the dropout masks.
        """
        return self.infer_each([rows], [noise], [generator])[0]

    def infer_each(
        self, rows: Sequence[SparseRows], noise: Sequence[Tensor], generators: Sequence[torch.Generator | None]
    ) -> list[Posterior]:
        """Infer and sample for several batches, each with batch norm of its own, by the same layers at once."""
        sizes = [len(each) for each in rows]
        hidden = self.hidden(rows)
        rate = self.dropout_rate if self.training else 0.0
        if rate:
            parts = zip(torch.split(hidden, sizes), generators, strict=True)
            hidden = torch.cat([dropout(part, rate, generator) for part, generator in parts])
        means = torch.split(self.mean(hidden), sizes)
        log_variances = torch.split(self.log_variance(hidden), sizes)
        posteriors = []
        for mean, log_variance, epsilon, generator in zip(means, log_variances, noise, generators, strict=True):
            mean, log_variance = self.mean_norm(mean), self.log_variance_norm(log_variance)
            theta = sample(mean, log_variance, epsilon)
            posteriors.append(Posterior(mean, log_variance, dropout(theta, rate, generator)))
        return posteriors

    def hidden(self, rows: Sequence[SparseRows]) -> Tensor:
        """Return the last hidden layer for several batches, one after another, before dropout."""
        return F.softplus(self.hidden2(F.softplus(self.hidden1(SparseRows.stacked(rows)))))


def sample(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Return θ = softmax(μ + ε·exp(½ log σ²)).

    Examples:
        >>> sample(torch.zeros(1, 4), torch.zeros(1, 4), torch.zeros(1, 4)).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    return F.softmax(mean + noise * torch.exp(0.5 * log_variance), dim=-1)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    # By way of the meta device, because torch's own start would draw from the global generator.
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.copy_(linear_uniform((outputs, inputs), inputs, generator))
        layer.bias.copy_(linear_uniform((outputs,), inputs, generator))
    return layer
