"""Named settings: those of the published experiments, and of the demo."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gloctm.errors import InputError

_PUBLISHED = {
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

#: For each preset the estimator's settings. The first three are the published experiments' (K = 50, 150 epochs).
PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "ecnews": MappingProxyType({**_PUBLISHED, "num_neighbors": 3, "kl_weight": 4.0, "cka_weight": 450.0}),
        "amazon_review": MappingProxyType({**_PUBLISHED, "num_neighbors": 3, "kl_weight": 3.0, "cka_weight": 300.0}),
        "rakuten_amazon": MappingProxyType({**_PUBLISHED, "num_neighbors": 12, "kl_weight": 2.0, "cka_weight": 450.0}),
        # A few hundred documents a language: few topics; many epochs, because each is only a few steps; a stronger pull
        # to the global posterior, without which the local encoders drift apart on so little text; and one thread,
        # because products this small only wait for one another when they are shared.
        "demo": MappingProxyType(
            {
                "num_topics": 12,
                "epochs": 400,
                "batch_size": 64,
                "num_neighbors": 3,
                "kl_weight": 20.0,
                "cka_weight": 450.0,
                "threads": 1,
            }
        ),
    }
)


def get_preset(name: str) -> dict[str, Any]:
    """The settings of a preset.

    Raises:
        InputError: there is no preset of that name.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}")
    return dict(PRESETS[name])
