"""What manifests and other files of JSON hold, declared as types, and checked by pydantic.

Pydantic rather than checks of our own: the types that mypy reads are the one declaration, thousands of entries are
checked in milliseconds, and an error says where it is. Next to numpy and scipy it is small. Since it takes a moment to
import, modules of schemas are imported when something is loaded.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from functools import cache
from typing import Annotated, Any, NotRequired, get_type_hints

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from gloctm.errors import FileFormatError

# Further ones would not fit the integers of arrays.
Count = Annotated[int, Field(ge=0, le=2**53)]
Size = Annotated[int, Field(ge=1, le=2**53)]
Seed = Annotated[int, Field(ge=0, le=2**64 - 1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Texts = list[str]
# How much of a key is shown.
_EXCERPT = 60


class Manifest(TypedDict):
    """What every manifest holds."""

    format: str
    format_version: Size
    gloctm_version: NotRequired[str]
    files: dict[str, Count]
    sha256: NotRequired[dict[str, Sha256]]


def check_content(content: Any, schema: Any, what: str, cure: str) -> None:
    """Check that content read from JSON is of a type; nothing is converted, and further keys do no harm.

    Args:
        content: as read.
        schema: the type, usually a TypedDict.
        what: begins the sentence of an error, for example ``model/model.json``.
        cure: ends it.

    Raises:
        FileFormatError: it is not; the sentence says where.

    Example:
        >>> check_content({"seed": 3}, dict[str, int], "facts.json", "copy it again")
        >>> check_content({"seed": "3"}, dict[str, int], "facts.json", "copy it again")
        Traceback (most recent call last):
        gloctm.errors.FileFormatError: facts.json is damaged: seed should be a valid integer; copy it again
    """
    try:
        _adapter(schema).validate_python(content, strict=True)
    except ValidationError as error:
        raise FileFormatError(f"{what} is damaged: {_finding(error)}; {cure}") from None


class FieldsOf:
    """Makes ``Annotated[dict[str, Any], FieldsOf(kind)]`` the type of a dataclass' fields as JSON holds them.

    Whole numbers are not negative. Further fields do no harm, as anywhere: a later version may add some.

    Args:
        kind: the dataclass; fields with a default may be missing.
        **other: types of fields that JSON holds otherwise.
    """

    def __init__(self, kind: type, **other: Any) -> None:
        hints = {**get_type_hints(kind), **other}
        plain = {int: Count, int | None: Count | None, float: Finite}
        types = {name: plain.get(hint, hint) for name, hint in hints.items()}
        for each in fields(kind):
            if each.default is not MISSING or each.default_factory is not MISSING:
                types[each.name] = NotRequired[types[each.name]]
        make: Any = TypedDict
        self._type = make(kind.__name__, types)

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self._type)


@cache
def _adapter(schema: Any) -> TypeAdapter[Any]:
    return TypeAdapter(schema)


def _finding(error: ValidationError) -> str:
    """Say where content is wrong first, and what should be there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(_key(each) for each in first["loc"]) or "it"
    if first["type"] == "missing":
        return f"{where} is missing"
    # "Input should be …", "List should have …": what it is says the place.
    return f"{where} {first['msg'].partition(' ')[2]}"


def _key(key: int | str) -> str:
    text = str(key)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"
