"""What is done by language: names, elisions, spellings, conversion, lemmas, stop words; texts of any kind and size."""

from __future__ import annotations

import pickle
import subprocess
import sys
import unicodedata

import cloudpickle
import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

import gloctm.text.chinese
import gloctm.text.khmer
import gloctm.text.korean
import gloctm.text.lao
import gloctm.text.lemmas
import gloctm.text.thai
from gloctm.errors import InputError, MissingDependencyError, UnsegmentedLanguageWarning
from gloctm.text import as_tokenizer, get_tokenizer, get_tokenizer_by_name, is_built_in, normalize_text, stop_words
from gloctm.text.apostrophes import apostrophes_of
from gloctm.text.chinese import ChineseTokenizer
from gloctm.text.folding import FOLDED_LANGUAGES, fold_word
from gloctm.text.unicode import UnicodeTokenizer, words_of
from warned import no_warnings

any_text = st.text(st.characters(codec=None, exclude_categories=()))
# Texts in which apostrophes, joiners, marks and several scripts meet.
mixed_text = st.text("abls'’ʼ IİıéÉÅﬁßл'ї αΣ ـَאבְ״\"ञ्ा\u200c\u200d\u00b7中ㅋ한\U00020000\U0001d400😀@.# 1ํา­", max_size=20)
LANGUAGES = ("en", "fr", "tr", "ca", "he", "yi", "ar", "ks", "fa", "uz", "und", "zh", "zh-Hant", "ja", "ko", "th")


def words(language: str, text: str) -> list[str]:
    return get_tokenizer(language)(text)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "l’ami d'Anne n'est qu’un prud'homme; presqu'île", "ami anne est un prud'homme presqu'île"),
        ("fr", "S'il n'y avait qu'l'eau jusqu'ici, aujourd'hui", "il avait eau ici aujourd'hui"),
        ("it", "dell'acqua, c'è un'amica; l'un l'altro, mezz'ora", "acqua amica un altro mezz'ora"),
        ("ca", "d'aigua, digue'm, col·lecció, l’Hospitalet", "aigua digue col·lecció hospitalet"),
        ("oc", "l'ostal d'en Joan", "ostal en joan"),
        ("pt", "copo d'água", "copo água"),
        ("lb", "d'Kanner", "kanner"),
        ("cy", "mae'r ysgol", "mae ysgol"),
        ("ga", "d'fhéach m'athair", "fhéach athair"),
        ("br", "marc'h ha c'hoar", "marc'h ha c'hoar"),
        ("el", "απ'όλα τ'άλλα", "όλα άλλα"),
        ("tr", "Ankara'dan Kur'an'ı IRAK’ta", "ankara kur'an ırak"),
        ("uk", "м’яч, мʼята, п'ять", "м'яч м'ята п'ять"),
        ("en", "the king’s rock'n'roll, don’t, boys'", "the king rock'n'roll don't boys"),
        ("uz", "o‘zbek, oʻzbek, o'zbek, bog'", "oʻzbek oʻzbek oʻzbek bogʻ"),
        ("he", 'צה"ל צה״ל ג׳ירפה שָׁלוֹם', "צה״ל צה״ל ג'ירפה שלום"),
        ("ar", "كتـــاب كِتَابٌ", "كتاب كتاب"),
        ("fa", "كتاب‌هاي کتاب‌های", "کتاب‌های کتاب‌های"),
        ("hy", "Ինչո՞ւ", "ինչու"),
        ("de", "Donau\u00addampf\u00adschiff", "donaudampfschiff"),
        ("az", "QIZIL", "qızıl"),
        ("en", "İstanbul", "istanbul"),
        ("am", "ሰላም ለዓለም ሀ", "ሰላም ለዓለም"),
        ("ii", "ꆈꌠ ꉬ", "ꆈꌠ ꉬ"),
    ],
)
def test_apostrophes_and_spellings(language, text, expected):
    assert words(language, text) == expected.split(" ")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "请看https://example.com/路然后回家", "请 看 路 然后 回家"),
        ("zh", "邮箱abc.d@example.com欢迎，谢谢@user_1 再见", "邮箱 欢迎 谢谢 再见"),
        ("zh", "#足球#比赛", "足球 比赛"),
        ("ja", "詳細はhttps://example.com/aを読む", "詳細 読む"),
        ("ko", "사진은 https://a.b/c에서 @hong 보기 #서울", "사진 보다 서울"),
        ("th", "ดูที่ https://example.com นะ @user #กรุงเทพ", "ดู ที่ นะ กรุงเทพ"),
        ("en", "see ftp://a.b/c and http://d.e #Topic_One", "see and topic one"),
        ("hi", "नमस्ते @हिन्दी_1 दोस्त", "नमस्ते दोस्त"),
    ],
)
def test_addresses_and_hashtags(language, text, expected):
    assert words(language, text) == expected.split(" ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("깨끗한 방에서 공부했다", "깨끗하다 방 공부"),
        ("그는 책 두 권을 샀지만 읽지 않았다", "책 사다 읽다"),
        ("아름다운 음악을 들었다 ㅋㅋㅋ", "아름답다 음악 듣다"),
        ("BTS의 새 앨범, 大韓民國", "bts 앨범 大韓民國"),
        ("hello world 1", "hello world"),
    ],
)
def test_korean_content_words(text, expected):
    assert words("ko", text) == expected.split(" ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The vowel am, as one character and as two.
        ("น้ำ น้ํา", "น้ำ น้ำ"),
        ("เด็กๆ เล่น ipad", "เด็ก เล่น ipad"),
        ("แมวกินปลา", "แมว กิน ปลา"),
    ],
)
def test_thai_words(text, expected):
    assert words("th", text) == expected.split(" ")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("lo", "ຂ້ອຍຮັກພາສາລາວແລະຮຽນຢູ່ໂຮງຮຽນ 5G ປີ ໒໐໒໔ COVID-19", "ຂ້ອຍ ຮັກ ພາສາລາວ ແລະ ຮຽນ ຢູ່ ໂຮງຮຽນ 5g ປີ covid"),
        ("km", "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ ហើយរៀននៅសាលា 5G ២០២៤", "ខ្ញុំ ស្រឡាញ់ ភាសា ខ្មែរ ហើយ រៀន នៅ សាលា 5g"),
    ],
)
def test_lao_and_khmer_words(language, text, expected):
    assert words(language, text) == expected.split(" ")


