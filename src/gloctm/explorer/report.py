"""The explorer as a file to share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gloctm.errors import InputError
from gloctm.explorer.page import HasDict, render_page
from gloctm.files.atomic import atomic_file, check_file_target

_ENDINGS = {".html", ".htm"}


def write_report(summary: HasDict | Mapping[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write the explorer as one HTML file that opens in any recent browser, without a network.

    Args:
        summary: a ``Summary``, or the mapping that its ``to_dict`` returns.
        path: the file, with a name that ends in ``.html``. An older file there is replaced once the new one is
            complete.

    Returns:
        The path of the file.

    Raises:
        InputError: a folder, a name with another ending, a folder that does not exist; or see ``render_page``.
        MissingDependencyError: jinja2 or vl-convert-python is not installed.

    Examples:
        >>> from gloctm import Corpus, GloCTM, summarize
        >>> from gloctm.explorer import write_report
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, show_progress=False).fit(corpus)
        >>> write_report(summarize(model, corpus), "report.html").name  # doctest: +SKIP
        'report.html'
    """
    target = Path(path)
    check_report_target(target)
    page = render_page(summary)
    with atomic_file(target) as stream:
        stream.write(page)
    return target


def check_report_target(path: str | os.PathLike[str]) -> None:
    """Raise InputError if ``write_report`` would refuse this path, before time is spent on the report.

    Examples:
        >>> from gloctm.explorer import check_report_target
        >>> check_report_target("report.pdf")
        Traceback (most recent call last):
        ...
        gloctm.errors.InputError: can't write the report to report.pdf: give it a name that ends in .html
    """
    target = Path(path)
    check_file_target(target)
    if target.suffix.lower() not in _ENDINGS:
        raise InputError(f"can't write the report to {target}: give it a name that ends in .html")
