"""The language of texts for people: choosing it, translating into it, writing dates and numbers in it.

The locale is a context variable: every request sets its own, and so does the job that renders a mail. English
is the source: its texts are the message ids, so it needs no catalogue. Placeholders are named and written
`%(name)s`, in Python and in templates alike; a percent sign is written `%%`.
"""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

from fedserver.config import LOCALES, Config
from fedserver.marked_text import MarkedText
from fedserver.on_demand import on_demand
from fedserver.text import accept_headers

# Loaded with the first date or number: commands of operators translate errors at most.
babel, dates, lists = on_demand("babel"), on_demand("babel.dates"), on_demand("babel.lists")
numbers, units = on_demand("babel.numbers"), on_demand("babel.units")
DOMAIN = "fedserver"
FOLDER = Path(__file__).parent.parent / "locales"
SOURCE = "en"
SUPPORTED = LOCALES
MINUTE_MS, HOUR_MS, DAY_MS, WEEK_MS = 60_000, 3_600_000, 86_400_000, 604_800_000
Width = Literal["full", "long", "medium", "short"]

_locale: ContextVar[str] = ContextVar("locale", default=SOURCE)
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
_catalogues: dict[str, catalogues.NullTranslations] = {}
_lock = Lock()


class HasLocale(Protocol):
    """Settings that name a locale, '' for none."""

    @property
    def locale(self) -> str: ...


def is_supported(code: str) -> bool:
    """Return True if there is a catalogue for this locale, or if it is the source."""
    return code in SUPPORTED


@lru_cache(maxsize=1_024)
def negotiate(setting: str, accept_language: str, default: str) -> str:
    """Return the locale to answer in: what was chosen, else what the browser prefers, else the default.

    Unknown codes are ignored, so the result is always one of `SUPPORTED`.
    """
    if is_supported(setting):
        return setting
    for tag in _list_preferred_tags(accept_language):
        # Lookup of RFC 4647, section 3.4: de-AT is served with de.
        code = tag.partition("-")[0]
        if is_supported(code):
            return code
        if tag == "*":
            break
    return default if is_supported(default) else SOURCE


