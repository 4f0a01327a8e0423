"""Which language texts are in."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gloctm.demo import demo_records
from gloctm.errors import InputError, MissingDependencyError
from gloctm.languages import normalize_language
from gloctm.text.identification import identify_expected, identify_languages

SENTENCES = {
    "ar": "فاتتنا الحافلة الأخيرة فعدنا إلى البيت سيرا على الأقدام.",
    "bg": "Изпуснахме последния автобус и се прибрахме пеша.",
    "ca": "Vam perdre l'últim autobús i vam tornar a peu a casa.",
    "cs": "Zmeškali jsme poslední autobus a šli domů pěšky.",
    "da": "Udvalget offentliggør sin rapport i næste måned.",
    "de": "Wir haben den letzten Bus verpasst und sind gelaufen.",
    "el": "Χάσαμε το τελευταίο λεωφορείο και γυρίσαμε με τα πόδια.",
    "en": "We missed the last bus and walked home in the rain.",
    "es": "Perdimos el último autobús y volvimos andando a casa.",
    "fa": "آخرین اتوبوس را از دست دادیم و پیاده به خانه برگشتیم.",
    "fi": "Myöhästyimme viimeisestä bussista ja kävelimme kotiin.",
    "fr": "Nous avons raté le dernier bus et sommes rentrés à pied.",
    "he": "פספסנו את האוטובוס האחרון וחזרנו הביתה ברגל.",
    "hi": "हमारी आखिरी बस छूट गई और हम पैदल घर लौटे।",
    "hu": "Lekéstük az utolsó buszt, és gyalog mentünk haza.",
    "it": "Abbiamo perso l'ultimo autobus e siamo tornati a piedi.",
    "ja": "最終バスに乗り遅れて、歩いて帰った。",
    "ko": "마지막 버스를 놓쳐서 집까지 걸어왔다.",
    "nl": "We hebben de laatste bus gemist en zijn gaan lopen.",
    "no": "Utvalget legger fram rapporten sin neste måned.",
    "pl": "Spóźniliśmy się na ostatni autobus i wróciliśmy pieszo.",
    "pt": "Perdemos o último ônibus e voltamos para casa a pé.",
    "ro": "Am pierdut ultimul autobuz și ne-am întors pe jos.",
    "ru": "Мы опоздали на последний автобус и пошли пешком.",
    "sv": "Vi missade sista bussen och gick hem i regnet.",
    "sw": "Kamati itachapisha ripoti yake mwezi ujao.",
    "th": "เราพลาดรถเมล์คันสุดท้ายเลยเดินกลับบ้าน",
    "tr": "Son otobüsü kaçırdık ve eve yürüyerek döndük.",
    "uk": "Ми запізнилися на останній автобус і пішли пішки.",
    "vi": "Chúng tôi lỡ chuyến xe buýt cuối và đi bộ về nhà.",
    "zh": "我们没赶上末班车，只好走路回家。",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_enough(language):
    ((found, confidence),) = identify_languages([SENTENCES[language]])
    assert found == language == normalize_language(found)
    assert 0.5 <= confidence <= 1


def test_the_embedded_corpus():
    records = demo_records()
    found = identify_languages([record["text"] for record in records])
    right = [language == record["lang"] for (language, _), record in zip(found, records, strict=True)]
    assert sum(right) / len(right) >= 0.995


def test_confidence_means_something():
    """Of beginnings of texts, hardly more than a few words, those that are sure are nearly always right."""
    records = demo_records()
    found = identify_languages([record["text"][:20] for record in records])
    right = [language == record["lang"] for (language, _), record in zip(found, records, strict=True)]
    sure = [index for index, (_, confidence) in enumerate(found) if confidence >= 0.5]
    unsure = [index for index, (_, confidence) in enumerate(found) if confidence < 0.5]
    assert len(sure) > len(records) / 2
    assert len(unsure) > 100
    assert sum(right[index] for index in sure) / len(sure) > 0.98
    assert sum(right[index] for index in unsure) / len(unsure) < 0.95
    assert all(0 <= confidence <= 1 for _, confidence in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "12 345,67 €",
        "?!…",
        "🙂👩‍👩‍👧",
        "\u200f\u200e\u200d",
        "\ud800",
        "https://example.com/the/way/home",
        "@someone",
        "_",
    ],
)
def test_what_is_in_no_language(text):
    assert identify_languages([text]) == [("und", 0.0)]


def test_scripts_and_forms_of_a_language_are_one():
    texts = [
        "我們錯過了末班車，只好走路回家。",
        "我哋今日去邊度食飯呀",
        SENTENCES["en"].upper(),
        "ＷＥ　ＷＡＬＫＥＤ　ＨＯＭＥ　ＩＮ　ＴＨＥ　ＲＡＩＮ",
    ]
    assert [language for language, _ in identify_languages(texts)] == ["zh", "zh", "en", "en"]


def test_addresses_are_in_no_language():
    link = "https://www.example.com/we-walked-home-in-the-rain-because-we-missed-the-bus?and=more&of=that "
    assert identify_languages([link * 3 + SENTENCES["de"]])[0] == identify_languages([SENTENCES["de"]])[0]


def test_candidates():
    short = ["La casa", "O casă"]
    assert [language for language, _ in identify_languages(short, candidates=["es", "ro"])] == ["es", "ro"]
    # As they are spelled, and nothing else.
    found = identify_languages(list(SENTENCES.values()), candidates=["pt_br", "nb", "zh-Hant", "EN"])
    assert {language for language, _ in found} == {"pt-BR", "nb", "zh-Hant", "en"}
    by_language = dict(zip(SENTENCES, found, strict=True))
    assert [by_language[code][0] for code in ("pt", "no", "zh", "en")] == ["pt-BR", "nb", "zh-Hant", "en"]
    # Without them all is as before.
    assert identify_languages([SENTENCES["pt"]])[0][0] == "pt"
    # Forms that count as another language are that language's candidates.
    assert identify_languages(["我哋今日去邊度食飯呀"], candidates=["en", "zh"])[0][0] == "zh"


def test_candidates_that_cannot_be():
    with pytest.raises(InputError, match="language 'tlh' can't be identified: leave it out of the candidates"):
        identify_languages(["a"], candidates=["en", "tlh"])
    with pytest.raises(InputError, match="languages 'zh' and 'zh-Hant' can't be distinguished: leave one out"):
        identify_languages(["a"], candidates=["zh", "zh-Hant"])
    with pytest.raises(InputError, match="'??' is not a language code".replace("?", r"\?")):
        identify_languages(["a"], candidates=["??"])
    with pytest.raises(InputError, match="texts are one string"):
        identify_languages("a")


@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=60), max_size=4))
@settings(deadline=None)
def test_any_unicode(texts):
    found = identify_languages(texts)
    assert len(found) == len(texts)
    for text, (language, confidence) in zip(texts, found, strict=True):
        assert (language == "und") == (confidence == 0)
        assert 0 <= confidence <= 1
        assert language == "und" or normalize_language(language) == language
        # A text is identified by itself, whatever others there are.
        assert identify_languages([text]) == [(language, confidence)]


def test_long_texts_are_sampled():
    english, german = (" ".join(record["text"] for record in demo_records([code])) for code in ("en", "de"))
    (found,) = identify_languages([german[:200] + (english * 500)[:10_000_000]])
    assert found[0] == "en"


def test_worker_processes():
    texts = list(SENTENCES.values())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(identify_languages, texts).result() == identify_languages(texts)
    assert pickle.loads(pickle.dumps(identify_languages)) is identify_languages  # noqa: S301 - our own


def test_nothing_is_loaded_from_elsewhere():
    program = f"""
