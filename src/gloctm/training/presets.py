"""Named settings: those of the published method and its experiments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gloctm.errors import InputError

_PUBLISHED = {
    "method": "published",
    "num_topics": 50,
    "epochs": 150,
    "batch_size": 128,
    "learning_rate": 2e-3,
    "decay_every": 125,
    "decay_factor": 0.5,
    "local_hidden_size": 100,
    "global_hidden_size": 200,
    "dropout": 0.0,
}

_NEWS = MappingProxyType({**_PUBLISHED, "num_neighbors": 3, "kl_weight": 4.0, "cka_weight": 450.0})

#: For each preset the estimator's settings: those of the published experiments (K = 50, 150 epochs), and ``published``,
#: the published method for a corpus of one's own.
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "published": _NEWS,
        "ecnews": _NEWS,
        "amazon_review": MappingProxyType({**_PUBLISHED, "num_neighbors": 3, "kl_weight": 3.0, "cka_weight": 300.0}),
        "rakuten_amazon": MappingProxyType({**_PUBLISHED, "num_neighbors": 12, "kl_weight": 2.0, "cka_weight": 450.0}),
    }
)


def get_preset(name: str) -> dict[str, Any]:
    """Return the settings of a preset.

    Raises:
        InputError: there is no preset of that name.

    Example:
        >>> get_preset("ecnews")["cka_weight"]
        450.0
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    return dict(PRESETS[name])
