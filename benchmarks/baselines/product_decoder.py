"""ProdLDA's decoder, and θ of a language by an encoder of its own: what several neural baselines share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from baselines.decoding import Memory, WordNorm, decoded_loss
from baselines.embeddings import Array
from gloctm.corpus import LanguageCorpus
from gloctm.errors import InputError
from gloctm.model.inference import latent_means
from gloctm.network import ShiftBatchNorm, SparseRows, xavier_uniform


class ProductDecoder(nn.Module):
    """Words of one language from topics: p = softmax(BN(θ β)), a product of experts.

    The batch norm is that of GloCTM's decoders, its scale fixed at 1 and its shift learned, unless another is given.

    Args:
        num_topics: K.
        num_words: V.
        generator: starts β, Xavier uniform.
        norm: another batch norm over the words.

    References:
        Srivastava, Sutton: Autoencoding Variational Inference for Topic Models. ICLR 2017.
    """

    def __init__(
        self, num_topics: int, num_words: int, generator: torch.Generator, norm: WordNorm | None = None
    ) -> None:
        super().__init__()
        self.topic_word = nn.Parameter(xavier_uniform((num_topics, num_words), generator))
        self.norm = ShiftBatchNorm(num_words) if norm is None else norm
        self._memory = Memory()

    def forward(self, theta: Tensor, counts: SparseRows) -> Tensor:
        """The reconstruction loss of a batch, averaged over it."""
        return decoded_loss(theta, self.topic_word, counts, self.norm, self._memory)

    def scores(self) -> Array:
        """β, ``(K, V)``, by which the words of topics are ranked."""
        return arrays(self)["topic_word"]


def arrays(network: nn.Module) -> dict[str, Array]:
    """A copy of everything a network has learned, by name."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in network.state_dict().items()}


def encoded_means(
    language: str, part: LanguageCorpus, vocabulary: Sequence[str] | None, weights: Mapping[str, Array], model: str
) -> Array:
    """μ of a language's documents by the ``TopicEncoder`` trained on it, ``(documents, K)``.

    A document without words is no evidence: μ = 0, the prior's centre, as in GloCTM.

    Args:
        language: its code.
        part: its documents.
        vocabulary: that of training, None where the model was not trained on the language.
        weights: of the encoder, by their names in it.
        model: its name, for the message.

    Raises:
        InputError: the language was not trained on, or its vocabulary is another.
    """
    if vocabulary is None:
        raise InputError(f"{model} was not trained on {language!r} and reads only words of the languages it was")
    if list(part.vocabulary) != list(vocabulary):
        raise InputError(f"the vocabulary of {language!r} is not that of {model}'s training: count with the same words")
    means = latent_means(part.counts, {f"encoder.{name}": array for name, array in weights.items()}, "encoder")
    means[part.empty_documents] = 0
    return means
