"""Languages that a post can be in: their tags (BCP 47) as far as posts need them, and their names."""

from __future__ import annotations

from functools import cache

from fedserver.on_demand import on_demand

babel = on_demand("babel")

# With their English names: ISO 639-1, and those that Mastodon adds.
_TABLE = """
aa Afar|ab Abkhaz|ae Avestan|af Afrikaans|ak Akan|am Amharic|an Aragonese|ar Arabic|as Assamese
av Avaric|ay Aymara|az Azerbaijani|ba Bashkir|be Belarusian|bg Bulgarian|bi Bislama|bm Bambara
bn Bengali|bo Tibetan|br Breton|bs Bosnian|ca Catalan|ce Chechen|ch Chamorro|co Corsican|cr Cree
cs Czech|cu Old Church Slavonic|cv Chuvash|cy Welsh|da Danish|de German|dv Divehi|dz Dzongkha|ee Ewe
el Greek|en English|eo Esperanto|es Spanish|et Estonian|eu Basque|fa Persian|ff Fula|fi Finnish
fj Fijian|fo Faroese|fr French|fy Western Frisian|ga Irish|gd Scottish Gaelic|gl Galician|gn Guaraní
gu Gujarati|gv Manx|ha Hausa|he Hebrew|hi Hindi|ho Hiri Motu|hr Croatian|ht Haitian|hu Hungarian
hy Armenian|hz Herero|ia Interlingua|id Indonesian|ie Interlingue|ig Igbo|ii Nuosu|ik Inupiaq|io Ido
is Icelandic|it Italian|iu Inuktitut|ja Japanese|jv Javanese|ka Georgian|kg Kongo|ki Kikuyu|kj Kwanyama
kk Kazakh|kl Kalaallisut|km Khmer|kn Kannada|ko Korean|kr Kanuri|ks Kashmiri|ku Kurmanji Kurdish|kv Komi
kw Cornish|ky Kyrgyz|la Latin|lb Luxembourgish|lg Ganda|li Limburgish|ln Lingala|lo Lao|lt Lithuanian
lu Luba-Katanga|lv Latvian|mg Malagasy|mh Marshallese|mi Māori|mk Macedonian|ml Malayalam|mn Mongolian
mr Marathi|ms Malay|mt Maltese|my Burmese|na Nauru|nb Norwegian Bokmål|nd Northern Ndebele|ne Nepali
ng Ndonga|nl Dutch|nn Norwegian Nynorsk|no Norwegian|nr Southern Ndebele|nv Navajo|ny Chichewa
oc Occitan|oj Ojibwe|om Oromo|or Oriya|os Ossetian|pa Punjabi|pi Pāli|pl Polish|ps Pashto|pt Portuguese
qu Quechua|rm Romansh|rn Kirundi|ro Romanian|ru Russian|rw Kinyarwanda|sa Sanskrit|sc Sardinian
sd Sindhi|se Northern Sami|sg Sango|si Sinhala|sk Slovak|sl Slovenian|sn Shona|so Somali|sq Albanian
sr Serbian|ss Swati|st Southern Sotho|su Sundanese|sv Swedish|sw Swahili|ta Tamil|te Telugu|tg Tajik
th Thai|ti Tigrinya|tk Turkmen|tl Tagalog|tn Tswana|to Tonga|tr Turkish|ts Tsonga|tt Tatar|tw Twi
ty Tahitian|ug Uyghur|uk Ukrainian|ur Urdu|uz Uzbek|ve Venda|vi Vietnamese|vo Volapük|wa Walloon
wo Wolof|xh Xhosa|yi Yiddish|yo Yoruba|za Zhuang|zh Chinese|zu Zulu|ast Asturian|ckb Sorani Kurdish
gsw Swiss German|kab Kabyle|nds Low German|sco Scots|sma Southern Sami|smj Lule Sami|szl Silesian
tok Toki Pona|vai Vai|zgh Standard Moroccan Tamazight|pt-BR Portuguese (Brazil)
pt-PT Portuguese (Portugal)|zh-CN Chinese (China)|zh-HK Chinese (Hong Kong)|zh-TW Chinese (Taiwan)
"""
_PAIRS = (entry.partition(" ") for entry in _TABLE.strip().replace("\n", "|").split("|"))
LANGUAGES: dict[str, str] = {code: name for code, _, name in _PAIRS}


def normalize_language(tag: str | None) -> str | None:
    """Return a tag (`pt-BR`) in its usual spelling (RFC 5646 §2.1.1), None if it is not one."""
    if not tag or len(tag) > 35 or not tag.isascii():
        return None
    parts = tag.replace("_", "-").split("-")
    if not (2 <= len(parts[0]) <= 3 and parts[0].isalpha()):
        return None
    if not all(1 <= len(part) <= 8 and part.isalnum() for part in parts[1:]):
        return None
    return "-".join([parts[0].lower(), *map(_format_subtag, parts[1:])])


def _format_subtag(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


@cache
def list_own_names() -> tuple[tuple[str, str], ...]:
    """Return the codes of all languages and their names in the language itself, sorted by name.

    The name is English where the language has no data.
    """
    pairs = ((code, _find_own_name(code)) for code in LANGUAGES)
    return tuple(sorted(pairs, key=lambda pair: pair[1].casefold()))


def _find_own_name(code: str) -> str:
    try:
        locale = babel.Locale.parse(code, sep="-")
        name = locale.get_display_name(locale)
    except (ValueError, babel.UnknownLocaleError):
        name = None
    return str(name or LANGUAGES[code])