def test_vietnamese_words_are_syllables():
    assert words("vi", "Tôi yêu tiếng Việt") == ["tôi", "yêu", "tiếng", "việt"]


@pytest.mark.parametrize("language", ["zh", "zh-Hans", "zh-CN", "zh-Hant", "yue"])
def test_the_characters_tell_where_chinese_is_traditional(language):
    text = "我們喜歡臺灣的圖書館，學習軟體工程"
    assert words(language, text) == ["我們", "喜歡", "臺灣", "的", "圖書館", "學習", "軟體", "工程"]
    assert {"我們", "我们", "這", "这"} <= stop_words(language)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("sr", "Београд и Beograd, Љубав ljubav", "beograd beograd ljubav ljubav"),
        ("sr-Latn", "Београд Beograd", "beograd beograd"),
        ("el", "ΟΔΟΣ οδός Οδός Ϊός", "οδοσ οδοσ οδοσ ιοσ"),
        ("ar", "أحمد احمد مدرسة مدرسه على علي مُدَرِّس", "احمد احمد مدرسه مدرسه علي علي مدرس"),
        ("fa", "می\u200cخواهم میخواهم كتاب کتاب خانۀ خانه", "میخواهم میخواهم کتاب کتاب خانه خانه"),
        ("ckb", "كوردستان کوردستان", "کوردستان کوردستان"),
        ("vi", "hoà hòa thuý thúy khoẻ khỏe quý hoàn toán", "hòa hòa thúy thúy khỏe khỏe quý hoàn toán"),
        ("ru", "Ёлка елка", "елка елка"),
        ("ro", "ştiinţă știință", "știință știință"),
        ("de-CH", "Straße Strasse", "strasse strasse"),
        ("hi", "क़लम कलम चाँद चांद", "कलम कलम चांद चांद"),
    ],
)
def test_spellings_that_are_folded_on_request(language, text, expected):
    tokenizer = get_tokenizer(language, fold=True)
    assert tokenizer.name == "unicode+folded"
    assert tokenizer(text) == expected.split(" ")
    assert words(language, text) != expected.split(" ")
    # Folding again changes nothing.
    assert tokenizer(expected) == expected.split(" ")
    listed = stop_words(language, fold=True)
    assert {fold_word(word, language) for word in listed} <= listed


