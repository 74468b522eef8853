"""Catalogues of translations: extract the texts, update the languages, compile, and check.

`python -m tools.catalogues` writes fedserver/locales; with `--check` it writes nothing, prints what is
wrong and fails. `--untranslated` allows empty texts, which is how a language starts.
"""

from __future__ import annotations

import argparse
import gettext
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from fedserver.cli.commands import COMMANDS
from fedserver.cli.commands import main as main_command
from fedserver.cli.language import CLICK_TEXTS
from fedserver.text.locales import DOMAIN, SOURCE, SUPPORTED

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / DOMAIN
FOLDER = SOURCES / "locales"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.xml", "jinja2")]
# As the environment of `fedserver/web/html.py` is set up, or other texts would be found than are shown.
OPTIONS = {
    "**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"},
    "**/templates/**.xml": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"},
}
# Errors of code that knows no locale, by name: their texts are translated where they are shown.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "MarkedText": None,
    "Question": None,
    "ChainBrokenError": None,
    "ConfigError": None,
    "UnacceptableFileError": None,
    "FileLimitError": (1, 2),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# What is left when placeholders and doubled percent signs are gone must hold no percent sign.
PERCENT = re.compile(r"%%|%\(\w+\)s")
TAG = re.compile(r"</?[a-z][^<>]*>|&[a-z]+;")


