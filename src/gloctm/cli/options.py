"""What several commands take in the same way."""

from __future__ import annotations

from typing import Annotated

import typer

Languages = Annotated[
    str | None,
    typer.Option(help="Languages to take, in order, separated by commas. All, as they come, unless given."),
]


def split_languages(languages: str | None) -> list[str] | None:
    """The codes in a list separated by commas; None where no list was given."""
    return None if languages is None else [code.strip() for code in languages.split(",") if code.strip()]
