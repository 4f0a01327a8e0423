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
        # A few hundred documents a language: few topics; small batches and a higher learning rate, or two themes would
        # share a topic while another stands twice; less of CKA against the pull to the global posterior, or the
        # local encoders drift apart on so little text; one thread, because products this small wait for each other.
        "demo": MappingProxyType(
            {
                "num_topics": 12,
                "epochs": 150,
                "batch_size": 32,
                "learning_rate": 1e-2,
                "num_neighbors": 3,
                "kl_weight": 5.0,
                "cka_weight": 100.0,
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
