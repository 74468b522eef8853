"""The language of the command line: that of the environment. English, the source, loads nothing."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import click

from fedserver.on_demand import on_demand

MODULE = "fedserver.text.locales"
locales = on_demand(MODULE)
json = on_demand("json")  # takes longer to load than a list of commands to write
# In the order of precedence (POSIX.1-2017, section 8.2).
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
# Texts of click itself in the help of every command; tools/catalogues.py collects them.
CLICK_TEXTS = ("Usage:", "Options", "Arguments", "Commands", "Show this message and exit.")


def find_language(environ: Mapping[str, str]) -> str:
    """Return the language that the environment asks for, as `de` of `de_AT.UTF-8`; '' for English."""
    name = next((environ[variable] for variable in VARIABLES if environ.get(variable)), "")
    language = name.partition(".")[0].partition("@")[0].partition("_")[0].lower()
    return "" if language in ("c", "posix", "en") else language


def use_language(environ: Mapping[str, str]) -> AbstractContextManager[None]:
    """Return a block in which texts are in the language of the environment, if there is a catalogue."""
    language = find_language(environ)
    if not language and MODULE not in sys.modules:
        return nullcontext()
    block: AbstractContextManager[None] = locales.use_locale(locales.negotiate("", language, ""))
    return block


def translate_help(text: str) -> str:
    """Return a text of the help in the current locale."""
    # Where the module is not loaded, no other locale than English was set.
    if MODULE not in sys.modules:
        return text
    translated: str = locales.find_text(text)
    return translated


class _TranslatedHelp:
    """A help text that is translated whenever it is read."""

    _source: str | None = None

    @property
    def help(self) -> str | None:
        """The help in the current locale."""
        return translate_help(self._source) if self._source else self._source

    @help.setter
    def help(self, source: str | None) -> None:
        # A docstring has the indentation of its function before Python 3.13.
        self._source = inspect.cleandoc(source) if source else source


class _Formatter(click.HelpFormatter):
    """A formatter that translates the headings of click."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line with the usage."""
        super().write_usage(prog, args, prefix or f"{translate_help('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        super().write_heading(translate_help(heading))


class _Context(click.Context):
    """A context whose help is written by our formatter."""

    formatter_class = _Formatter


class Option(_TranslatedHelp, click.Option):
    """An option whose help is translated."""


class Command(_TranslatedHelp, click.Command):
    """A command whose help is translated; its source is the docstring."""

    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option `--help`, with its help in the current locale."""
        return _translate_help_option(super().get_help_option(ctx))


class Group(_TranslatedHelp, click.Group):
    """A group whose help is translated, with commands of our class."""

    context_class = _Context
    command_class = Command

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option `--help`, with its help in the current locale."""
        return _translate_help_option(super().get_help_option(ctx))


def _translate_help_option(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = translate_help(CLICK_TEXTS[-1])
    return option


command: Callable[..., Callable[..., Command]] = partial(click.command, cls=Command)
group: Callable[..., Callable[..., Group]] = partial(click.group, cls=Group)
option: Callable[..., Callable[..., Any]] = partial(click.option, cls=Option)
json_option = option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")


def print_json(value: Any) -> None:
    """Write a value as one line of JSON to standard output, with the letters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
