"""Numbers of answers: as few digits as tell what is known."""

from __future__ import annotations


def exact(value: float) -> float:
    """A float32 with no more digits than give it back exactly."""
    return float(f"{value:.9g}")


def rounded(value: float) -> float:
    """Four digits, of what only says how much about."""
    return float(f"{value:.4g}")