@cache
def extract_texts() -> Catalog:
    """Return every text that is marked in Python modules and templates, read once a process."""
    # Neither dates nor places: the file changes when a text does, and not when a module moves.
    catalogue = Catalog(domain=DOMAIN, project=DOMAIN, fuzzy=False)
    messages = extract_from_dir(
        SOURCES, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for _, _, message, comments, context in messages:
        catalogue.add(message, None, auto_comments=comments, context=context)
    summaries = (entry.summary for entry in COMMANDS.values())
    for text in (*CLICK_TEXTS, *summaries, *find_help_texts(main_command, "fedserver")):
        catalogue.add(text, None)
    return catalogue


def find_help_texts(command: click.Command, name: str) -> Iterator[str]:
    """Yield the help of a command, of its options, and of all commands below it."""
    context = click.Context(command, info_name=name)
    if command.help:
        yield command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help and not parameter.hidden:
            yield parameter.help
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            assert child is not None
            yield from find_help_texts(child, child_name)


def template_path() -> Path:
    """Return the path of the file with all source texts."""
    return FOLDER / f"{DOMAIN}.pot"


def catalogue_path(code: str, ending: str) -> Path:
    """Return the path of a language's catalogue: `po` for translators, `mo` for the server."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def read_catalogue(path: Path, code: str | None = None) -> Catalog:
    """Return the catalogue in a file."""
    with path.open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN, abort_invalid=True)


def update() -> None:
    """Write the source texts, merge them into every language, and compile each."""
    template = extract_texts()
    FOLDER.mkdir(exist_ok=True)
    _write(template_path(), template)
    for code in SUPPORTED:
        if code == SOURCE:
            continue
        path = catalogue_path(code, "po")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            catalogue = read_catalogue(path, code)
            # A changed text is translated again: a near miss would pass for a translation.
            catalogue.update(template, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
        else:
            catalogue = Catalog(locale=code, domain=DOMAIN, project=DOMAIN, fuzzy=False)
            catalogue.update(template, no_fuzzy_matching=True)
        _write(path, catalogue)
        catalogue_path(code, "mo").write_bytes(_compile(read_catalogue(path, code)))


def _write(path: Path, catalogue: Catalog) -> None:
    text = io.BytesIO()
    write_po(
        text,
        catalogue,
        width=110,
        no_location=True,
        omit_header=False,
        sort_output=True,
        ignore_obsolete=True,
    )
    path.write_text(_without_dates(text.getvalue().decode()), encoding="utf-8")


def _without_dates(text: str) -> str:
    """Return a catalogue without the header lines that change by themselves, or that say nothing."""
    changing = ("POT-Creation-Date:", "PO-Revision-Date:", "Generated-By:")
    empty = ("Project-Id-Version:", "Report-Msgid-Bugs-To:", "Last-Translator:", "Language-Team:")
    dropped = tuple(f'"{name}' for name in (*changing, *empty))
    lines = [line for line in text.splitlines() if not line.startswith(dropped)]
    return "\n".join(line for line in lines if not line.startswith("# ")).lstrip("#\n") + "\n"


def _compile(catalogue: Catalog) -> bytes:
    # A plural of which a form is missing would be filled up with English: leave it to the source as a whole.
    whole = Catalog(locale=catalogue.locale, domain=DOMAIN)
    for message in catalogue:
        if message.id and not message.fuzzy and all(_forms(message.string)):
            whole.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    return compiled.getvalue()


def find_problems(*, untranslated: bool = False) -> Iterator[str]:
    """Yield what is wrong with the files, a line each."""
    extracted = extract_texts()
    known = {key(message) for message in read_catalogue(template_path()) if message.id}
    texts = {key(message) for message in extracted if message.id}
    for missing in sorted(texts - known, key=repr):
        yield f"{DOMAIN}.pot lacks {missing!r}; run `make catalogues`"
    for spare in sorted(known - texts, key=repr):
        yield f"{DOMAIN}.pot has {spare!r}, which no module or template says; run `make catalogues`"
    for message in extracted:
        for source in _forms(message.id):
            if "%" in PERCENT.sub("", source):
                yield f"source: {source!r} has a percent sign that is neither %(name)s nor %%"
    for code in SUPPORTED:
        if code != SOURCE:
            yield from find_catalogue_problems(code, texts, untranslated=untranslated)


def find_catalogue_problems(
    code: str, texts: set[tuple[str | None, object]], *, untranslated: bool
) -> Iterator[str]:
    """Yield what is wrong with one language."""
    catalogue = read_catalogue(catalogue_path(code, "po"), code)
    plain = Catalog(locale=code)
    if (catalogue.num_plurals, catalogue.plural_expr) != (plain.num_plurals, plain.plural_expr):
        yield f"{code}: Plural-Forms must be {plain.plural_forms}"
    messages = [message for message in catalogue if message.id]
    for missing in sorted(texts - {key(message) for message in messages}, key=repr):
        yield f"{code}: lacks {missing!r}"
    for spare in sorted({key(message) for message in messages} - texts, key=repr):
        yield f"{code}: has {spare!r}, which is not a text any more"
    for message in messages:
        yield from (
            f"{code}: {_forms(message.id)[0]!r} {problem}"
            for problem in find_message_problems(message, plain.num_plurals, untranslated=untranslated)
        )
    if not _same_texts(catalogue, catalogue_path(code, "mo")):
        yield f"{code}: the .mo is not what the .po compiles to; run `make catalogues`"


def find_message_problems(message: Message, plurals: int, *, untranslated: bool = False) -> Iterator[str]:
    """Yield what is wrong with one translation."""
    forms = _forms(message.string)
    if message.fuzzy:
        yield "is fuzzy"
    if not any(forms) and untranslated:
        return
    if not all(form.strip() for form in forms):
        yield "is not translated"
        return
    if message.pluralizable and len(forms) != plurals:
        yield f"has {len(forms)} plural forms, not {plurals}"
    sources = _forms(message.id)
    for form in forms:
        yield from _form_problems(form, sources)


def _form_problems(form: str, sources: list[str]) -> Iterator[str]:
    # A plural form may do without a placeholder as one of the sources does ("one reply"), so each
    # form has to agree with one of them.
    if "%" in PERCENT.sub("", form):
        yield f"has a percent sign that is neither %(name)s nor %% in {form!r}"
    wanted = [Counter(PLACEHOLDER.findall(source)) for source in sources]
    if Counter(PLACEHOLDER.findall(form)) not in wanted and not _may_spell_number(form, sources):
        yield f"has other placeholders in {form!r}"
    if Counter(TAG.findall(form)) not in [Counter(TAG.findall(source)) for source in sources]:
        yield f"has other tags in {form!r}"


def _may_spell_number(form: str, sources: list[str]) -> bool:
    """Return True if a plural form lacks nothing but the number, as Arabic spells out one and two."""
    if len(sources) < 2:
        return False
    lacking = Counter(PLACEHOLDER.findall(sources[-1])) - Counter(PLACEHOLDER.findall(form))
    extra = Counter(PLACEHOLDER.findall(form)) - Counter(PLACEHOLDER.findall(sources[-1]))
    return not extra and set(lacking) <= {"count", "num"}


def key(message: Message) -> tuple[str | None, object]:
    """Return what distinguishes texts: the context and the source, with its plural."""
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def _forms(text: str | list[str] | tuple[str, ...]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _same_texts(catalogue: Catalog, compiled: Path) -> bool:
    """Return True if a compiled file holds the texts of a catalogue, whatever wrote its header."""
    if not compiled.exists():
        return False
    with compiled.open("rb") as file:
        compiled_texts = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    expected = gettext.GNUTranslations(io.BytesIO(_compile(catalogue)))._catalog  # type: ignore[attr-defined]
    return {name: text for name, text in compiled_texts.items() if name} == {
        name: text for name, text in expected.items() if name
    }


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="tools.catalogues", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something is wrong")
    parser.add_argument("--untranslated", action="store_true", help="texts may be empty")
    options = parser.parse_args(arguments)
    if not options.check:
        update()
        return 0
    problems = list(find_problems(untranslated=options.untranslated))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
