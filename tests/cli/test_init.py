"""`fedserver init`: what people enter as the domain, and what is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main


@pytest.mark.parametrize(
    ("entered", "domain"),
    [
        ("commons.example", "commons.example"),
        ("Commons.Example", "commons.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Bücher.Example.", "xn--bcher-kva.example"),
    ],
)
def test_init_writes_the_domain_as_other_servers_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entered: str, domain: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, ["init", "--domain", entered])
    assert ended.exit_code == 0, ended.output
    assert (f"The domain is written {domain}" in ended.output) is (entered != domain)
    node = tomllib.loads((tmp_path / "fedserver.toml").read_text())["node"]
    assert (node["domain"], node["base_url"]) == (domain, f"https://{domain}")


@pytest.mark.parametrize(
    "entered", ["", "a..b", "xn--a.example", "https://commons.example", "@commons.example", "a b"]
)
def test_init_refuses_what_is_no_domain_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entered: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, ["init", "--domain", entered])
    assert (ended.exit_code, ended.stderr.count("\n")) == (1, 1)
    assert "Please write one in lower case, like commons.example." in ended.stderr
    assert list(tmp_path.iterdir()) == []
