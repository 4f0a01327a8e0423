"""Random starts, one generator a purpose and language.

Every generator is seeded by the seed, the purpose and the language's code, not by a place in a sequence. So the order
of languages does not change what any parameter starts from.
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor


def make_generator(seed: int, *purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a generator for one purpose.

    Examples:
        >>> noise = make_generator(0, "noise", "en")
        >>> torch.randn(2, generator=noise).shape
        torch.Size([2])
    """
    digest = hashlib.sha256("/".join((str(seed), *purpose)).encode()).digest()
    generator = torch.Generator(device=device)
    # 63 bits: manual_seed refuses larger numbers.
    generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return generator


def linear_uniform(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> Tensor:
    """Draw uniformly from ±1/√fan_in, as ``torch.nn.Linear`` does for its weights and biases.

    Examples:
        >>> bool(linear_uniform((2, 4), 4, make_generator(0, "weight")).abs().max() <= 0.5)
        True
    """
    bound = 1 / math.sqrt(fan_in)
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)


def xavier_uniform(shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Draw uniformly from ±√(6 / (rows + columns)) (Glorot and Bengio, 2010).

    Examples:
        >>> bool(xavier_uniform((2, 4), make_generator(0, "weight")).abs().max() <= 1)
        True
    """
    bound = math.sqrt(6 / sum(shape))
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)
