"""Texts of templates in the current locale: `trans` blocks and `gettext` calls of Jinja.

Jinja's own functions break a page if a translation has a wrong placeholder; these fall back to English.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from fedserver.text import locales


def install_texts(environment: Environment) -> None:
    """Make an environment with the i18n extension translate into the current locale."""
    # Newstyle: placeholders are keyword arguments, escaped where they are filled in.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    # Line breaks inside of a `trans` block are layout, not text.
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals.update(gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext)


def _fill(context: EvalContext, text: str, source: str, values: dict[str, Any]) -> str:
    if context.autoescape:
        # Catalogues are ours, so their tags are trusted; `%` of Markup escapes what is filled in.
        return locales.fill(Markup(text), Markup(source), values)
    return locales.fill(text, source, values)


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: Any) -> str:
    if not values and context.autoescape:
        return _fill_plain(locales.find_text(message), message)
    return _fill(context, locales.find_text(message), message, values)


@lru_cache(4_000)  # nearly all texts of a page have no placeholders, and each is there many times
def _fill_plain(text: str, source: str) -> Markup:
    return Markup(locales.fill(text, source, {}))


@pass_eval_context
def _pgettext(context: EvalContext, distinction: str, message: str, /, **values: Any) -> str:
    return _fill(context, locales.find_text(message, distinction), message, values)


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, number: int, /, **values: Any) -> str:
    # A counted number is shown with the digits and separators of the locale.
    formatted = {
        name: locales.format_number(value) if type(value) is int else value for name, value in values.items()
    }
    filled = {"num": locales.format_number(number), **formatted}
    source = singular if number == 1 else plural
    return _fill(context, locales.find_plural(singular, plural, number), source, filled)