@given(text=any_text, language=st.sampled_from(sorted(FOLDED_LANGUAGES)))
@settings(deadline=None)
def test_folding_is_idempotent(text, language):
    folded = fold_word(normalize_text(text, language), language)
    assert fold_word(folded, language) == folded


def test_lemmas_that_are_folded():
    tokenizer = get_tokenizer("de", lemmas=True, fold=True)
    assert tokenizer.name == "unicode+lemmas+folded"
    assert get_tokenizer_by_name(tokenizer.name, "de")("größere Straßen") == ["gross", "strasse"]


@pytest.mark.parametrize("language", ["en", "zh", "ja", "th"])
def test_nothing_to_fold(language):
    with pytest.raises(InputError, match=f"there is nothing to fold in '{language}': leave it out; fold is for .*ar, "):
        get_tokenizer(language, fold=True)


@pytest.mark.parametrize("language", ["my", "bo", "dz", "shn", "my-MM"])
def test_a_language_that_can_not_be_cut_is_warned_of(language):
    with pytest.warns(
        UnsegmentedLanguageWarning, match=rf"give one of your own, tokenizers=\{{'{language}': \.\.\.\}}"
    ):
        get_tokenizer(language)


@pytest.mark.parametrize("language", ["en", "th", "lo", "km-KH", "zh", "ja", "ko", "lo-Latn", "jv", "am", "ii", "vi"])
def test_no_warning_for_others(language):
    with no_warnings():
        get_tokenizer(language)


NAMES = [
    ("en", {}, "unicode"),
    ("en", {"lemmas": True}, "unicode+lemmas"),
    ("zh", {}, "zh-jieba"),
    ("zh", {"convert": "simplified"}, "zh-jieba+simplified"),
    ("zh-HK", {"convert": "traditional"}, "zh-jieba+traditional"),
    ("ja", {"lemmas": True}, "ja-sudachi"),
    ("ko", {"lemmas": True}, "ko-kiwi"),
    ("th", {}, "th-newmm"),
    ("lo", {}, "lo-laonlp"),
    ("km", {}, "km-khmercut"),
    ("el", {"fold": True}, "unicode+folded"),
    ("sr", {"fold": True, "lemmas": True}, "unicode+lemmas+folded"),
]
TEXT = "The mice’s 我們的头发和發展 本を読んだ 책을 읽었다 แมวกินปลา"


@pytest.mark.parametrize(("language", "options", "name"), NAMES)
def test_a_name_brings_the_tokenizer_back(language, options, name):
    tokenizer = get_tokenizer(language, **options)
    assert tokenizer.name == name
    assert is_built_in(tokenizer)
    assert as_tokenizer(tokenizer) is tokenizer
    for each in (name, f"{name}+phrases"):
        again = get_tokenizer_by_name(each, language)
        assert again.name == name
        assert again(TEXT) == tokenizer(TEXT)


@pytest.mark.parametrize(("language", "options", "name"), NAMES)
def test_a_tokenizer_goes_to_another_process(language, options, name):
    tokenizer = get_tokenizer(language, **options)
    before = tokenizer(TEXT)
    for module in (pickle, cloudpickle):
        # After use too, the state is small: dictionaries are loaded where the work is done.
        stored = module.dumps(tokenizer)
        assert len(stored) < 500
        again = pickle.loads(stored)  # noqa: S301  bytes of its own
        assert (again.name, again(TEXT)) == (name, before)


