"""Names of languages, in English and in themselves.

langcodes takes its names from another package, language_data, which has far more than is needed here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Code, English name, and after a colon the language's name in itself and further ones.
_TABLE = """
af Afrikaans
am Amharic: አማርኛ
ar Arabic: العربية, عربي, عربية
arz Egyptian Arabic: مصري
az Azerbaijani: azərbaycanca, azərbaycan dili, azeri
be Belarusian: беларуская, byelorussian
bg Bulgarian: български
bn Bengali: বাংলা, bangla
bo Tibetan: བོད་སྐད་
br Breton: brezhoneg
bs Bosnian: bosanski
ca Catalan: català, valencian, valencià
ckb Central Kurdish: کوردی, sorani
cs Czech: čeština, česky
cy Welsh: cymraeg
da Danish: dansk
de German: deutsch
dv Divehi: ދިވެހި, dhivehi, maldivian
el Greek: ελληνικά, modern greek
en English
eo Esperanto
es Spanish: español, castellano, castilian
et Estonian: eesti, eesti keel
eu Basque: euskara
fa Persian: فارسی, farsi
fi Finnish: suomi
fil Filipino
fr French: français
ga Irish: gaeilge, irish gaelic
gd Scottish Gaelic: gàidhlig
gl Galician: galego
gu Gujarati: ગુજરાતી
ha Hausa
he Hebrew: עברית
hi Hindi: हिन्दी, हिंदी
hr Croatian: hrvatski
ht Haitian Creole: kreyòl ayisyen, haitian, kreyòl
hu Hungarian: magyar
hy Armenian: հայերեն
id Indonesian: bahasa indonesia, indonesia
ig Igbo
is Icelandic: íslenska
it Italian: italiano
ja Japanese: 日本語
jv Javanese: basa jawa
ka Georgian: ქართული
kk Kazakh: қазақша, қазақ тілі
km Khmer: ខ្មែរ, ភាសាខ្មែរ, cambodian
kn Kannada: ಕನ್ನಡ
ko Korean: 한국어, 한국말
ku Kurdish: kurdî, kurmanji, kurmancî
ky Kyrgyz: кыргызча, kirghiz
la Latin: latina
lb Luxembourgish: lëtzebuergesch
lo Lao: ລາວ, laotian
lt Lithuanian: lietuvių
lv Latvian: latviešu
mk Macedonian: македонски
ml Malayalam: മലയാളം
mn Mongolian: монгол
mr Marathi: मराठी
ms Malay: bahasa melayu, melayu
mt Maltese: malti
my Burmese: မြန်မာ, မြန်မာဘာသာ, myanmar
nb Norwegian Bokmål: bokmål, norsk bokmål
ne Nepali: नेपाली
nl Dutch: nederlands, flemish, vlaams
nn Norwegian Nynorsk: nynorsk, norsk nynorsk
no Norwegian: norsk
oc Occitan: occitan
or Odia: ଓଡ଼ିଆ, oriya
pa Punjabi: ਪੰਜਾਬੀ, panjabi
pl Polish: polski
ps Pashto: پښتو
pt Portuguese: português
ro Romanian: română, moldovan
ru Russian: русский, русский язык
sd Sindhi: سنڌي
si Sinhala: සිංහල, sinhalese
sk Slovak: slovenčina, slovensky
sl Slovenian: slovenščina, slovene
so Somali: soomaali
sq Albanian: shqip
sr Serbian: српски, srpski
su Sundanese: basa sunda
sv Swedish: svenska
sw Swahili: kiswahili
ta Tamil: தமிழ்
te Telugu: తెలుగు
tg Tajik: тоҷикӣ
th Thai: ไทย, ภาษาไทย
tk Turkmen: türkmençe
tl Tagalog
tr Turkish: türkçe
tt Tatar: татарча
ug Uyghur: ئۇيغۇرچە, uighur
uk Ukrainian: українська
ur Urdu: اردو
uz Uzbek: oʻzbekcha, o'zbekcha, o'zbek
vi Vietnamese: tiếng việt
xh Xhosa: isixhosa
yi Yiddish: ייִדיש, יידיש
yo Yoruba: yorùbá
yue Cantonese: 粵語, 粤语, 廣東話
zh Chinese: 中文, 汉语, 漢語, 华语, 普通话, mandarin, mandarin chinese
zh-Hans Simplified Chinese: 简体中文, 简体, 中文简体
zh-Hant Traditional Chinese: 繁體中文, 繁体中文, 正體中文, 繁體, 中文繁體
zu Zulu: isizulu
"""
# What follows a language in parentheses, or stands before or behind it.
_VARIANTS = {
    **{"simplified": "Hans", "traditional": "Hant", "latin": "Latn", "cyrillic": "Cyrl"},
    **{"brazil": "BR", "brasil": "BR", "brazilian": "BR", "portugal": "PT", "european": "PT"},
    **{"us": "US", "usa": "US", "united states": "US", "american": "US", "uk": "GB", "british": "GB"},
    **{"united kingdom": "GB", "great britain": "GB", "canada": "CA", "canadian": "CA", "australia": "AU"},
    **{"australian": "AU", "india": "IN", "indian": "IN", "ireland": "IE", "mexico": "MX", "mexican": "MX"},
    **{"spain": "ES", "latin america": "419", "latin american": "419", "argentina": "AR", "france": "FR"},
    **{"germany": "DE", "austria": "AT", "austrian": "AT", "switzerland": "CH", "swiss": "CH", "belgium": "BE"},
    **{"belgian": "BE", "china": "CN", "taiwan": "TW", "hong kong": "HK", "macau": "MO", "singapore": "SG"},
}


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _bare(name: str) -> str:
    """Return a name in Latin letters without accents: ``espanol``."""
    letters = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")


def _read_table() -> tuple[dict[str, str], dict[str, str]]:
    english, codes = {}, {}
    for code, name, others in re.findall(r"^(\S+) ([^:\n]+)(?:: (.+))?$", _TABLE, re.MULTILINE):
        english[code] = name
        for each in (name, *filter(None, others.split(", "))):
            codes[_plain(each)] = code
            codes.setdefault(_bare(_plain(each)), code)
    return english, codes


#: The English name of each language by its code.
ENGLISH_NAMES, _CODES = _read_table()


@lru_cache(maxsize=1024)
def code_of_name(name: str) -> str | None:
    """Return the code of a language by its name, in English or in itself; None where it is not known.

    Example:
        >>> [code_of_name(name) for name in ("English", "Français", "Portuguese (Brazil)", "Klingon")]
        ['en', 'fr', 'pt-BR', None]
    """
    plain = _plain(name)
    if plain in _CODES:
        return _CODES[plain]
    words = re.sub(r"[()\[\],/_-]+", " ", plain).split()
    for at in range(1, len(words)):
        for language, variant in ((words[:at], words[at:]), (words[at:], words[:at])):
            code, subtag = _CODES.get(" ".join(language)), _VARIANTS.get(" ".join(variant))
            if code is not None and subtag is not None:
                return f"{code}-{subtag}"
    return None
