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


@pytest.mark.parametrize(
    ("base_url", "listen"),
    [
        ("http://localhost:8431", "127.0.0.1:8431"),
        ("http://node.localhost:8431", "127.0.0.1:8431"),
        ("http://127.0.0.2:9000", "127.0.0.2:9000"),
        ("http://[::1]:8431", "[::1]:8431"),
        ("http://localhost", "127.0.0.1:80"),
        ("https://localhost:8443", "127.0.0.1:8420"),
        ("", "127.0.0.1:8420"),
    ],
)
def test_init_listens_where_the_address_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base_url: str, listen: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(main, ["init", "--domain", "localhost", "--base-url", base_url])
    assert ended.exit_code == 0, ended.output
    assert tomllib.loads((tmp_path / "fedserver.toml").read_text())["node"]["listen"] == listen