@pytest.mark.parametrize(
    "name",
    [
        "unicode+stems",
        "zh-jieba+lemmas",
        "ja-sudachi+lemmas",
        "unicode+simplified",
        "unicode+lemmas+lemmas",
        "unicode+folded+lemmas",
        "unicode+folded+folded",
        "zh-jieba+folded",
        "unicode+lemmas+stems+folded",
        "+lemmas",
        "",
    ],
)
def test_names_that_are_none(name):
    with pytest.raises(InputError, match="were cut by a tokenizer of your own"):
        get_tokenizer_by_name(name, "en")


def test_a_custom_name_with_phrases():
    with pytest.raises(InputError, match=r"tokenizer of your own \(custom\): load"):
        get_tokenizer_by_name("custom+phrases", "en")


def test_models_of_older_versions_keep_their_words():
    assert get_tokenizer_by_name("unicode", "ko")("책을 읽었다") == ["책을", "읽었다"]
    assert get_tokenizer_by_name("unicode", "th")("แมวกินปลา") == ["แมวกินปลา"]


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = (
        "import sys, gloctm.text as text\n"
        "for code in ('en', 'zh-Hant', 'ja', 'ko', 'th'): text.get_tokenizer(code)\n"
        "text.get_tokenizer('zh', convert='traditional')('')\n"
        "text.get_tokenizer('en')('some words, don’t')\n"
        "print(*sorted(set(sys.modules) & {'kiwipiepy', 'pythainlp', 'sudachipy', 'simplemma', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("language", ["zh", "th", "vi", "eu"])
def test_no_lemmas(language):
    with pytest.raises(InputError, match=f"there are no lemmas for '{language}': leave them out for it"):
        get_tokenizer(language, lemmas=True)
    with pytest.raises(InputError, match=f"there are no lemmas for '{language}'"):
        stop_words(language, lemmas=True)


def test_the_list_of_lemma_languages_is_the_librarys():
    from simplemma.strategies.dictionaries.dictionary_factory import SUPPORTED_LANGUAGES

    codes = {gloctm.text.lemmas._LISTED_AS.get(code, code) for code in gloctm.text.lemmas.LEMMA_LANGUAGES}
    assert codes == set(SUPPORTED_LANGUAGES)
    for code in ("sr", "no", "ga"):
        assert get_tokenizer(code, lemmas=True)("xyzzyx") == ["xyzzyx"]


def test_a_lemma_is_one_word():
    for word in ("don't", "x" * 1_000, "ainda-que"):
        assert " " not in gloctm.text.lemmas.lemma_of(word, "pt")
    assert gloctm.text.lemmas.lemma_of("x" * 1_000, "en") == "x" * 1_000


def test_conversion_is_for_chinese():
    with pytest.raises(InputError, match="convert='simplified' is for Chinese only: leave it out for 'ja'"):
        get_tokenizer("ja", convert="simplified")
    with pytest.raises(
        InputError, match="convert is 'hant': Chinese can be converted to 'simplified' or 'traditional'"
    ):
        get_tokenizer("zh", convert="hant")


@pytest.mark.parametrize(
    ("module", "missing", "make", "package"),
    [
        (gloctm.text.chinese, "opencc", lambda: words("zh-Hant", "圖書館"), "opencc-python-reimplemented"),
        (gloctm.text.chinese, "rjieba", lambda: words("zh", "图书馆"), "rjieba"),
        (gloctm.text.korean, "kiwipiepy", lambda: words("ko", "책"), "kiwipiepy"),
        (gloctm.text.thai, "pythainlp.tokenize.newmm", lambda: words("th", "แมว"), "pythainlp"),
        (gloctm.text.lao, "laonlp.tokenize", lambda: words("lo", "ແມວ"), "laonlp"),
        (gloctm.text.khmer, "khmercut", lambda: words("km", "ឆ្មា"), "khmercut"),
        (gloctm.text.lemmas, "simplemma", lambda: get_tokenizer("en", lemmas=True), "simplemma"),
    ],
)
def test_a_missing_package_is_named(module, missing, make, package, monkeypatch):
    for name, each in list(vars(module).items()):
        if hasattr(each, "cache_clear"):
            # Rather than clear the caches: loading the dictionaries again takes time.
            monkeypatch.setattr(module, name, each.__wrapped__)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingDependencyError, match=rf'needs {package}, .*: pip install "gloctm\[text\]"'):
        make()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "don't he's he"),
        ("fr", "aujourd'hui quelqu'un une"),
        ("ca", "d' un n' hi"),
        ("el", "δια απ και είναι"),
        ("tr", "hiç bazı"),
        ("ar", "لكن لأن"),
        ("zh", "因为 这"),
        ("zh-Hant", "因为 因為 這 為什麼"),
        ("zh-HK", "因為 說 説"),
        ("yue", "嘅 佢 因為"),
        ("ko", "하다 되다 대하다 그렇다"),
        ("th", "และ ทำ ฉัน เป็น"),
        ("ta", "மற்றும் ஆனால்"),
        ("uk", "що як не"),
    ],
)
def test_stop_words_as_the_tokenizer_gives_words(language, expected):
    assert set(expected.split()) <= stop_words(language)


