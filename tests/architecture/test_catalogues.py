"""The catalogues hold every text, and the check that says so finds what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from fedserver.text.locales import SOURCE, SUPPORTED
from tools import catalogues


def problems(
    source: str | tuple[str, str], text: str | tuple[str, ...], plurals: int = 2, **more: str
) -> str:
    message = Message(source, text, flags=more.get("flags", ()))
    return "; ".join(catalogues.find_message_problems(message, plurals))


def test_catalogues_hold_the_texts_of_the_source() -> None:
    assert list(catalogues.find_problems()) == []


def test_texts_with_a_percent_sign_keep_it() -> None:
    for message in catalogues.extract_texts():
        assert "%%%" not in str(message.id)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Hallo %(name)s", ""),
        ("", "is not translated"),
        ("Hallo", "other placeholders"),
        ("Hallo %(nome)s", "other placeholders"),
        ("Hallo %(name)s %(name)s", "other placeholders"),
        ("Hallo %(name)d", "percent sign"),
        ("Hallo %(name)s %", "percent sign"),
        ("<b>Hallo</b> %(name)s", "other tags"),
        ("Hallo&nbsp;%(name)s", "other tags"),
    ],
)
def test_check_with_a_wrong_translation_reports_it(text: str, problem: str) -> None:
    assert problem in problems("Hello %(name)s", text)
    assert bool(problem) == bool(problems("Hello %(name)s", text))


def test_check_with_a_changed_link_reports_it() -> None:
    assert "other tags" in problems('<a href="/a">A</a>', '<a href="/b">A</a>')


@pytest.mark.parametrize(
    ("forms", "plurals", "problem"),
    [
        (("%(num)s Beitrag", "%(num)s Beiträge"), 2, ""),
        (("ein Beitrag", "%(num)s Beiträge"), 2, ""),
        (("%(num)s Beitrag", ""), 2, "is not translated"),
        (("%(num)s Beitrag",), 2, "plural forms"),
        (("%(num)s", "%(num)s"), 6, "plural forms"),
        (("%(num)s Beitrag", "%(zahl)s Beiträge"), 2, "other placeholders"),
    ],
)
def test_check_counts_plural_forms(forms: tuple[str, ...], plurals: int, problem: str) -> None:
    found = problems(("%(num)s post", "%(num)s posts"), forms, plurals)
    assert problem in found
    assert bool(problem) == bool(found)


def test_check_with_a_fuzzy_translation_reports_it() -> None:
    message = Message("Home", "Heim", flags=["fuzzy"])
    assert list(catalogues.find_message_problems(message, 2)) == ["is fuzzy"]


def test_check_with_outdated_files_reports_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    catalogues.update()
    assert list(catalogues.find_problems(untranslated=True)) == []
    assert sum("is not translated" in problem for problem in catalogues.find_problems()) > 100
    path = catalogues.catalogue_path("de", "po")
    text = path.read_text()
    path.write_text(text.replace('msgid "About"\nmsgstr ""', 'msgid "About"\nmsgstr "Über uns"'))
    assert list(catalogues.find_problems(untranslated=True)) == [
        "de: the .mo is not what the .po compiles to; run `make catalogues`"
    ]
    catalogues.update()
    assert "Über uns" in path.read_text(), "what was translated stays"
    assert list(catalogues.find_problems(untranslated=True)) == []
    path.write_text(re.sub(r'msgid "About"\nmsgstr .*\n', "", path.read_text()))
    assert "de: lacks (None, 'About')" in list(catalogues.find_problems(untranslated=True))
    path.write_text(text.replace("nplurals=2", "nplurals=3"))
    assert any("Plural-Forms" in problem for problem in catalogues.find_problems(untranslated=True))
    template = catalogues.template_path()
    template.write_text(template.read_text().replace('msgid "About"', 'msgid "Around"'))
    found = [
        problem
        for problem in catalogues.find_problems(untranslated=True)
        if problem.startswith("fedserver.pot")
    ]
    assert len(found) == 2


def test_languages_but_english_have_catalogues() -> None:
    folders = {path.name for path in catalogues.FOLDER.iterdir() if path.is_dir()}
    assert folders == set(SUPPORTED) - {SOURCE}