import json, socket, sys
def refuse(*arguments, **settings): raise OSError("no network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from gloctm.text.identification import identify_expected, identify_languages
print(json.dumps(identify_languages([{SENTENCES["fr"]!r}])[0][0]))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == "fr"


def test_without_its_package():
    program = """
import sys
sys.modules["py3langid"] = sys.modules["py3langid.langid"] = None
from gloctm.text.identification import identify_expected, identify_languages
from gloctm.errors import MissingDependencyError
try:
    identify_languages(["a"])
except MissingDependencyError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == f"{MissingDependencyError.of('identifying languages', 'py3langid')}\n"


def test_short_texts_are_in_a_language_that_is_expected():
    short = ["Las matemáticas son mi asignatura favorita.", "Todo sube menos mi sueldo.", "It is late", "12345", "xyz"]
    assert all(confidence < 0.5 for _, confidence in identify_languages(short))
    found = identify_expected(short, ["de", "en-GB", "es"])
    assert found == [("es", 0.5), ("es", 0.5), ("en-GB", 0.5), ("und", 0.0), ("und", 0.0)]
    # Of no language that is improbable, and none that is sure.
    assert identify_expected(short[:2], ["de", "en"]) == identify_languages(short[:2])
    assert identify_expected([SENTENCES["pt"]], ["es", "en"]) == identify_languages([SENTENCES["pt"]])