def test_stop_words_with_lemmas():
    assert {"us", "we", "was", "be"} <= stop_words("en", lemmas=True)
    assert stop_words("en") < stop_words("en", lemmas=True)
    assert stop_words("ko", lemmas=True) == stop_words("ko")
    tokenizer = get_tokenizer("de", lemmas=True)
    assert set(tokenizer("Die der das wurden waren")) <= stop_words("de", lemmas=True)


def in_full(text: str, code: str) -> list[str]:
    """Words as the documentation says, without any of the quicker ways."""
    letters = r"[\p{L}\p{M}]"
    joined = rf"(?:(?<=\p{{M}})[\u200c\u200d]+|[\u200c\u200d]+(?={letters}))"
    binding = {
        "ca": r"(?:'|(?<=l)·(?=l))",
        "he": r"(?:'|(?<=[א-ת])״(?=[א-ת]))",
        "yi": r"(?:'|(?<=[א-ת])״(?=[א-ת]))",
    }.get(code, "'")
    found = regex.findall(rf"\p{{L}}{letters}*(?:{joined}{letters}*)*(?:{binding}\p{{L}}{letters}*)*", text)
    taken_off = apostrophes_of(code)
    trimmed = [taken_off.sub("", word) if taken_off else word for word in found]
    return [word for word in trimmed if len(word) > 1 or regex.fullmatch(r"[가-힣\p{Han}\p{Yi}\p{Tibetan}]", word)]


@pytest.mark.parametrize("language", ["en", "fr", "it", "el", "tr", "ca", "he", "ar", "und"])
@given(text=any_text | mixed_text | st.text("ldque'é 1ση中\u0301\u200d", max_size=20))
@example(text="l'a l'été d'l'x a'b'c 's it's")
@example(text="'l'd'l'étés (qu'il x'd'un l'\u0301a jusqu'à dell'un")
@example(text="𝐀lpha 𐐀𐐁 😀a 中 a中 \U00020000")
@settings(deadline=None)
def test_the_quick_ways_find_the_same_words(language, text):
    normal = regex.sub("[0-9]", "", normalize_text(text, language))
    assert words_of(normal, language) == in_full(normal, language)


@given(text=any_text | mixed_text)
@example(text="“İ’Iʼ–ŉ” น้ำ ໍາ")
@settings(deadline=None)
def test_normal_form_against_a_plain_one(text):
    plain = regex.sub("[\ud800-\udfff]", " ", text)
    for sign, other in (("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2013", "-")):
        plain = plain.replace(sign, other)
    plain = regex.sub("[¹²³ªº™℠№]", " ", plain)
    plain = unicodedata.normalize("NFKC", plain).replace("\u02bc", "'").replace("İ", "i")
    plain = plain.replace("\u0e4d\u0e32", "\u0e33").replace("\u0ecd\u0eb2", "\u0eb3")
    plain = "".join(c for c in plain if not _is_dispensable(c)).lower()
    plain = "".join(str(int(c)) if c.isdecimal() and c < "\U00010000" else c for c in plain)
    assert normalize_text(text) == plain


