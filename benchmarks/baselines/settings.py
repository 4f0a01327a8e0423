"""What makes a model another one: settings as JSON holds them, and short digests of what they stand for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

# Settings by which nobody would tell two models apart, those that only say something of others, and the seed, which is
# recorded separately: results of several seeds belong together.
FREE = ("seed", "random_state", "threads", "device", "show_progress", "uncertain", "deviations")


def comparable(settings: Mapping[str, Any], usual: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The settings that make a model another one, as JSON gives them back.

    Args:
        settings: all of them.
        usual: values by which settings are left out, as if there were none of that name.
    """
    without = {name for name, value in (usual or {}).items() if name in settings and settings[name] == value}
    kept = {name: value for name, value in settings.items() if name not in FREE and name not in without}
    return dict(json.loads(json.dumps(kept)))


def digest(content: Mapping[str, Any]) -> str:
    """A short name of what JSON can hold: twelve hexadecimal digits of its SHA-256, whatever the order of names."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def fingerprint(matrix: sp.csr_array | NDArray[Any]) -> str:
    """The same of a matrix, by its shape and values."""
    if isinstance(matrix, np.ndarray):
        parts = [np.ascontiguousarray(matrix)]
    else:
        rows = sp.csr_array(matrix)
        rows.sum_duplicates()
        parts = [rows.indptr.astype("<i8"), rows.indices.astype("<i8"), rows.data]
    found = hashlib.sha256(repr(matrix.shape).encode())
    for part in parts:
        found.update(part.dtype.str.encode() + part.tobytes())
    return found.hexdigest()[:12]
