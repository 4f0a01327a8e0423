"""The page of the API: made of its OpenAPI description, with no script and no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import jinja2

_METHODS = ("get", "post")


def render_api_page(description: Mapping[str, Any], *, guarded: bool) -> tuple[str, str]:
    """Return the page of an API, and its Content-Security-Policy.

    Args:
        description: what the API says of itself, as OpenAPI.
        guarded: whether requests need a token.
    """
    style = _asset("api.css")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    page = environment.from_string(_asset("api.html.j2")).render(
        title=description["info"]["title"],
        summary=description["info"]["summary"],
        version=description["info"]["version"],
        style=style,
        guarded=guarded,
        operations=list(_operations(description, guarded)),
    )
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'"
    return page, policy


def _asset(name: str) -> str:
    with resources.files("gloctm.server").joinpath("assets", name).open(encoding="utf-8") as stream:
        return stream.read()


def _operations(description: Mapping[str, Any], guarded: bool) -> Iterator[dict[str, Any]]:
    for path, methods in description["paths"].items():
        for method in (each for each in _METHODS if each in methods):
            operation = methods[method]
            media, body = _body(description, operation)
            tables = [("Parameters", [_parameter(description, each) for each in operation.get("parameters", ())])]
            tables += [("Body" if media == "application/json" else "Form", list(_fields(description, body)))]
            if media == "application/json":
                tables += [
                    (f"Each of {name}", list(_fields(description, inner))) for name, inner in _inner(description, body)
                ]
            yield {
                "id": f"{method}{path.replace('/', '-')}",
                "method": method.upper(),
                "path": path,
                "text": [each.replace("\n", " ") for each in operation.get("description", "").split("\n\n") if each],
                "tables": [{"title": title, "fields": fields} for title, fields in tables if fields],
                "example": _example(path, media, body, guarded),
                "answer": _answer(description, operation),
                "statuses": [(code, each.get("description", "")) for code, each in operation["responses"].items()],
            }


def _resolved(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference to a schema that has a name."""
    if "$ref" in schema:
        return dict(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return schema


def _body(description: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the media type of a request's body and its schema; empty where there is none."""
    content = operation.get("requestBody", {}).get("content", {})
    for media, each in content.items():
        return media, _resolved(description, each["schema"])
    return "", {}


def _parameter(description: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": given["name"],
        "type": _type(description, given["schema"]),
        "required": given.get("required", False),
        "text": given.get("description") or given["schema"].get("description", ""),
    }


def _fields(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        text = each.get("description", "")
        yield {"name": name, "type": _type(description, each), "required": name in required, "text": text}


def _inner(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the lists of a body with the schema of their items."""
    for name, each in schema.get("properties", {}).items():
        if "$ref" in each.get("items", {}):
            yield name, _resolved(description, each["items"])


def _type(description: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Name the type of a field in words."""
    schema = _resolved(description, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(description, each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_type(description, schema.get('items', {}))}"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "file"
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    kind = str(schema.get("type", "object"))
    return names.get(kind, kind)


def _example(path: str, media: str, body: Mapping[str, Any], guarded: bool) -> str:
    """Return a command that asks."""
    parts = [f"curl http://127.0.0.1:8000{path}"]
    if guarded:
        parts.append('-H "Authorization: Bearer $GLOCTM_TOKEN"')
    if media == "application/json":
        content = json.dumps(body.get("examples", [{}])[0], ensure_ascii=False, indent=2).replace("'", "'\\''")
        parts += ['-H "Content-Type: application/json"', f"-d '{content}'"]
    elif media:
        parts += ["-F file=@docs.csv", "-F format=csv", "-o topics.csv"]
    return " \\\n  ".join(parts)


def _answer(description: Mapping[str, Any], operation: Mapping[str, Any]) -> str:
    """Return an example of the answer; empty where none is described."""
    content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
    examples = _resolved(description, content.get("schema", {})).get("examples")
    return json.dumps(examples[0], ensure_ascii=False, indent=2) if examples else ""
