"""Language codes: one spelling for each language, whatever the user typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gloctm.errors import InputError
from gloctm.language_names import code_of_name

# Languages that BCP-47 has in addition to one that comprises them; texts are often labeled with either.
_COMPRISED_IN = {
    "nb": "no",
    "nn": "no",
    "cmn": "zh",
    "yue": "zh",
    "wuu": "zh",
    "gan": "zh",
    "hsn": "zh",
    "arb": "ar",
    "arz": "ar",
    "ary": "ar",
    "pes": "fa",
    "prs": "fa",
    "uzn": "uz",
    "uzs": "uz",
    "zsm": "ms",
    "ekk": "et",
    "lvs": "lv",
    "swh": "sw",
    "kmr": "ku",
}
# Codes that benchmark folders and users write in good faith but that BCP-47 gives no language to.
ALIASES = {"cn": "zh", "jp": "ja", "cz": "cs", "dk": "da", "ua": "uk", "gr": "el"}


# What is written where a language is not known; the tables of R and pandas write some of these for a missing value.
_UNKNOWN = frozenset(
    (
        *("", "auto", "und", "mul", "unknown", "unk", "undefined", "undetermined", "unspecified", "other", "mixed"),
        *("multilingual", "xx", "none", "null", "nan", "n/a", "n.a.", "<na>"),
    )
)
# Codes for what is in no language, for languages without a code, and for private use.
_NO_LANGUAGE = re.compile(r"(?:zxx|mis|und|mul|q[a-t][a-z])(?![a-z])|x-")


def normalize_language(code: str) -> str:
    """Bring a language code to its BCP-47 form: ``EN`` → ``en``, ``zh_cn`` → ``zh-CN``, ``cn`` → ``zh``.

    Names of languages are understood as well, in English or in the language itself.

    Raises:
        InputError: the code names no registered language, or is a private-use tag (``x-private``), which could be any.

    Example:
        >>> normalize_language("EN"), normalize_language("zh_cn"), normalize_language("cn")
        ('en', 'zh-CN', 'zh')
        >>> normalize_language("German"), normalize_language("français"), normalize_language("Chinese (Traditional)")
        ('de', 'fr', 'zh-Hant')
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    if not isinstance(code, str):
        raise InputError(f"a language must be a code such as 'en', not {type(code).__name__} {code!r}")
    # Systems write ``en_US.UTF-8`` and ``de_DE@euro``.
    bare = re.sub(r"(?<=[a-z])[.@][\w.@-]*$", "", code.strip(), flags=re.IGNORECASE | re.ASCII)
    candidate = ALIASES.get(bare.lower(), bare)
    try:
        tag = langcodes.standardize_tag(candidate)
        known = langcodes.tag_is_valid(tag)
    except LanguageTagError:
        known = False
    if not known and (named := code_of_name(code)) is not None:
        return named
    if not known:
        raise InputError(f"{code!r} is not a language code: use BCP-47, for example en, zh, pt-BR or zh-Hant")
    if tag.startswith("x-"):
        raise InputError(f"{code!r} is a private-use tag, which names no language: use BCP-47, for example en or zh")
    return tag


@lru_cache(maxsize=4096)
def is_language(text: str) -> bool:
    """Return whether a text names a language, or says that it is unknown."""
    try:
        normalize_language(text)
    except InputError:
        return is_unidentified(text)
    return True


def is_unidentified(text: str) -> bool:
    """Return whether a text in place of a language says that it is not known, so that it is to be identified.

    ``NA`` is a missing value, as R and pandas write it, and ``na`` is Nauru. ``nan`` is a missing value and, as a
    language of texts given by language alone, Min Nan.
    """
    stripped = text.strip()
    return stripped == "NA" or not stripped.strip("-–—?.") or re.split("[-_]", stripped.lower())[0] in _UNKNOWN


def is_no_language(code: str) -> bool:
    """Return whether a code is for what is in no language (``zxx``), for uncoded ones (``mis``) or private use.

    Example:
        >>> [code for code in ("en", "zxx", "mis", "qaa", "und", "que") if is_no_language(code)]
        ['zxx', 'mis', 'qaa', 'und']
    """
    return _NO_LANGUAGE.match(code.strip().lower()) is not None


