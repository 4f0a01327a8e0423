"""What a checkpoint holds besides tensors."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from gloctm.files.schema import Count, Finite


class State(TypedDict):
    """Position, history and settings of a training; see ``gloctm.training.checkpoint.TrainingState``."""

    batch: Count
    history: list[dict[str, Finite]]
    identity: dict[str, Any]
    stopped: NotRequired[bool]
