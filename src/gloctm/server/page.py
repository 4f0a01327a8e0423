"""The explorer as the server hands it out: made once, with the headers that go with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html.parser import HTMLParser

from gloctm.explorer import render_page
from gloctm.summary import Summary


@dataclass(frozen=True)
class Page:
    """A page and its headers.

    Attributes:
        content: HTML, UTF-8.
        headers: its Content-Security-Policy, the page's own and what only a header can say; its ETag.
    """

    content: bytes
    headers: dict[str, str]


def live_page(summary: Summary) -> Page:
    """The explorer of a summary, with what asks the server."""
    html = render_page(summary, live=True)
    content = html.encode()
    policy = "; ".join(filter(None, [_own_policy(html), "frame-ancestors 'none'"]))
    return Page(
        content,
        {
            "content-security-policy": policy,
            # Kept by the browser, but asked for anew each time: with another model it is another page.
            "cache-control": "private, no-cache",
            "etag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        },
    )


def _own_policy(html: str) -> str:
    parser = _PolicyParser()
    # The head is enough, and the rest is large.
    parser.feed(html.partition("<style")[0])
    return parser.policy


class _PolicyParser(HTMLParser):
    policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and (given.get("http-equiv") or "").lower() == "content-security-policy":
            self.policy = given.get("content") or ""
