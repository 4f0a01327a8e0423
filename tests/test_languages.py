"""Language codes: one spelling for each, and clear refusals."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gloctm.errors import InputError
from gloctm.language_names import ENGLISH_NAMES
from gloctm.languages import (
    ALIASES,
    check_is_language,
    is_language,
    is_no_language,
    is_unidentified,
    known_spelling,
    likely_script,
    merged_language,
    normalize_language,
    normalize_languages,
    primary_subtag,
    region,
    without_region,
)


@pytest.mark.parametrize(
    ("code", "normal"),
    [
        ("en", "en"),
        ("EN", "en"),
        (" en\n", "en"),
        ("eng", "en"),
        ("pt-br", "pt-BR"),
        ("zh_cn", "zh-CN"),
        ("zh-hant", "zh-Hant"),
        ("ZH_HANT_TW", "zh-Hant-TW"),
        ("iw", "he"),
        ("yue", "yue"),
        ("cn", "zh"),
        ("CN", "zh"),
        (" jp ", "ja"),
        ("kr", "kr"),  # Kanuri, not Korean
        ("cz", "cs"),
        ("dk", "da"),
        ("ua", "uk"),
        ("gr", "el"),
        ("English", "en"),
        ("  ENGLISH ", "en"),
        ("Deutsch", "de"),
        ("français", "fr"),
        ("Francais", "fr"),
        ("espan\u0303ol", "es"),
        ("中文", "zh"),
        ("日本語", "ja"),
        ("Русский", "ru"),
        ("العربية", "ar"),
        ("हिन्दी", "hi"),
        ("한국어", "ko"),
        ("Ελληνικά", "el"),
        ("Tiếng Việt", "vi"),
        ("Norwegian Bokmål", "nb"),
        ("Farsi", "fa"),
        ("Mandarin", "zh"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("Traditional Chinese", "zh-Hant"),
        ("繁體中文", "zh-Hant"),
        ("Portuguese (Brazil)", "pt-BR"),
        ("Brazilian Portuguese", "pt-BR"),
        ("English (United Kingdom)", "en-GB"),
        ("Spanish - Latin America", "es-419"),
        ("en_US.UTF-8", "en-US"),
        ("de_DE@euro", "de-DE"),
        ("ger", "de"),
    ],
)
def test_one_spelling(code, normal):
    assert normalize_language(code) == normal


@pytest.mark.parametrize(
    "code",
    ["", " ", "klingonese", "English or French", "xx", "q", "en-", "-", "en--us", "../en", "e\u0301n", "\ud800", "e n"],
)
def test_what_is_no_code(code):
    with pytest.raises(InputError, match=re.escape(f"{code!r} is not a language code: use BCP-47, for example en")):
        normalize_language(code)


@pytest.mark.parametrize("code", [None, 5, b"en", ["en"]])
def test_what_is_no_text(code):
    with pytest.raises(InputError, match=f"a language must be a code such as 'en', not {type(code).__name__}"):
        normalize_language(code)


@given(
    st.text(st.characters(codec=None, exclude_categories=())) | st.from_regex(r"[a-zA-Z]{1,4}([-_][a-zA-Z0-9]{1,8})*")
)
@example("x-private")
@example("i-default")
@example("sgn-BE-FR")
@example("en-a-bbb-x-a-ccc")
@settings(deadline=None)
def test_any_text_is_a_code_in_its_one_spelling_or_refused(code):
    try:
        normal = normalize_language(code)
    except InputError:
        return
    assert normalize_language(normal) == normal
    # Corpora are saved in folders of this name.
    assert re.fullmatch("[A-Za-z0-9-]+", normal)


def test_aliases_are_no_codes_of_other_languages():
    """An alias must not take the place of a code that BCP-47 gives to a language."""
    import langcodes

    for alias, meant in ALIASES.items():
        assert not langcodes.tag_is_valid(alias)
        assert normalize_language(meant) == meant


def test_several_keep_their_order():
    assert normalize_languages(["zh", "EN", "jp"]) == ("zh", "en", "ja")
    assert normalize_languages(iter(["ja", "zh"])) == ("ja", "zh")
    assert normalize_languages({"de": 1, "en": 2}) == ("de", "en")
    assert normalize_languages(["zh", "zh-Hant", "zh-CN"]) == ("zh", "zh-Hant", "zh-CN")
    assert normalize_languages([]) == ()


def test_one_language_twice():
    with pytest.raises(InputError, match=re.escape("language 'zh' is given twice (as 'cn' and 'ZH'): give it once")):
        normalize_languages(["cn", "en", "ZH"])


def test_primary_subtag():
    assert primary_subtag("zh-Hant-TW") == "zh"
    assert primary_subtag("en") == "en"


@pytest.mark.parametrize(
    ("code", "script", "home"),
    [
        ("zh", "Hans", "CN"),
        ("zh-TW", "Hant", "TW"),
        ("zh-Hant", "Hant", "TW"),
        ("zh-HK", "Hant", "HK"),
        ("yue", "Hant", "HK"),
        ("ja-Latn", "Latn", "JP"),
        ("sr", "Cyrl", "RS"),
        ("km", "Khmr", "KH"),
    ],
)
def test_likely_script_and_region(code, script, home):
    assert (likely_script(code), region(code)) == (script, home)


@pytest.mark.parametrize(
    ("identified", "known", "spelled"),
    [
        ("en", ["de", "en-GB"], "en-GB"),
        ("en", ["en-GB", "en"], "en"),
        ("en", ["en-GB", "en-US"], "en"),
        ("en", ["de", "enm"], "en"),
        ("en", [], "en"),
        ("pt", ["pt-BR", "es"], "pt-BR"),
        ("no", ["nb", "en"], "nb"),
        ("no", ["nn", "en"], "nn"),
        ("no", ["nb", "nn"], "nb"),
        ("no", ["no", "nb"], "no"),
        ("nn", ["nb", "nn"], "nn"),
        ("nn", ["no", "en"], "no"),
        ("nn", ["nb", "en"], "nn"),
        ("zh", ["zh-Hant"], "zh-Hant"),
        ("zh", ["yue", "en"], "yue"),
        ("zh", ["yue", "zh-Hant"], "zh"),
        ("ar", ["arb"], "arb"),
        ("und", ["en", "und-Latn"], "und-Latn"),
        ("und", ["en", "de"], "und"),
    ],
)
def test_an_identified_language_is_spelled_as_it_is_known(identified, known, spelled):
    assert known_spelling(identified, known) == spelled


@pytest.mark.parametrize(
    ("code", "base"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("es-419", "es"),
        ("de-CH-1996", "de"),
        ("zh-CN", "zh"),
        ("zh-Hans-SG", "zh"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("sr-Latn-RS", "sr-Latn"),
        ("sr-Cyrl", "sr"),
        ("yue", "yue"),
        ("nb-NO", "nb"),
    ],
)
def test_without_its_region_a_code_keeps_its_script(code, base):
    assert without_region(code) == base


def test_one_string_is_no_list_of_codes():
    with pytest.raises(InputError, match=re.escape("languages is one string: give a list, for example ['en', 'de']")):
        normalize_languages("en, de")
    with pytest.raises(InputError, match="languages is 5: give a list of codes"):
        normalize_languages(5)


def test_names_of_all_languages_lead_to_them():
    """Every name that reports show, and no name is a code of another language."""
    for code, name in ENGLISH_NAMES.items():
        assert normalize_language(name) == code
        assert normalize_language(name.upper()) == code


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "auto", "und", "UND", "und-Latn", "mul", "NA", "NaN", "nan", "None", "null", "n/a", "N/A", "<NA>"),
        *("-", "--", "?", "...", "–", "unknown", "Unk"),
    ],
)
def test_what_says_that_a_language_is_not_known(text):
    assert is_unidentified(text)


@pytest.mark.parametrize("text", ["en", "na", "Na", "nah", "zxx", "mis", "qaa", "munda", "undine"])
def test_what_says_nothing_of_the_kind(text):
    assert not is_unidentified(text)


@pytest.mark.parametrize("code", ["x-private", "X_Private", "x-en"])
def test_private_use_tags_are_refused_by_name(code):
    with pytest.raises(InputError, match=f"'{code}' is a private-use tag, which names no language: use BCP-47"):
        normalize_language(code)
    assert not is_language(code)
    # With a language before it, it says which.
    assert normalize_language("en-x-private") == "en-x-private"


def test_codes_for_no_language():
    for code in ("zxx", "ZXX", "mis", "mul", "und", "und-Latn", "x-klingon", "qaa", "qtz", "qam", "qst", "zxx-Latn"):
        assert is_no_language(code)
        with pytest.raises(InputError, match=f"'{code}' is a code for no language: name one, or leave these"):
            check_is_language(code)
    for code in ("en", "que", "qu", "qua", "quz", "mus", "zh"):
        assert not is_no_language(code)
        assert check_is_language(code) == code


@pytest.mark.parametrize(
    ("code", "merged"),
    [
        *(
            ("en-US", "en"),
            ("zh-CN", "zh"),
            ("cmn", "zh"),
            ("cmn-CN", "zh"),
            ("cmn-TW", "zh-Hant"),
            ("zh-TW", "zh-Hant"),
        ),
        *(("nb", "no"), ("nb-NO", "no"), ("no", "no"), ("nn", "nn"), ("arb", "ar"), ("ar-EG", "ar"), ("arz", "arz")),
        *(("pes", "fa"), ("zsm", "ms"), ("swh", "sw"), ("ekk", "et"), ("lvs", "lv"), ("yue", "yue"), ("hr", "hr")),
        *(("sr", "sr"), ("sr-Latn", "sr-Latn"), ("bs", "bs"), ("id", "id"), ("ms", "ms")),
    ],
)
def test_variants_that_count_as_one_language(code, merged):
    assert merged_language(code) == merged
    assert merged_language(merged) == merged
