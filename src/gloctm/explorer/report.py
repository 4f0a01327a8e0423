"""The explorer as a file that people share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gloctm.errors import InputError
from gloctm.explorer.page import HasDict, render_page
from gloctm.files.atomic import atomic_file

_ENDINGS = {".html", ".htm"}


def write_report(summary: HasDict | Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write the explorer as one HTML file that opens in any browser, without a network.

    Args:
        summary: a ``Summary``, or the mapping that its ``to_dict`` gives.
        path: where the file goes, its name ending in ``.html``; an older file there is replaced once the new one is
            whole.

    Returns:
        the file's path.

    Raises:
        InputError: for a folder, a name with another ending, a folder that does not exist; for a mapping of another
            version.
        MissingDependencyError: without jinja2 or plotly.
    """
    target = Path(path)
    check_report_target(target)
    page = render_page(summary)
    with atomic_file(target) as stream:
        stream.write(page)
    return target


def check_report_target(path: str | os.PathLike[str]) -> None:
    """Raise InputError now if ``write_report`` would refuse this path, before time is spent on what goes there."""
    target = Path(path)
    if target.is_dir():
        raise InputError(
            f"can't write the report to {target}, which is a folder: name a file, as {target / 'report.html'}"
        )
    if target.suffix.lower() not in _ENDINGS:
        raise InputError(f"can't write the report to {target}: give it a name that ends in .html")
    if not target.parent.is_dir():
        raise InputError(f"can't write the report to {target}: the folder {target.parent} does not exist")
