"""The language of the command line: that of the environment. In English a help loads no catalogue."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import click

from fedserver.on_demand import on_demand

MODULE = "fedserver.text.locales"
locales = on_demand(MODULE)
difflib = on_demand("difflib")
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


def gettext(message: str, **placeholders: Any) -> str:
    """Return an error in the current locale; unlike the help it may load the catalogues."""
    text: str = locales.gettext(message, **placeholders)
    return text


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


class ExtraArgumentsError(click.UsageError):
    """A command got more arguments than it takes."""

    def __init__(self, arguments: list[str], ctx: click.Context) -> None:
        super().__init__(" ".join(arguments), ctx)


class _NamedErrors:
    """A command whose errors have a context, so that they can be described in any language."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options and arguments. Raises click.UsageError, always with its context."""
        parent: Any = super()
        try:
            rest: list[str] = parent.parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise
        return rest


class Command(_NamedErrors, _TranslatedHelp, click.Command):
    """A command whose help is translated; its source is the docstring."""

    context_class = _Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options and arguments. Raises ExtraArgumentsError, of which click tells in English only."""
        ctx.allow_extra_args = True
        extra = super().parse_args(ctx, args)
        if extra and not ctx.resilient_parsing:
            raise ExtraArgumentsError(extra, ctx)
        return extra

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option `--help`, with its help in the current locale."""
        return _translate_help_option(super().get_help_option(ctx))


class Group(_NamedErrors, _TranslatedHelp, click.Group):
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


def describe_usage_error(error: click.UsageError) -> str:
    """Return what is wrong with the use of a command, and where its help is, in the current locale."""
    path = error.ctx.command_path if error.ctx is not None else "fedserver"
    hint = gettext("Read more with `%(command)s`.", command=f"{path} --help")
    return f"{_describe_problem(error)} {hint}"


def _describe_problem(error: click.UsageError) -> str:
    match error:
        case click.exceptions.NoSuchCommand(ctx=click.Context(command=click.Group() as group) as ctx):
            text = gettext("There is no command %(name)s.", name=error.command_name)
            return text + _suggest(error.command_name, group.list_commands(ctx))
        case click.NoSuchOption():
            text = gettext("There is no option %(name)s.", name=error.option_name)
            return text + _suggest(error.option_name, error.possibilities or ())
        case ExtraArgumentsError():
            return gettext("These arguments are too many: %(arguments)s.", arguments=error.message)
        case click.BadOptionUsage():
            return _describe_option_usage(error)
        case click.BadParameter(param=click.Parameter() as parameter):
            return _describe_value(error, parameter)
    return error.format_message()


def _suggest(name: str, known: Iterable[str]) -> str:
    """Return a sentence, with a space before it, about what may have been meant; '' without an idea."""
    close = difflib.get_close_matches(name, known, 1)
    return " " + gettext("Did you mean %(name)s?", name=close[0]) if close else ""


def _describe_option_usage(error: click.BadOptionUsage) -> str:
    parameters = error.ctx.command.params if error.ctx is not None else []
    named = next((item for item in parameters if error.option_name in item.opts), None)
    if isinstance(named, click.Option) and named.is_flag:
        return gettext("The option %(name)s takes no value.", name=error.option_name)
    return gettext("The option %(name)s needs a value.", name=error.option_name)


def _describe_value(error: click.BadParameter, parameter: click.Parameter) -> str:
    """Return what a parameter takes. What our own code says of a value is translated already, and stays."""
    # An option as it is written, an argument as the help names it.
    is_option = isinstance(parameter, click.Option)
    name = max(parameter.opts, key=len) if is_option else (parameter.name or "").upper()
    kind = parameter.type
    if isinstance(error, click.MissingParameter):
        return gettext("%(name)s is missing.", name=name)
    if isinstance(kind, click.Choice):
        choices = ", ".join(kind.choices)
        return gettext("%(name)s: Please write one of: %(choices)s.", name=name, choices=choices)
    if isinstance(kind, click.File | click.Path):
        return gettext("%(name)s: There is no such file that can be read.", name=name)
    if kind is click.INT:
        return gettext("%(name)s: Please write a whole number.", name=name)
    return f"{name}: {error.message}"


command: Callable[..., Callable[..., Command]] = partial(click.command, cls=Command)
group: Callable[..., Callable[..., Group]] = partial(click.group, cls=Group)
option: Callable[..., Callable[..., Any]] = partial(click.option, cls=Option)
json_option = option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")


def print_json(value: Any) -> None:
    """Write a value as one line of JSON to standard output, with the letters as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))
