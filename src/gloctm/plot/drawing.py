"""From a described figure to a drawn one."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, TypedDict, get_args

from gloctm.errors import InputError, MissingDependencyError
from gloctm.plot.charts import Chart
from gloctm.plot.palette import PALETTES

Theme = Literal["light", "dark"]
Backend = Literal["plotly", "matplotlib"]


class Look(TypedDict, total=False):
    """How a figure looks and what draws it: what every function that draws one takes by name.

    Attributes:
        title: above the figure; none unless given, since papers have captions.
        theme: ``"light"``, unless ``"dark"`` is given.
        backend: which library's figure is returned: ``"plotly"``, unless ``"matplotlib"`` is given.
    """

    title: str | None
    theme: Theme
    backend: Backend


def draw(chart: Chart, *, title: str | None = None, theme: str = "light", backend: str = "plotly") -> Any:
    """A chart as a figure of the library asked for, see ``Look``.

    Raises:
        InputError: an unknown theme or backend, or a title that is no text.
        MissingDependencyError: the library is not installed.
    """
    check_look(title, theme, backend)
    try:
        import_module(backend)
    except ImportError:
        raise MissingDependencyError.of("Figures", backend) from None
    if backend == "plotly":
        from gloctm.plot import plotly_drawing

        return plotly_drawing.draw(chart, title, PALETTES[theme])
    from gloctm.plot import matplotlib_drawing

    return matplotlib_drawing.draw(chart, title, PALETTES[theme])


def check_look(title: str | None, theme: str, backend: str) -> None:
    """Raise InputError for a title, theme or backend that can't be drawn."""
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {title!r}: it must be a text, or None for none")
    if theme not in get_args(Theme):
        raise InputError(f"theme is {theme!r}: it must be light or dark")
    if backend not in get_args(Backend):
        raise InputError(f"backend is {backend!r}: it must be plotly or matplotlib")
