"""The names of the languages of posts, each in its own language, for people to choose from."""

from __future__ import annotations

from functools import cache

from fedserver.on_demand import on_demand
from fedserver.text.languages import LANGUAGES

babel = on_demand("babel")


@cache
def list_language_names() -> tuple[tuple[str, str], ...]:
    """Return codes and names, sorted by name; the English name where the language has no data."""
    return tuple(
        sorted(((code, _find_name(code)) for code in LANGUAGES), key=lambda pair: pair[1].casefold())
    )


def _find_name(code: str) -> str:
    try:
        locale = babel.Locale.parse(code, sep="-")
        name = locale.get_display_name(locale)
    except (ValueError, babel.UnknownLocaleError):
        name = None
    return str(name or LANGUAGES[code])
