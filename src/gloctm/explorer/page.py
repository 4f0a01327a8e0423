"""A summary as one HTML page that holds all it needs: template, styles, scripts, the charts' library and the data.

Plotly draws the charts in the browser: its Python package carries the bundle, so the page fetches nothing. It is
embedded deflated and unpacked only when the first chart comes into sight: the page opens without it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Protocol

from gloctm.errors import InputError, MissingDependencyError
from gloctm.summary.content import content_of

#: Data of more bytes than these is embedded deflated; less is left readable to anyone who looks into the page.
MOST_PLAIN_DATA = 100_000

_STYLES = ("colors.css", "page.css", "parts.css", "print.css")
_HEAD_SCRIPTS = ("theme.js",)
# Later ones use what earlier ones define: together they are one module.
_SCRIPTS = (
    *("dom.js", "format.js", "data.js", "files.js", "tables.js", "charts.js"),
    *("caveats.js", "measures.js", "words.js", "documents.js", "search.js", "map.js"),
    *("overview.js", "topic.js", "compare.js", "breakdowns.js"),
)
_LIVE_SCRIPT = "live.js"
_LAST_SCRIPT = "main.js"


class HasDict(Protocol):
    """Anything that gives itself as the mapping of a summary."""

    def to_dict(self) -> dict[str, Any]:
        """The mapping."""
        ...


def render_page(summary: HasDict | Mapping[str, Any], *, live: bool = False) -> str:
    """The explorer as one HTML page.

    Every text of the data is put in as text, never as markup, and the page's Content-Security-Policy lets nothing run
    but its own scripts (known by their hashes) and nothing be asked of any other place.

    Args:
        summary: a ``Summary``, or the mapping that its ``to_dict`` gives.
        live: whether a server hands the page out: it then also has a view to try texts, which asks ``api/transform``
            and ``api/transform/file`` beside the page's own address.

    Returns:
        the page, about 2 MB of it the charts' library.

    Raises:
        InputError: for what is no summary, one of another version, or one with a number that is not finite.
        MissingDependencyError: without jinja2 or plotly.
    """
    content = content_of(summary)
    bundle = _plotly_bundle()
    data, encoding = _data(content)
    style, head_script = _assets("styles", _STYLES), _assets("scripts", _HEAD_SCRIPTS)
    live_scripts = (_LIVE_SCRIPT,) if live else ()
    script = _assets("scripts", (*_SCRIPTS, *live_scripts, _LAST_SCRIPT))
    page: str = _template().render(
        title=_writable(str(content["title"])),
        live=live,
        policy=_policy(scripts=[_hash(head_script), _hash(script), bundle.hash], style=_hash(style), live=live),
        style=style,
        head_script=head_script,
        script=script,
        summary=data,
        summary_encoding=encoding,
        plotly=bundle.deflated,
    )
    return page


def _data(content: Mapping[str, Any]) -> tuple[str, str]:
    """The summary as what goes into the page, and how it is encoded: ``"json"`` or ``"deflate"``."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise InputError("the summary has a number that is not finite, which a page can't show") from None
    # Lone surrogates, which UTF-8 can't hold, become JSON's own escapes.
    encoded = text.encode("utf-8", "backslashreplace")
    if len(encoded) > MOST_PLAIN_DATA:
        return _deflated(encoded), "deflate"
    # Nothing that a parser of HTML or of scripts would stop at; within JSON these characters are in strings only.
    escapes = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
    return encoded.decode().translate(escapes), "json"


def _deflated(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _writable(text: str) -> str:
    """A text without lone surrogates, which UTF-8 can't hold."""
    return text.encode("utf-8", "replace").decode()


class _Bundle:
    """The charts' library, as it goes into a page.

    Attributes:
        deflated: deflated, in base64.
        hash: by which the page's policy knows the script once it is unpacked.
    """

    def __init__(self, source: str) -> None:
        self.deflated = _deflated(source.encode())
        self.hash = _hash(source)


# Deflating it takes longer than all else here.
@lru_cache(maxsize=1)
def _plotly_bundle() -> _Bundle:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise _missing() from None
    return _Bundle(get_plotlyjs())


def _template() -> Any:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise _missing() from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    return environment.from_string(_asset("page.html.j2"))


def _missing() -> MissingDependencyError:
    return MissingDependencyError.of("The report", "plotly jinja2")


def _assets(folder: str, names: tuple[str, ...]) -> str:
    return "\n".join(_asset(folder, name) for name in names)


def _asset(*path: str) -> str:
    file = resources.files("gloctm.explorer") / "assets"
    # A browser makes every line end a newline before it takes a script's hash; Python does so when it reads.
    with file.joinpath(*path).open(encoding="utf-8") as stream:
        return stream.read()


def _hash(text: str) -> str:
    """What a Content-Security-Policy knows an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(*, scripts: list[str], style: str, live: bool) -> str:
    """The page's Content-Security-Policy: its own scripts and styles, no request but to a server of its own."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(scripts)}",
            # The charts' library begins with an empty style sheet, to which it adds rules by script.
            f"style-src {style} {_hash('')}",
            # Pictures of charts are drawn from data.
            "img-src data: blob:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
