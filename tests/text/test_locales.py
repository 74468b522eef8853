"""Locales: which is chosen, what a broken catalogue does, and how moments and numbers are written."""

from __future__ import annotations

import gettext as standard
from datetime import timedelta, timezone
from threading import Barrier, Thread

import msgspec
import pytest

from fedserver.config import Config, NodeConfig
from fedserver.domain.auth.members import MemberSettings
from fedserver.text import locales

NOON = 1_700_000_000_000  # 14 November 2023, 22:13 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class Texts(standard.NullTranslations):
    """A catalogue from a dictionary; plurals are under their singular."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self.texts = texts

    def gettext(self, message: str) -> str:
        return self.texts.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.texts.get(singular, singular if number == 1 else plural)


@pytest.mark.parametrize(
    ("setting", "accepted", "default", "chosen"),
    [
        ("", "", "en", "en"),
        ("", "", "fr", "fr"),
        ("de", "fr", "es", "de"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "en", "de"),
        ("", "en;q=0.2, ar;q=0.9", "de", "ar"),
        ("", "nl, pt-BR;q=0.9", "es", "es"),
        ("", "*", "es", "es"),
        ("", "fr;q=0, de;q=0.1", "en", "de"),
        ("tlh", "fr", "en", "fr"),
        ("", "DE", "en", "de"),
        ("", "fr;q=much, es", "en", "es"),
        ("", "fr;q=nan, es;q=0.1", "en", "es"),
        ("", ";;,,=,q=1;", "en", "en"),
        ("../../etc", "../..", "xx", "en"),
    ],
)
def test_negotiate_prefers_the_setting_then_the_browser(
    setting: str, accepted: str, default: str, chosen: str
) -> None:
    assert locales.negotiate(setting, accepted, default) == chosen


def test_negotiate_reads_no_more_of_a_header_than_people_send() -> None:
    assert locales.negotiate("", "nl," * 1_000_000 + "de", "en") == "en"


def test_locale_of_is_the_members_setting_or_that_of_the_node() -> None:
    config = msgspec.structs.replace(Config(), node=NodeConfig(default_locale="fr"))
    assert locales.locale_of(MemberSettings(locale="ar"), config) == "ar"
    assert locales.locale_of(MemberSettings(), config) == "fr"
    assert locales.locale_of(MemberSettings(locale="tlh"), config) == "fr"
    assert locales.locale_of(None, config) == "fr"


def test_use_locale_ends_with_its_block() -> None:
    assert locales.current_locale() == "en"
    with locales.use_locale("de"):
        locales.set_locale("ar")
        assert locales.current_locale() == "ar"
    assert locales.current_locale() == "en"


def test_texts_are_found_in_the_locale_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(locales._catalogues, "de", Texts({"Hello %(name)s": "Hallo %(name)s"}))
    hello = locales.lazy_gettext("Hello %(name)s", name="Ann")
    assert str(hello) == "Hello Ann"
    with locales.use_locale("de"):
        assert locales.gettext("Hello %(name)s", name="Ann") == "Hallo Ann"
        assert str(hello) == f"{hello}" == "Hallo Ann"
        assert hello == "Hallo Ann"
        assert locales.gettext("Only in English") == "Only in English"
    assert hello == "Hello Ann"


@pytest.mark.parametrize(
    "broken", ["Hallo %(nome)s", "Hallo %(name)d", "Hallo %s", "100 % %(name)s", "%(name"]
)
def test_a_broken_placeholder_falls_back_to_the_source(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setitem(locales._catalogues, "de", Texts({"Hello %(name)s": broken, "%(num)s post": broken}))
    with locales.use_locale("de"):
        assert locales.gettext("Hello %(name)s", name="Ann") == "Hello Ann"
        assert locales.ngettext("%(num)s post", "%(num)s posts", 2) == "2 posts"


def test_ngettext_writes_its_number_as_the_locale_does() -> None:
    assert locales.ngettext("%(num)s post", "%(num)s posts", 1) == "1 post"
    assert locales.ngettext("%(num)s post", "%(num)s posts", 12_345) == "12,345 posts"
    with locales.use_locale("de"):
        assert locales.ngettext("%(num)s post", "%(num)s posts", 12_345).startswith("12.345 ")


def test_a_doubled_percent_sign_is_one() -> None:
    assert locales.gettext("100%% of %(name)s", name="50%") == "100% of 50%"


def test_an_unknown_locale_speaks_english() -> None:
    with locales.use_locale("tlh"):
        assert locales.gettext("Home") == "Home"
        assert locales.format_number(1_234) == "1,234"


def test_a_catalogue_is_read_once_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(locales, "_catalogues", {})
    monkeypatch.setattr(locales, "_read_catalogue", lambda code: read.append(code) or Texts({}))
    together = Barrier(8)

    def ask() -> None:
        with locales.use_locale("fr"):
            together.wait()
            locales.gettext("Home")

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == ["fr"]


@pytest.mark.parametrize("code", locales.SUPPORTED)
def test_every_locale_has_a_name_a_direction_and_a_catalogue(code: str) -> None:
    assert locales.direction(code) == ("rtl" if code == "ar" else "ltr")
    assert locales.own_name(code)[0] == locales.own_name(code)[0].upper()
    with locales.use_locale(code):
        assert locales.gettext("Home")
        assert locales.format_relative(NOON - 3 * DAY, NOON)


@pytest.mark.parametrize(
    ("distance", "shown"),
    [
        (0, "just now"),
        (-59_000, "just now"),
        (-5 * MINUTE, "5 min. ago"),
        (-90 * MINUTE, "1 hr. ago"),
        (-6 * DAY, "6 days ago"),
        (-8 * DAY, "Nov 6, 2023"),
        (5 * MINUTE, "in 5 min."),
    ],
)
def test_format_relative_is_a_distance_for_a_week(distance: int, shown: str) -> None:
    assert locales.format_relative(NOON + distance, NOON) == shown


def test_moments_are_written_in_the_zone_of_the_reader() -> None:
    assert locales.format_datetime(NOON) == "Nov 14, 2023, 10:13\u202fPM"
    with locales.use_locale("de", timezone(timedelta(hours=2))):
        assert locales.format_datetime(NOON) == "15.11.2023, 00:13"
        assert locales.format_date(NOON) == "15.11.2023"


def test_numbers_spans_and_lists_follow_the_locale() -> None:
    assert locales.format_duration(2 * HOUR) == "2 hours"
    assert locales.format_duration(5) == "1 minute"
    assert locales.format_size(12_345_678) == "12.3 MB"
    assert locales.format_size(1) == "0.1 MB"
    assert locales.format_size(999_999_999) == "1,000 MB"
    assert locales.format_size(1_234_567_890) == "1.2 GB"
    assert locales.format_list(["a", "b", "c"]) == "a, b, and c"
    with locales.use_locale("fr"):
        assert locales.format_number(1_234.5) == "1\u202f234,5"
        assert locales.format_percent(0.42) == "42\xa0%"
        assert locales.format_list(["a", "b", "c"]) == "a, b et c"
