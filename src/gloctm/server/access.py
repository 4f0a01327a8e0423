"""Who may ask: names of hosts, origins of pages, and the token. Pure functions of a request's headers."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from urllib.parse import urlsplit

from gloctm.errors import InputError

#: What a server on this machine alone is called by.
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
# Fewer characters could be found out by trying.
_SHORTEST_TOKEN = 16
_TOKEN = re.compile(r"[!-~]+")


def check_token(token: str) -> str:
    """The token itself.

    Raises:
        InputError: it is too short, or has characters that a header can't hold.
    """
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise InputError("the token must be of ASCII letters, digits and signs, without spaces")
    if len(token) < _SHORTEST_TOKEN:
        raise InputError(
            f"the token has {len(token)} characters, few enough to be guessed: take {_SHORTEST_TOKEN} or more, for "
            "example of: python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return token


def check_name(name: str) -> str:
    """A name that browsers call the server by, in small letters.

    Raises:
        InputError: it is more than a name.
    """
    plain = name.strip().lower().rstrip(".")
    if not plain or host_name(plain) != plain:
        raise InputError(f"{name!r:.60} is not the name of a server: give it as in topics.example.org, and no more")
    return plain


def host_name(host: str | None) -> str:
    """The name in a Host header, without the port; empty where there is none."""
    try:
        return (urlsplit(f"//{host or ''}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a request comes from this server's own page, or from no page at all, such as a program."""
    if origin is None:
        return True
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == str(host).lower()
    except ValueError:
        return False


def has_token(authorization: str | None, token: str) -> bool:
    """Whether an Authorization header carries the token: as a Bearer, or as the password of a browser's own dialog.

    The comparison takes as long whatever is given.
    """
    scheme, _, given = (authorization or "").partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
