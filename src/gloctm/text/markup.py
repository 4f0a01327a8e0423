"""Markup and entities in scraped texts: where they are, and what replaces them.

A tag is taken out if it can be nothing else: an element of HTML, a closing tag, or attributes with values. So
``a < b``, ``<3``, ``x<y and y>z``, ``List<int>``, ``<unk>`` and ``<me@example.com>`` stay.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from itertools import pairwise

#: A place in a text, [start, end), and what replaces it.
Edit = tuple[int, int, str]


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Within words these are no boundary: <b>W</b>ort is one word.
_INLINE = _names(
    "a abbr acronym b bdi bdo big blink cite code data del dfn em font i ins kbd label mark nobr q ruby rb rtc s samp "
    "small span strike strong sub sup time tt u var wbr"
)
# Between these, sentences end.
_BLOCKS = _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol p pre section summary table "
    "tbody tfoot thead title tr ul"
)
_OTHERS = _names(
    "applet area audio base basefont bgsound br button canvas col colgroup command content datalist embed frame "
    "frameset iframe img input keygen link map marquee meta meter noembed noframes noscript object optgroup option "
    "output param picture portal progress search select slot source td template textarea th track video xmp"
)
# What is in these is no text: readings of characters in ruby are beside them.
_HIDDEN = frozenset({"script", "style", "svg", "math", "rt", "rp"})
_KNOWN = _INLINE | _BLOCKS | _OTHERS | _HIDDEN
# Attributes that may have no value.
_FLAGS = _names(
    "allowfullscreen async autofocus autoplay checked compact controls default defer disabled formnovalidate hidden "
    "inert ismap itemscope loop multiple muted nohref nomodule noresize noshade novalidate nowrap open playsinline "
    "readonly required reversed selected"
)
_VALUE = r"""\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>=`]++)"""
_ATTRIBUTES = rf"(?:(?:\s++|(?<=[\"']))[^\s\"'<>/=@,;(){{}}]++(?:{_VALUE})?)*+"
_TAG = re.compile(
    # A comment; a section of characters; a declaration or an instruction.
    r"<!--|<!\[CDATA\[|\]\]>|<!\[[^\]<>]*+\]>|<![A-Za-z][^<>]*+>|<\?[a-z][^<>]*+>"
    # A closing tag, an opening one, and one that the end of the text cuts off.
    r"|</(?P<closed>[A-Za-z][\w:.-]*+)\s*+>"
    rf"|<(?P<name>[A-Za-z][\w:.-]*+)(?P<attributes>{_ATTRIBUTES})\s*+(?P<empty>/?)>"
    r"|<(?P<cut>[A-Za-z][A-Za-z0-9]*+)\s++[\w:-]++\s*+=[^<>]*+\Z"
)
_ENTITY = re.compile(
    # A character beyond the basic plane, as two halves.
    r"&#(?P<high>5(?:5[3-9]|6[0-3])\d\d|55[23]\d\d);&#(?P<low>5(?:6[3-9]|7[0-3])\d\d);"
    r"|&#(?:[0-9]{1,7}+(?:;|(?![0-9]))|[xX][0-9a-fA-F]{1,6}+(?:;|(?![0-9a-zA-Z])))|&(?P<name>[A-Za-z][A-Za-z0-9]{1,31};)"
    r"|&(?:nbsp|amp|lt|gt|quot)(?![A-Za-z0-9=;])"
)
_FORUM_NAMES = "b|i|u|s|url|img|quote|code|color|size|font|list|center|left|right|spoiler|email|youtube|video|sub|sup"
# As forums write it; taken out where something is closed.
_FORUM_TAG = re.compile(rf"\[/?(?P<name>{_FORUM_NAMES})(?:=[^\]\n]{{0,500}})?\]", re.IGNORECASE)
_FORUM_CLOSED = re.compile(rf"\[/(?:{_FORUM_NAMES})\]", re.IGNORECASE)
_FORUM_INLINE = _names("b i u s color size font sub sup")


def entities(text: str) -> list[Edit]:
    """Return the entities of a text, with the characters that they stand for; names that HTML has not stay.

    Example:
        >>> entities("Fish &amp; chips &unknown; AT&T")
        [(5, 10, '&')]
    """
    if "&" not in text:
        return []
    found = []
    for match in _ENTITY.finditer(text):
        character = _character(match)
        if character is not None:
            found.append((match.start(), match.end(), character))
    return found


def _character(match: re.Match[str]) -> str | None:
    if match["high"]:
        high, low = int(match["high"]) - 0xD800, int(match["low"]) - 0xDC00
        if 0 <= high < 0x400 and 0 <= low < 0x400:
            return chr(0x10000 + (high << 10) + low)
        return " "
    if match["name"]:
        # Headlines are in capitals, and so are their entities.
        return html5.get(match["name"]) or html5.get(match["name"].lower())
    character = html.unescape(match[0])
    # What is no character, and what text can't hold.
    return " " if character in ("", "\ufffd") or character.startswith("&#") else character


def tags(text: str) -> list[Edit]:
    r"""Return the tags of a text, with what replaces them: nothing within words, else a space or the end of a line.

    Comments, scripts and styles are one with what is in them.

    Example:
        >>> tags("a < b<br>and <b>c</b>")
        [(5, 9, '\n'), (13, 16, ''), (17, 21, '')]
    """
    found: list[Edit] = []
    if "<" not in text and "]]>" not in text:
        return found
    closed: dict[str, int] = {}
    position = 0
    # From one tag to the next, so that what a comment or a script has in it is passed over.
    while match := _TAG.search(text, position):
        start, position = match.span()
        name = (match["name"] or match["closed"] or match["cut"] or "").lower()
        if not name:
            position, kept = _special(text, match, closed)
            _append(found, text, (start, position, kept))
        elif match["name"] is None:
            if match["closed"] or name in _KNOWN:
                _append(found, text, (start, position, _separator(name)))
        elif _is_tag(text, match, name, closed):
            if name in _HIDDEN and not match["empty"]:
                end = _end_of(text, name, position, closed)
                position = position if end is None else end
                _append(found, text, (start, position, "" if name in ("rt", "rp") else " "))
            else:
                _append(found, text, (start, position, _separator(name)))
        else:
            # What looked like attributes may hold a tag.
            position = start + 1
    return found


def _append(found: list[Edit], text: str, edit: Edit) -> None:
    """Append an edit; one that would add spaces to spaces becomes one with the edit before it."""
    start, end, replacement = edit
    if replacement:
        first, last, before = found[-1] if found else (0, 0, "")
        if (before or not first) and not text[last:start].strip():
            # At the beginning of the text, there is nothing to separate.
            replacement = max(before, replacement, key=len) if before else ""
            start = first
            del found[-1:]
    found.append((start, end, replacement))


def _special(text: str, match: re.Match[str], closed: dict[str, int]) -> tuple[int, str]:
    """Return the end of a comment or a declaration, and what replaces it."""
    if match[0] == "<!--":
        end = _next(text, "-->", match.end(), closed)
        # Without an end, it is not known what belongs to it.
        return (match.end() if end is None else end + 3), " "
    return match.end(), "" if match[0].startswith(("<![CDATA", "]]")) else " "


def _is_tag(text: str, match: re.Match[str], name: str, closed: dict[str, int]) -> bool:
    attributes = match["attributes"].split()
    valued = "=" in match["attributes"]
    if attributes and not valued and not all(each.lower() in _FLAGS for each in attributes):
        return False
    # A value without quotation marks may end with the stroke that ends the tag: <ref name=a/>.
    if match["empty"] or (valued and ("'" in match[0] or '"' in match[0] or match[0].endswith("/>"))):
        return True
    before = text[match.start() - 1 : match.start()]
    # List<Object> is code.
    glued = not attributes and (before.isalnum() or before == "_") and name not in _SELDOM_CLOSED
    if name in _KNOWN and not glued:
        return True
    return ":" in name or _end_of(text, name, match.end(), closed) is not None


# Elements of which people leave out the end, or that have none.
_SELDOM_CLOSED = _names("br p hr wbr img li td th tr dt dd option input meta link")


def _separator(name: str) -> str:
    if name in _INLINE or name in ("rt", "rp"):
        return ""
    if name == "br":
        return "\n"
    return "\n\n" if name in _BLOCKS else " "


def _end_of(text: str, name: str, start: int, closed: dict[str, int]) -> int | None:
    """Return the end of the next closing tag of this name."""
    place = _next(text, f"</{name}", start, closed)
    if place is None:
        return None
    end = text.find(">", place)
    return None if end < 0 else end + 1


def _next(text: str, what: str, start: int, known: dict[str, int]) -> int | None:
    """Return the next place of something; each part of the text is searched once, however often it is asked for."""
    place = known.get(what, -1)
    if 0 <= place < start or what not in known:
        pattern = re.compile(re.escape(what) + r"(?![\w:.-])" if what[-1].isalnum() else re.escape(what), re.IGNORECASE)
        match = pattern.search(text, start)
        place = known[what] = match.start() if match else len(text)
    return None if place >= len(text) else place


def forum_tags(text: str) -> list[Edit]:
    """Return the tags of forums in a text, with what replaces them, if one of them is closed.

    Example:
        >>> forum_tags("[b]red[/b]")
        [(0, 3, ''), (6, 10, '')]
    """
    if "[/" not in text or not _FORUM_CLOSED.search(text):
        return []
    return [
        (match.start(), match.end(), "" if match["name"].lower() in _FORUM_INLINE else " ")
        for match in _FORUM_TAG.finditer(text)
    ]


def edited(text: str, edits: list[Edit]) -> str:
    """Return a text with its edits made.

    Example:
        >>> edited("a&amp;b", [(1, 6, "&")])
        'a&b'
    """
    if not edits:
        return text
    pieces = [text[: edits[0][0]], edits[0][2]]
    for (_, end, _), (start, _, replacement) in pairwise(edits):
        pieces += [text[end:start], replacement]
    return "".join([*pieces, text[edits[-1][1] :]])
