"""``Table``: what models answer with, rows of named columns that data frames and notebooks show."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from html import escape
from importlib import import_module
from typing import Any, TypeVar

from gloctm.errors import MissingDependencyError

Row = TypeVar("Row", bound=Mapping[str, Any])
#: Characters of a cell that printed tables show.
MAX_CHARACTERS = 40


class Table(list[Row]):
    """Rows of a table: a list of dictionaries with the same keys.

    ``print`` shows it as text, cut to the terminal's width; a notebook as HTML.

    Examples:
        >>> table = Table([{"topic": 0, "words": ["train", "bus"]}, {"topic": 1, "words": ["rain", "snow"]}])
        >>> table[1]["words"], table.columns
        (['rain', 'snow'], ['topic', 'words'])
        >>> print(table)
        topic  words
            0  train bus
            1  rain snow
    """

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(dict.fromkeys(name for row in self for name in row))

    def to_pandas(self) -> Any:
        """Return the table as a data frame of pandas.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        return self._frame("pandas")

    def to_polars(self) -> Any:
        """Return the table as a data frame of polars.

        Raises:
            MissingDependencyError: polars is not installed.
        """
        return self._frame("polars")

    def as_text(self) -> str:
        """Return the table in aligned columns, numbers to the right, with long cells cut."""
        return "\n".join(self.lines())

    def lines(self, *, max_characters: int | None = MAX_CHARACTERS, width: int | None = None) -> list[str]:
        """Return the lines of ``as_text``, the names of the columns first.

        Args:
            max_characters: of a cell; longer ones are cut. None shows all.
            width: of a line, where it is cut; None for no limit.
        """
        from rich.cells import cell_len, set_cell_size

        columns = self.columns
        numeric = {name for name in columns if any(_is_number(row.get(name)) for row in self)}
        lines = [columns, *([_shown(row.get(name)) for name in columns] for row in self)]
        lines = [[_cut(cell, max_characters) for cell in line] for line in lines]
        widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]

        def aligned(cell: str, name: str, width: int) -> str:
            return " " * (width - cell_len(cell)) + cell if name in numeric else set_cell_size(cell, width)

        return [_cut("  ".join(map(aligned, line, columns, widths)).rstrip(), width) for line in lines]

    def __str__(self) -> str:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        return "\n".join(self.lines(width=width))

    def _frame(self, library: str) -> Any:
        try:
            frames = import_module(library)
        except ImportError:
            raise MissingDependencyError.of("A data frame", library) from None
        options = {"infer_schema_length": None} if library == "polars" else {}
        return frames.DataFrame(list(self), **options)

    def _repr_html_(self) -> str:
        """Show the rows; colors are those of the notebook."""
        columns = self.columns
        head = "".join(f"<th>{escape(name)}</th>" for name in columns)
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td dir="auto" style="text-align:start">{escape(_shown(row.get(name)))}</td>' for name in columns
            )
            + "</tr>"
            for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return " ".join(map(_shown, value))
    return " ".join(str(value).split())


def _cut(text: str, most: int | None) -> str:
    from rich.cells import cell_len, set_cell_size

    if most is None or cell_len(text) <= most:
        return text
    return set_cell_size(text, most - 1).rstrip() + "…"