def _is_dispensable(character: str) -> bool:
    if (
        character
        in "\u00ad\u2060\ufeff\u200e\u200f\u061c\u0640\u055b\u055c\u055e\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0670"
    ):
        return True
    ranges = (
        "\u202a\u202e",
        "\u2066\u2069",
        "\u0591\u05bd",
        "\u0610\u061a",
        "\u064b\u065f",
        "\u06d6\u06dc",
        "\u06df\u06e4",
    )
    return any(low <= character <= high for low, high in (*ranges, "\u06e7\u06e8", "\u06ea\u06ed"))


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=any_text | mixed_text)
@example(text="\ud800 \udfff\ud800")
@example(text="\u202eabc\u202c \u2067שלום\u2069 \x00\x1f\x7f")
@example(text="👩‍👩‍👧‍👦 \u200d\u200c\u200b\ufe0f")
@example(text="⺀ 〇")
@settings(deadline=None, max_examples=60)
def test_any_text_gives_words_and_the_same_again(language, text):
    tokenizer = get_tokenizer(language)
    found = tokenizer(text)
    assert tokenizer(text) == found
    assert all(regex.search(r"\p{L}", word) and not regex.search(r"[\s\p{Cs}]", word) for word in found)


@given(text=any_text | st.text("我們喜歡臺灣圖書館里面頭髮aé １，。\U00020000", max_size=30))
@settings(deadline=None)
def test_traditional_words_are_those_of_the_text(text):
    """No character is changed, lost or put elsewhere by cutting in simplified characters."""
    normal = normalize_text(text)
    position = 0
    for word in get_tokenizer("zh-Hant")(text):
        position = normal.index(word, position) + len(word)


SENTENCES = {
    "en": "The dog’s bone isn't here, see www.example.org now. ",
    "fr": "L’école d'été accueille aujourd'hui cent élèves. ",
    "fa": "کتاب‌ها را می‌خوانم و به خانه می‌روم. ",
    "zh": "昨天傍晚，渔民们只好开船回到港口。",
    "zh-Hant": "昨天傍晚，漁民們只好開船回到港口。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_document_of_ten_megabytes(language):
    sentence = SENTENCES[language]
    times = 10_000_000 // len(sentence.encode()) + 1
    expected = words(language, sentence)
    found = words(language, sentence * times)
    assert len(found) == len(expected) * times
    assert found[: len(expected)] == found[-len(expected) :] == expected


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("th", "เมื่อวานชาวประมงกลับจากเกาะ\n"),
        ("ja", "昨日は天気がよかったので公園へ行きました。\n"),
        ("ko", "어제 친구와 함께 기차를 타고 갔다.\n"),
    ],
)
def test_a_document_of_ten_megabytes_that_is_partly_in_a_language_cut_by_a_slow_model(language, sentence):
    """Ten megabytes of these alone take from ten seconds to a minute: the time grows with the length, but is long."""
    foreign = "abcdefghijklmnopqrstuvwxyz " * 32_000 + "\n"
    expected = words(language, sentence)
    found = words(language, (sentence * 500 + foreign) * 11)
    assert [word for word in found if word != foreign[:26]] == expected * 5_500
    assert found.count(foreign[:26]) == 352_000


@pytest.mark.parametrize("language", ["th", "ko", "zh-Hant"])
def test_long_runs_without_a_place_to_cut(language):
    run = {"th": "กขคงจ", "ko": "가나다라마", "zh-Hant": "圖書館喜歡"}[language]
    assert set("".join(words(language, run * 4_000))) <= set(run) | set("다하")


def test_a_converted_word_of_any_length():
    tokenizer = ChineseTokenizer("zh", convert="traditional")
    assert "".join(tokenizer("图" * 10_000)) == "圖" * 10_000


def test_the_words_do_not_depend_on_the_text_before():
    tokenizer = UnicodeTokenizer("fr")
    first = tokenizer("l'été d'Anne")
    tokenizer("autre chose ’’’ \ud800")
    assert tokenizer("l'été d'Anne") == first == ["été", "anne"]


def test_threads_may_cut_japanese_at_once():
    from concurrent.futures import ThreadPoolExecutor

    tokenizer = get_tokenizer("ja")
    texts = [f"駅で電車を待つ雨の日、{number}本の列車が来た。" * 20 for number in range(40)]
    alone = [tokenizer(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokenizer, texts)) == alone
