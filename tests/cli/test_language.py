"""The language of the command line is that of the environment; English loads no catalogue."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main
from fedserver.cli.language import find_language
from fedserver.config import load
from fedserver.config_values import ConfigError
from fedserver.domain.audit_log.hash_chain import ChainBrokenError
from fedserver.media.errors import FileLimitError, UnacceptableFileError
from fedserver.text.locales import translate, use_locale
from tests.kit import pseudo
from tests.kit.pseudo import add_accents

LOCALE = "xx_XX.UTF-8"
# Names and types that click and the shell read.
KNOWN = re.compile(r"--[\w-]+|\[[^\]]*\]|\b[A-Z][A-Z_]+\b|\bfedserver\S*|\b(main|python)\b")


@pytest.fixture
def pseudo_locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Yield the environment of an operator who reads the pseudo-locale."""
    with pseudo.spoken(monkeypatch):
        yield {"LC_ALL": LOCALE, "LANG": "C"}


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, ""),
        ({"LANG": "C"}, ""),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "POSIX"}, ""),
        ({"LANG": "en_GB.UTF-8"}, ""),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "fr", "LC_MESSAGES": "de_DE@euro"}, "de"),
        ({"LANG": "fr", "LC_MESSAGES": "es", "LC_ALL": "ar"}, "ar"),
        ({"LANG": "fr", "LC_ALL": "C"}, ""),
        ({"LANG": "fr", "LC_ALL": ""}, "fr"),
    ],
)
def test_find_language_takes_the_first_variable_that_is_set(environ: dict[str, str], language: str) -> None:
    assert find_language(environ) == language


def test_help_in_the_pseudo_locale_has_accents(pseudo_locale: dict[str, str]) -> None:
    output = CliRunner().invoke(main, ["--help"], env=pseudo_locale).output
    for text in ("Usage:", "Options:", "Commands:", "Add, list and change members.", "Show the version"):
        assert add_accents(text) in output
        assert text not in output


@pytest.mark.parametrize("command", ["member add", "peer import", "log verify", "db restore", "run", "init"])
def test_help_of_a_command_in_the_pseudo_locale_has_no_plain_word(
    pseudo_locale: dict[str, str], command: str
) -> None:
    output = CliRunner().invoke(main, [*command.split(), "--help"], env=pseudo_locale).output
    lines = [line for line in output.splitlines() if not line.startswith(add_accents("Usage:"))]
    words = {word for line in lines for word in re.findall(r"[A-Za-z]{4,}", KNOWN.sub("", line))}
    assert words == set()


def test_error_of_the_configuration_in_the_pseudo_locale_has_accents(
    pseudo_locale: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "fedserver.toml"
    path.write_text("[node]\ndomain = 'a..b'\n[limits]\npoll_seconds_most = 9000\n")
    ended = CliRunner().invoke(main, ["check", "--config", str(path)], env=pseudo_locale)
    assert add_accents("has a new name. Please write") in ended.stderr
    assert add_accents("node.domain:") + " 'a..b' " + add_accents("is not a host name.") in ended.stderr


def test_error_of_a_command_in_the_pseudo_locale_has_accents(
    pseudo_locale: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "fedserver.toml"
    path.write_text("")
    ended = CliRunner().invoke(main, ["db", "backup", str(path), "--config", str(path)], env=pseudo_locale)
    assert add_accents("exists already. Please choose another name.") in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ("mumber", ["There is no command", "Did you mean", "Read more with"]),
        ("member show", ["is missing.", "Read more with"]),
        ("member role ann boss", ["Please write one of:"]),
        ("member show a b", ["These arguments are too many:"]),
        ("init --domain", ["The option", "needs a value."]),
    ],
)
def test_wrong_use_in_the_pseudo_locale_has_accents(
    pseudo_locale: dict[str, str], arguments: str, texts: list[str]
) -> None:
    ended = CliRunner().invoke(main, arguments.split(), env=pseudo_locale)
    assert ended.exit_code == 2
    for text in texts:
        assert add_accents(text) in ended.stderr
        assert text not in ended.stderr


def test_texts_after_a_command_in_another_language_are_english(pseudo_locale: dict[str, str]) -> None:
    CliRunner().invoke(main, ["--help"], env=pseudo_locale)
    output = CliRunner().invoke(main, ["--help"], env={"LC_ALL": "", "LC_MESSAGES": "", "LANG": "C"}).output
    assert "Show this message and exit." in output


@pytest.mark.parametrize(
    "error",
    [
        UnacceptableFileError("There is neither video nor audio in this file."),
        ChainBrokenError("Entry %(number)s is missing.", number=3),
        FileLimitError(
            "This file is longer than %(count)s minute. Please shorten it.",
            "This file is longer than %(count)s minutes. Please shorten it.",
            count=5,
        ),
    ],
)
def test_error_that_was_pickled_is_translated_where_it_is_shown(
    pseudo_locale: dict[str, str], error: UnacceptableFileError | ChainBrokenError
) -> None:
    error = pickle.loads(pickle.dumps(error))
    with use_locale(pseudo.CODE):
        assert translate(error.text) == add_accents(str(error))
    assert translate(error.text) == str(error)


def test_error_of_the_configuration_as_a_string_is_english(pseudo_locale: dict[str, str]) -> None:
    with use_locale(pseudo.CODE), pytest.raises(ConfigError, match="Please write true or false, not 'maybe'"):
        load(None, {"FEDSERVER_FEDERATION_ALLOW_HTTP": "maybe"})


@pytest.mark.parametrize(("language", "loaded"), [("C", False), ("en_US.UTF-8", False), ("de", True)])
def test_help_loads_catalogues_only_for_other_languages(language: str, loaded: bool) -> None:
    code = (
        "import sys\nfrom fedserver.cli.commands import main\n"
        "try:\n    main()\nfinally:\n    print('modules:', *sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={"LANG": language, "PYTHONPATH": ":".join(sys.path)},
    )
    modules = set(ended.stdout.partition("modules:")[2].split())
    assert ("fedserver.text.locales" in modules) is loaded
    assert "babel" not in modules
