"""The method as it is stated, in stock torch modules: what the speed of the package is measured against.

Dense input, ``nn.Linear`` and ``nn.BatchNorm1d``, autograd, ``torch.optim.Adam``; an augmentation that loops over
documents; batches taken from dense tensors. Nothing here is clever, and nothing is needlessly slow: inputs are dense
because those layers take nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn


def shift_norm(size: int) -> nn.BatchNorm1d:
    """Batch norm with its scale fixed at 1."""
    norm = nn.BatchNorm1d(size)
    norm.weight.requires_grad_(False)
    return norm


class Encoder(nn.Module):
    """Two hidden layers, two heads."""

    def __init__(self, size: int, hidden_size: int, num_topics: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Linear(size, hidden_size), nn.Softplus(), nn.Linear(hidden_size, hidden_size), nn.Softplus()
        )
        self.mean = nn.Sequential(nn.Linear(hidden_size, num_topics), shift_norm(num_topics))
        self.log_variance = nn.Sequential(nn.Linear(hidden_size, num_topics), shift_norm(num_topics))

    def forward(self, counts: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of a batch."""
        hidden = self.hidden(counts)
        return self.mean(hidden), self.log_variance(hidden)


class Yardstick(nn.Module):
    """The whole network.

    Args:
        sizes: words of each language.
        num_topics: K.
        kl_weight: λ_KL.
        cka_weight: λ_CKA.
    """

    def __init__(
        self, sizes: Mapping[str, int], num_topics: int, kl_weight: float = 4.0, cka_weight: float = 450.0
    ) -> None:
        super().__init__()
        self.languages = list(sizes)
        self.kl_weight, self.cka_weight = kl_weight, cka_weight
        total = sum(sizes.values())
        self.local_encoders = nn.ModuleList(Encoder(size, 100, num_topics) for size in sizes.values())
        self.global_encoder = Encoder(total, 200, num_topics)
        self.topic_word = nn.ParameterList(
            nn.init.xavier_uniform_(torch.empty(num_topics, size)) for size in sizes.values()
        )
        self.local_norms = nn.ModuleList(shift_norm(size) for size in sizes.values())
        self.global_norm = shift_norm(total)

    def forward(self, batch: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        """The loss of counts, global counts and embeddings of each language's documents."""
        shared_topic_word = torch.cat(list(self.topic_word), dim=1)
        loss = torch.zeros((), device=shared_topic_word.device)
        for place, (counts, global_counts, embeddings) in enumerate(batch):
            local = self.local_encoders[place](counts)
            shared = self.global_encoder(global_counts)
            theta, shared_theta = sample(*local), sample(*shared)
            words = F.softmax(self.local_norms[place](theta @ self.topic_word[place]), dim=1)
            shared_words = F.softmax(self.global_norm(shared_theta @ shared_topic_word), dim=1)
            prior_log_variance = torch.full_like(theta, 1 - 1 / theta.shape[1]).log()
            prior = torch.zeros_like(theta), prior_log_variance
            loss = loss - (counts * words.log()).sum(1).mean() + divergence(*local, *prior)
            loss = loss - (global_counts * shared_words.log()).sum(1).mean() + divergence(*shared, *prior)
            loss = loss + self.kl_weight * divergence(*local, *shared)
            loss = loss + self.cka_weight * alignment_loss(theta, embeddings)
        return loss


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Topic proportions of one draw."""
    return F.softmax(mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance), dim=1)


def divergence(mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor) -> Tensor:
    """KL of two diagonal Gaussians, averaged over the batch."""
    ratio = (log_variance - other_log_variance).exp()
    distance = (mean - other_mean) ** 2 / other_log_variance.exp()
    return 0.5 * (ratio + distance - 1 + other_log_variance - log_variance).sum(1).mean()


def alignment_loss(theta: Tensor, embeddings: Tensor) -> Tensor:
    """1 − CKA, in float64, by the products as they are written."""
    left, right = theta.double(), embeddings.double()
    left, right = left - left.mean(0), right - right.mean(0)
    cross = torch.linalg.norm(left.T @ right)
    return 1 - cross / torch.sqrt(torch.linalg.norm(left.T @ left) * torch.linalg.norm(right.T @ right))


def train_step(
    network: Yardstick, optimizer: torch.optim.Optimizer, batch: list[tuple[Tensor, Tensor, Tensor]]
) -> float:
    """One step; gives the loss, as published training loops read it."""
    loss = network(batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def global_counts_by_document(
    counts: NDArray[np.float32], neighbors: Mapping[str, NDArray[np.int64]], sizes: Mapping[str, int], language: str
) -> NDArray[np.float32]:
    """Augmentation as a loop over documents, their words and these words' neighbors.

    Args:
        counts: dense, ``(documents, words)``.
        neighbors: what ``nearest_words`` gives for the language.
        sizes: words of each language.
        language: whose documents these are.
    """
    result = np.zeros((len(counts), sum(sizes.values())), np.float32)
    start = 0
    for other, size in sizes.items():
        for row, document in enumerate(counts):
            for word in np.nonzero(document)[0]:
                if other == language:
                    result[row, start + word] += 1
                for neighbor in neighbors[other][word]:
                    result[row, start + neighbor] += 1
        start += size
    return result


def nearest_words(
    vectors: Mapping[str, NDArray[np.float32]], language: str, num_neighbors: int
) -> dict[str, NDArray[np.int64]]:
    """For each language, the neighbors of a language's words there, by a full sort of all similarities."""
    from sklearn.metrics.pairwise import cosine_similarity

    found = {}
    for other, candidates in vectors.items():
        similarity = cosine_similarity(vectors[language], candidates)
        if other == language:
            np.fill_diagonal(similarity, -np.inf)
        found[other] = np.argsort(-similarity, axis=1, kind="stable")[:, :num_neighbors]
    return found
