"""Language codes: one spelling for each language, whatever the user typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from gloctm.errors import InputError

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


def normalize_language(code: str) -> str:
    """Bring a language code to its BCP-47 form: ``EN`` → ``en``, ``zh_cn`` → ``zh-CN``, ``cn`` → ``zh``.

    Raises:
        InputError: the code names no registered language.

    Example:
        >>> normalize_language("EN"), normalize_language("zh_cn"), normalize_language("cn")
        ('en', 'zh-CN', 'zh')
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    if not isinstance(code, str):
        raise InputError(f"a language must be a code such as 'en', not {type(code).__name__} {code!r}")
    candidate = ALIASES.get(code.strip().lower(), code.strip())
    try:
        tag = langcodes.standardize_tag(candidate)
        known = langcodes.tag_is_valid(tag)
    except LanguageTagError:
        known = False
    if not known:
        raise InputError(f"{code!r} is not a language code: use BCP-47, for example en, zh, pt-BR or zh-Hant")
    return tag


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