def check_is_language(code: str) -> str:
    """Return a normalized code; raise InputError if it is for no language."""
    if is_no_language(code):
        raise InputError(f"{code!r} is a code for no language: name one, or leave these documents out")
    return code


@lru_cache(maxsize=1024)
def merged_language(language: str) -> str:
    """Return the language that a normalized code counts as where variants are merged: without region, and comprised.

    ``en-US`` is ``en``, ``cmn`` is ``zh``, ``nb`` is ``no`` and ``arb`` is ``ar``. Languages that are written
    otherwise, such as Nynorsk and Cantonese, stay, and so do scripts.

    Example:
        >>> [merged_language(code) for code in ("en-US", "cmn-TW", "nb-NO", "nn", "yue", "sr-Latn")]
        ['en', 'zh-Hant', 'no', 'nn', 'yue', 'sr-Latn']
    """
    from langcodes.data_dicts import NORMALIZED_MACROLANGUAGES

    primary, *script = without_region(language).split("-")
    base = "no" if primary == "nb" else NORMALIZED_MACROLANGUAGES.get(primary, primary)
    return without_region("-".join([base, *script]))


def normalize_languages(codes: Iterable[str]) -> tuple[str, ...]:
    """Normalize several codes, keeping their order; two that name one language are an error."""
    if isinstance(codes, str):
        listed = [code.strip() for code in codes.split(",")]
        raise InputError(f"languages is one string: give a list, for example {listed!r}")
    if not isinstance(codes, Iterable):
        raise InputError(f"languages is {codes!r}: give a list of codes, for example ['en', 'de']")
    seen: dict[str, str] = {}
    for code in codes:
        language = normalize_language(code)
        if language in seen:
            raise InputError(f"language {language!r} is given twice (as {seen[language]!r} and {code!r}): give it once")
        seen[language] = code
    return tuple(seen)


def primary_subtag(language: str) -> str:
    """Return the language without script or region: ``zh-Hant`` → ``zh``."""
    return language.split("-", 1)[0]


@lru_cache(maxsize=1024)
def without_region(language: str) -> str:
    """Return a normalized code without region and variants: ``en-GB`` → ``en``, ``zh-Hant-HK`` → ``zh-Hant``.

    The script stays where it is not the usual one of the language, also one that the region alone tells: ``zh-TW`` is
    ``zh-Hant``, and ``zh-CN`` and ``zh-Hans`` are ``zh``.
    """
    base, script = primary_subtag(language), likely_script(language)
    return base if script in ("", likely_script(base)) else f"{base}-{script}"


def known_spelling(identified: str, known: Sequence[str]) -> str:
    """Return an identified language as spelled among known ones: ``en`` → ``en-GB`` if that is the only English.

    Identification tells neither regions nor scripts apart, nor languages from one that comprises them: ``no`` becomes
    ``nb``, or ``nn`` where that alone is known; ``zh`` becomes ``zh-Hant`` or ``yue``.

    Args:
        identified: what was found, a normalized code; ``und`` too.
        known: the codes that it may be spelled as, normalized.

    Returns:
        One of ``known``, or ``identified`` where that is among them, none of them matches or several do.
    """
    if identified in known:
        return identified
    base = primary_subtag(identified)
    matching = [code for code in known if base in (primary_subtag(code), _COMPRISED_IN.get(primary_subtag(code)))]
    if base == "no" and len(matching) > 1:
        # What is not identified as Nynorsk is Bokmål.
        matching = [code for code in matching if primary_subtag(code) != "nn"]
    if not matching:
        matching = [code for code in known if primary_subtag(code) == _COMPRISED_IN.get(base)]
    return matching[0] if len(matching) == 1 else identified


@lru_cache(maxsize=1024)
def likely_script(language: str) -> str:
    """Return the script that a normalized code names or that its language is most often written in: ``th`` → ``Thai``.

    ISO 15924 codes: ``Latn``, ``Cyrl``, ``Hans``, ``Hant``. Empty where nothing is known.
    """
    import langcodes

    return langcodes.get(language).maximize().script or ""


def region(language: str) -> str:
    """Return the region that a normalized code names, or the usual one of its language and script: ``yue`` → ``HK``."""
    import langcodes

    return langcodes.get(language).maximize().territory or ""
