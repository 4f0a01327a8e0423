"""Web and e-mail addresses and mentions, which are no words: with a scheme or without, glued to a word or not.

Without a scheme, an address is a name with dots that ends in a top-level domain and has a path (t.co/Xy12), or ends in
one that is hardly ever a word (example.com, bbc.co.uk). Sentences that lack a space (end.Next), abbreviations (U.S.,
e.g.) and names of files (node.js, report.pdf) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gloctm.text.normalization import normalize_text
from gloctm.text.patterns import compiled

# Domains that stand at the end of addresses with a path. Those that are endings of files are left out: py, md, sh, rs.
_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge "
    "gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh "
    "ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx "
    "my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw qa re ro ru rw sa sb sc sd se "
    "sg si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va "
    "vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERIC = (
    "com net org edu gov mil int info biz name app dev link news blog site online shop store tech xyz club top cat"
)
# Those that need no path: generic ones, and countries whose code is hardly ever a word of a language.
_PLAIN = "com net org edu gov info biz de fr uk ru jp cn pl cz ch kr tw hk nl dk hu gr ua br"
_SECOND = "com co org net ac gov edu"
# Written at the end of a post without a space before.
_GLUED = (
    r"pic\.(?:twitter|x)\.com|youtu\.be|bit\.ly|goo\.gl|tinyurl\.com|(?:youtube|twitter|facebook|instagram|tiktok)\.com"
)


def _any_of(listed: str) -> str:
    return "|".join(listed.split())


def _glued(rest: str) -> str:
    """Return the pattern of an address that may follow a word at once; those of t.co have ten letters then."""
    return (
        rf"(?:https?://)?(?:(?:www|m|mobile)\.)?(?:{_GLUED})/{rest}*+"
        r"|(?:https?://)?(?<![A-Za-z0-9@./-])t\.co/[A-Za-z0-9]*+|t\.co/[A-Za-z0-9]{10}(?![A-Za-z0-9])"
    )


def _of_names(word: str, label: str, rest: str) -> str:
    """Return the pattern of an address that has a top-level domain and no scheme.

    Args:
        word: characters of words, in a class.
        label: a part of the name, between dots.
        rest: a character of the path.
    """
    begins, ends = rf"(?<![{word}@./-])", rf"(?![{word}-])"
    path = rf"(?:/{rest}*+|:[0-9]++(?:/{rest}*+)?|\?[A-Za-z0-9_%-]++={rest}*+)"
    with_path = rf"(?:{_any_of(_COUNTRIES)}|{_any_of(_GENERIC)}){path}"
    plain = rf"(?:(?:{_any_of(_SECOND)})\.[a-z]{{2}}|{_any_of(_PLAIN)}){ends}"
    capital = rf"(?:[A-Z0-9-]++\.){{1,6}}(?:{_any_of(_PLAIN).upper()}){ends}"
    return (
        rf"{begins}(?:(?:{label}\.){{1,6}}(?:{with_path}|{plain})|{capital}|(?:t\.co|youtu\.be|bit\.ly|goo\.gl){ends})"
    )


_SCHEMELESS = (_glued(r"\S"), _of_names(r"\w", r"[^\W_][\w-]*+", r"\S"))
# Without spaces between words, an address ends with the letters that addresses are made of.
_COMPACT_SCHEMELESS = (_glued("[!-~]"), _of_names("A-Za-z0-9_", "[A-Za-z0-9][A-Za-z0-9-]*+", "[!-~]"))
# Much quicker, the first even more: what every address without a scheme has.
_DOT_WITHIN = re.compile(r"\.[A-Za-z]")
_MAY_BE = re.compile(
    rf"\.(?:(?:(?:{_any_of(_SECOND)})\.[a-z]{{2}}|{_any_of(_PLAIN)}|{_any_of(_PLAIN).upper()})(?![a-zA-Z0-9_-])"
    r"|[a-z]{2,6}[/:?]|(?:(?<=\bt\.)co|(?<=\byoutu\.)be|(?<=\bbit\.)ly|(?<=\bgoo\.)gl)\b)"
)
_SCHEMES = "h(?:tt|xx)ps?:/|(?:ftps?|sftp|file|git|ssh|ipfs|rtmp|wss?)://"
# What is left of an address where a post was cut off.
_CUT = r"(?<!\w)https?+:?/?/?(?:\.\.\.|…)|(?<!\w)htt(?:\.\.\.|…)"
# An e-mail address is sought from the start of a run without spaces only, and without backtracking: a run may be as
# long as the text.
_ADDRESS = rf"(?:{_SCHEMES}|www\.)\S*|{_CUT}|(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S+|(?<!\w)@\w+"
# The name after an @ has at most 30 letters.
_COMPACT_ADDRESS = (
    rf"(?:{_SCHEMES}|www\.)[!#-~]*|{_CUT}|(?<![a-z0-9._%+-])[a-z0-9._%+-]++@[a-z0-9-]+(?:\.[a-z0-9-]+)+|@\w{{1,30}}"
)


def normalize_without_addresses(text: str, language: str, *, spaced: bool = True) -> str:
    """Return a normalized text with a space for each address and mention.

    Args:
        text: any text.
        language: a normalized code.
        spaced: whether words have spaces between them, so an address reaches to the next space.

    Example:
        >>> normalize_without_addresses("A kettlepic.twitter.com/aB3 see youtu.be/x, @me. End.Next", "en")
        'a kettle  see    . end.next'
    """
    if _DOT_WITHIN.search(text) and _MAY_BE.search(text):
        for pattern in _SCHEMELESS if spaced else _COMPACT_SCHEMELESS:
            text = str(compiled(pattern).sub(" ", text))
    return _without_addresses(normalize_text(text, language), spaced)


def has_addresses(text: str) -> bool:
    """Return whether a text has addresses or mentions.

    Example:
        >>> has_addresses("see example.com/a"), has_addresses("see a")
        (True, False)
    """
    if (
        _DOT_WITHIN.search(text)
        and _MAY_BE.search(text)
        and any(compiled(each).search(text) for each in _COMPACT_SCHEMELESS)
    ):
        return True
    return _may_have_addresses(text) and compiled(_COMPACT_ADDRESS).search(text.lower()) is not None


def count_with_addresses(texts: Iterable[str]) -> int:
    """Count the texts that have addresses or mentions.

    Example:
        >>> count_with_addresses(["see example.com/a", "see a", "see @me"])
        2
    """
    within = _DOT_WITHIN.search
    # Every address has one of these.
    return sum(has_addresses(text) for text in texts if "@" in text or within(text))


def _may_have_addresses(text: str) -> bool:
    return (
        ("@" in text or (":" in text and ":/" in text) or ("w" in text and "www." in text))
        or ("htt" in text and ("..." in text or "…" in text))
    )  # fmt: skip


def _without_addresses(text: str, spaced: bool) -> str:
    if not _may_have_addresses(text):
        return text
    # regex's \w has the combining marks that names in Indic scripts need.
    return str(compiled(_ADDRESS if spaced else _COMPACT_ADDRESS).sub(" ", text))
