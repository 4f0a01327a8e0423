"""A summary as one HTML page that holds all it needs: template, styles, scripts, the charts' library and the data.

Vega-Lite draws the charts in the browser, from the descriptions that ``gloctm.plot`` draws by, too. Its scripts are
part of vl-convert, so the page fetches nothing. They are embedded deflated and unpacked only when a view has a chart:
the page opens without them.
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

from gloctm.descriptions import DESCRIPTIONS
from gloctm.errors import InputError, import_optional
from gloctm.summary.content import content_of

#: Data of more bytes than this is embedded deflated; less is left readable to anyone who opens the source.
MOST_PLAIN_DATA = 100_000
# The best compression saves 5 % more of them, and takes 3 times as long: seconds with 20,000 documents.
_DOCUMENTS_LEVEL = 6

_NEEDS = "The report", "vl-convert-python jinja2"
_STYLES = ("colors.css", "page.css", "parts.css", "documents.css", "comparison.css", "editing.css", "print.css")
_HEAD_SCRIPTS = ("theme.js",)
# They form one module, and later ones use what earlier ones define.
_SCRIPTS = (
    *("dom.js", "format.js", "data.js", "files.js", "tables.js", "charts.js"),
    *("caveats.js", "differences.js", "heat.js", "measures.js", "names.js", "words.js", "documents.js", "search.js"),
    *("map.js", "parquet.js", "document_table.js", "document_list.js", "document_colors.js", "document_map.js"),
    *("documents_view.js", "findings.js", "overview.js", "about.js", "topic.js", "views_by_hand.js", "editing.js"),
    *("compare.js", "breakdowns.js", "hierarchy.js", "multiples.js", "paper.js"),
    *("side_by_side.js", "side_groups.js", "side_models.js"),
)
# Not the small multiples, which the page draws itself, lazily.
_CHARTS = {kind: DESCRIPTIONS[kind] for kind in ("config", "heat", "intervals", "trend")}
_LIVE_SCRIPT = "live.js"
_LAST_SCRIPT = "main.js"


class HasDict(Protocol):
    """Anything that returns itself as the mapping of a summary."""

    def to_dict(self) -> dict[str, Any]:
        """Return the mapping."""
        ...


def render_page(summary: HasDict | Mapping[str, Any], *, live: bool = False) -> str:
    """Return the explorer as one HTML page.

    Every text of the data is inserted as text, never as markup. The page's Content-Security-Policy allows its own
    scripts alone, known by their hashes, and no request to another host.

    Args:
        summary: a ``Summary``, or the mapping that its ``to_dict`` returns.
        live: whether a server hands the page out. The page then has a view to try texts, which sends requests to
            ``api/transform`` and ``api/transform/file`` next to the page's own address.

    Returns:
        The page; the library of the charts is about 0.4 MB of it.

    Raises:
        InputError: no summary, one of another version, or one with a number that is not finite.
        MissingDependencyError: jinja2 or vl-convert-python is not installed.

    Examples:
        >>> from gloctm import Corpus, GloCTM, summarize
        >>> from gloctm.explorer import render_page
        >>> corpus = Corpus.demo(["en", "de"], show_progress=False)
        >>> model = GloCTM(num_topics=12, show_progress=False).fit(corpus)
        >>> render_page(summarize(model, corpus))[:15]
        '<!DOCTYPE html>'
    """
    return page_and_policy(summary, live=live)[0]


def page_and_policy(summary: HasDict | Mapping[str, Any], *, live: bool) -> tuple[str, str]:
    """Return the page of ``render_page`` and its Content-Security-Policy, which a server also sends as a header."""
    content = content_of(summary)
    bundle = _vega_bundle()
    shown, documents = documents_apart(content)
    data, encoding = _data(shown)
    documents_data, documents_encoding = _data(documents, level=_DOCUMENTS_LEVEL)
    style, head_script = _assets("styles", _STYLES), _assets("scripts", _HEAD_SCRIPTS)
    live_scripts = (_LIVE_SCRIPT,) if live else ()
    script = _assets("scripts", (*_SCRIPTS, *live_scripts, _LAST_SCRIPT))
    policy = _policy(scripts=[_hash(head_script), _hash(script), bundle.hash], style=_hash(style), live=live)
    page: str = _template().render(
        title=_writable(str(content["title"])),
        live=live,
        policy=policy,
        style=style,
        head_script=head_script,
        script=script,
        summary=data,
        summary_encoding=encoding,
        documents=documents_data,
        documents_encoding=documents_encoding,
        vega=bundle.deflated,
        descriptions=_plain(json.dumps(_CHARTS, separators=(",", ":"))),
    )
    return page, policy


def documents_apart(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """Return the summary without its documents, and these: the page opens without them, and reads them when asked for.

    In place of them, the summary says how many there are, out of how many, and what is said of their map.
    """
    documents = content.get("documents")
    if documents is None:
        return content, None
    said = {name: documents[name] for name in ("totals", "projection", "mixing")}
    # Topics may be merged or hidden in the page, and documents refer to those that the summary had.
    members = [topic["members"] for topic in content["topics"]]
    return {**content, "documents": {"count": len(documents["ids"]), **said}}, {**documents, "members": members}


def _data(content: Mapping[str, Any] | None, *, level: int = 9) -> tuple[str, str]:
    """Return data as text of the page, and its encoding: ``"json"`` or ``"deflate"``."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise InputError(
            "the summary has a number that is not finite, which a page can't show: make it with gloctm.summarize"
        ) from None
    # UTF-8 can't hold lone surrogates, which become JSON's own escapes.
    encoded = text.encode("utf-8", "backslashreplace")
    if len(encoded) > MOST_PLAIN_DATA:
        return _deflated(encoded, level), "deflate"
    return _plain(encoded.decode()), "json"


def _plain(text: str) -> str:
    """Return JSON without the characters that parsers of HTML and of scripts react to; they occur in strings only."""
    return text.translate({ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def _deflated(content: bytes, level: int = 9) -> str:
    return base64.b64encode(zlib.compress(content, level)).decode()


def _writable(text: str) -> str:
    """Replace lone surrogates, which UTF-8 can't hold."""
    return text.encode("utf-8", "replace").decode()


class _Bundle:
    """The library of the charts, as it goes into a page.

    Attributes:
        deflated: the script, deflated, in base64.
        hash: of the script, for the policy of the page.
    """

    def __init__(self, source: str) -> None:
        self.deflated = _deflated(source.encode())
        self.hash = _hash(source)


# Making and deflating it takes longer than everything else here.
@lru_cache(maxsize=1)
def _vega_bundle() -> _Bundle:
    source: str = import_optional("vl_convert", *_NEEDS).javascript_bundle()
    # Its names stay its own, but for those that it gives the window.
    return _Bundle(f'(() => {{"use strict";{source}}})();')


def _template() -> Any:
    jinja2 = import_optional("jinja2", *_NEEDS)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(_asset("page.html.j2"))


def _assets(folder: str, names: tuple[str, ...]) -> str:
    return "\n".join(_asset(folder, name) for name in names)


def _asset(*path: str) -> str:
    file = resources.files("gloctm.explorer") / "assets"
    # Before a browser hashes a script, it turns every line end into a newline; so does Python when it reads.
    with file.joinpath(*path).open(encoding="utf-8") as stream:
        return stream.read()


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy allows an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(*, scripts: list[str], style: str, live: bool) -> str:
    """Return the policy of the page: its own scripts and styles, and requests to its own server at most."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(scripts)}",
            f"style-src {style}",
            # Images of charts are made from data.
            "img-src data: blob:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
