"""Language codes: one spelling for each language, whatever the user typed."""

from __future__ import annotations

from collections.abc import Iterable

from gloctm.errors import InputError

# Codes that benchmark folders and users write in good faith but that BCP-47 gives no language to.
ALIASES = {"cn": "zh", "jp": "ja", "cz": "cs", "dk": "da", "ua": "uk", "gr": "el"}


def normalize_language(code: str) -> str:
    """Bring a language code to its BCP-47 form: ``EN`` → ``en``, ``zh_cn`` → ``zh-CN``, ``cn`` → ``zh``.

    Raises:
        InputError: the code names no registered language.
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
    """Normalise several codes, keeping their order; two that name one language are an error."""
    seen: dict[str, str] = {}
    for code in codes:
        language = normalize_language(code)
        if language in seen:
            raise InputError(f"language {language!r} is given twice (as {seen[language]!r} and {code!r}): give it once")
        seen[language] = code
    return tuple(seen)


def primary_subtag(language: str) -> str:
    """The language without script or region: ``zh-Hant`` → ``zh``."""
    return language.split("-", 1)[0]


def likely_script(language: str) -> str:
    """The script that a normalised code names or that its language is most often written in: ``th`` → ``Thai``.

    ISO 15924 codes: ``Latn``, ``Cyrl``, ``Hans``, ``Hant``. Empty where nothing is known.
    """
    import langcodes

    return langcodes.get(language).maximize().script or ""


def region(language: str) -> str:
    """The region that a normalised code names or that its language and script are most at home in: ``yue`` → ``HK``."""
    import langcodes

    return langcodes.get(language).maximize().territory or ""