def _list_preferred_tags(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header (RFC 9110, section 12.5.4), best first."""
    items = [item for item in accept_headers.parse(header) if item.weight > 0]
    return [item.name for item in sorted(items, key=lambda item: item.weight, reverse=True)]


def locale_of(settings: HasLocale | None, config: Config) -> str:
    """Return the locale of texts for a member who is not asking now: mails and push messages."""
    return negotiate(settings.locale if settings is not None else "", "", config.node.default_locale)


def current_locale() -> str:
    """Return the code of the locale in which texts are written now."""
    return _locale.get()


def set_locale(code: str) -> None:
    """Write texts in this locale from now on, until the surrounding `use_locale` ends."""
    _locale.set(code)


@contextmanager
def use_locale(code: str, zone: tzinfo = UTC) -> Iterator[None]:
    """Write texts in this locale, and times in this zone, inside the block."""
    locale_token, zone_token = _locale.set(code), _zone.set(zone)
    try:
        yield
    finally:
        _locale.reset(locale_token)
        _zone.reset(zone_token)


def _catalogue() -> catalogues.NullTranslations:
    """Return the texts of the current locale; a file is read once in a process."""
    code = _locale.get()
    known = _catalogues.get(code)
    if known is not None:
        return known
    with _lock:
        if code not in _catalogues:
            _catalogues[code] = _read_catalogue(code)
        return _catalogues[code]


def _read_catalogue(code: str) -> catalogues.NullTranslations:
    if code == SOURCE or not is_supported(code):
        return catalogues.NullTranslations()
    path = FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
    with path.open("rb") as file:
        return catalogues.GNUTranslations(file)


def find_text(message: str, context: str = "") -> str:
    """Return the translation with its placeholders still in it, the message itself if there is none."""
    catalogue = _catalogue()
    return catalogue.pgettext(context, message) if context else catalogue.gettext(message)


def find_plural(singular: str, plural: str, number: int) -> str:
    """Return the translation for this number with its placeholders still in it."""
    return _catalogue().ngettext(singular, plural, number)


class _Placeholders(dict[str, Any]):
    """Values for `%(name)s` that refuse to be shown as a whole, as a stray `%s` in a translation would."""

    def __str__(self) -> str:
        raise TypeError("a placeholder without a name")

    __repr__ = __str__


def fill(text: str, source: str, placeholders: Mapping[str, Any]) -> str:
    """Return `text` with its placeholders filled; the source text if those of the translation are broken."""
    try:
        return text % _Placeholders(placeholders)
    except (KeyError, TypeError, ValueError):
        return source % placeholders


def gettext(message: str, **placeholders: Any) -> str:
    """Return a text in the current locale."""
    return fill(find_text(message), message, placeholders)


def ngettext(singular: str, plural: str, number: int, **placeholders: Any) -> str:
    """Return the form for a number, which `%(num)s` shows as the locale writes it."""
    source = singular if number == 1 else plural
    text = find_plural(singular, plural, number)
    # Commands of operators write plain digits: Babel is not loaded for them.
    shows_num = "%(num)s" in source or "%(num)s" in text
    values = {"num": format_number(number), **placeholders} if shows_num else placeholders
    return fill(text, source, values)


def translate(text: MarkedText) -> str:
    """Return a text of code that knows no locale in the current locale."""
    if text.plural:
        return fill(find_plural(text.message, text.plural, text.count), text.source, text.values)
    return fill(find_text(text.message), text.source, text.values)


class LazyText:
    """A text that is looked up when it is shown: for constants, and for errors raised far from the page."""

    __slots__ = ("_message", "_placeholders")

    def __init__(self, message: str, placeholders: Mapping[str, Any]) -> None:
        self._message = message
        self._placeholders = placeholders

    def __str__(self) -> str:
        return gettext(self._message, **self._placeholders)

    def __repr__(self) -> str:
        return f"LazyText({self._message!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __bool__(self) -> bool:
        return bool(self._message)

    def __eq__(self, other: object) -> bool:
        """Compare what is shown, so that a text can stand wherever a plain one stood."""
        return str(self) == str(other) if isinstance(other, LazyText | str) else NotImplemented

    # What is shown depends on the locale, so there is no lasting hash.
    __hash__ = None  # type: ignore[assignment]


def lazy_gettext(message: str, **placeholders: Any) -> LazyText:
    """Return a text that is rendered in the locale of the moment at which it is shown."""
    return LazyText(message, placeholders)


def direction(code: str) -> Literal["ltr", "rtl"]:
    """Return the direction in which a locale is written."""
    return "rtl" if _babel_locale(code).text_direction == "rtl" else "ltr"


def own_name(code: str) -> str:
    """Return what a language calls itself, for a list to choose from."""
    locale = _babel_locale(code)
    name = locale.get_display_name(locale) or code
    return name[:1].upper() + name[1:]


@cache
def _babel_locale(code: str) -> Any:
    try:
        return babel.Locale.parse(code)
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale.parse(SOURCE)  # the pseudo-locale of the tests has no calendar of its own


def _now_locale() -> Any:
    return _babel_locale(_locale.get())


def _at(moment: int) -> datetime:
    """Return a time (ms UTC) in the zone of the reader."""
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(_zone.get())


def format_datetime(moment: int, width: Width = "medium") -> str:
    """Return a time (ms UTC) as date and time, to the minute."""
    locale = _now_locale()
    pattern = str(dates.get_datetime_format(width, locale=locale))
    time = str(dates.format_time(_at(moment), "short", locale=locale))
    return pattern.replace("{1}", format_date(moment, width)).replace("{0}", time).replace("'", "")


def format_date(moment: int, width: Width = "medium") -> str:
    """Return the day of a time (ms UTC)."""
    return str(dates.format_date(_at(moment), width, locale=_now_locale()))


def format_relative(moment: int, now: int) -> str:
    """Return how long ago, or how far ahead, a time is (ms UTC): `5 min ago`; beyond a week its day."""
    distance = moment - now
    if abs(distance) >= WEEK_MS:
        return format_date(moment)
    if -MINUTE_MS < distance <= 0:
        return gettext("just now")
    return _format_timedelta(distance, add_direction=True)


def format_duration(span: int) -> str:
    """Return a span (ms) in its largest unit, at least a minute."""
    return _format_timedelta(max(span, MINUTE_MS), add_direction=False)


def _format_timedelta(span: int, *, add_direction: bool) -> str:
    # Whole units: 90 minutes are an hour, not two.
    unit = next(size for size in (DAY_MS, HOUR_MS, MINUTE_MS, 1) if abs(span) >= size)
    whole = abs(span) // unit * unit
    text: str = dates.format_timedelta(
        timedelta(milliseconds=whole if span > 0 else -whole),
        threshold=1,
        granularity="minute",
        format="short" if add_direction else "long",
        add_direction=add_direction,
        locale=_now_locale(),
    )
    return text


def format_number(number: float) -> str:
    """Return a number with the digits and separators of the locale."""
    return str(numbers.format_decimal(number, locale=_now_locale()))


def format_percent(share: float) -> str:
    """Return a share between 0 and 1 as whole percents."""
    return str(numbers.format_percent(share, locale=_now_locale()))


def format_size(size: int) -> str:
    """Return a number of bytes in megabytes or gigabytes, with one digit after the point."""
    if size >= 1_000_000_000:
        amount, unit = round(size / 1_000_000_000, 1), "digital-gigabyte"
    else:
        amount, unit = max(0.1, round(size / 1_000_000, 1)), "digital-megabyte"
    return str(units.format_unit(amount, unit, "short", locale=_now_locale()))


def format_limit(size: int) -> str:
    """Return the largest size of a file, from `size` in bytes: in whole kilobytes below a megabyte."""
    if size >= 1_000_000:
        return format_size(size)
    return str(units.format_unit(size // 1_000, "digital-kilobyte", "short", locale=_now_locale()))


def format_list(items: Iterable[str]) -> str:
    """Return items in a row, joined as the locale joins them: `a, b, and c`."""
    return str(lists.format_list(list(items), locale=_now_locale()))
