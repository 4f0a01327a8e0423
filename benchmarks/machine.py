"""What figures were measured on."""

from __future__ import annotations

import contextlib
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, cores, and the versions that speed and results depend on."""
    model = platform.processor()
    with contextlib.suppress(OSError, IndexError):
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip()
    versions = {name: version(name) for name in ("gloctm", "numpy", "scipy", "scikit-learn", "torch")}
    return {"processor": model, "cores": os.cpu_count(), "python": platform.python_version(), **versions}
