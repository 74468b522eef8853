"""`fedserver peer import` and `export`: shown, asked, done, and written as it was read."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main

LIST = (
    "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
    'loud.test,silence,true,false,"Loud, and long",false\nspam.test,suspend,false,false,,true\n'
)


def test_peer_lists_are_imported_and_exported(tmp_path: Path) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n')
    runner, given = CliRunner(), ["--config", str(config)]
    asked = runner.invoke(main, ["peer", "import", "-", *given], input=LIST)
    assert asked.exit_code == 1
    assert "New peers: 2" in asked.output
    assert "spam.test\tblock" in asked.output
    assert "spam.test" not in runner.invoke(main, ["peer", "export", *given]).output
    done = runner.invoke(main, ["peer", "import", "-", "--yes", *given], input=LIST)
    assert done.exit_code == 0
    assert "2 peers are changed" in done.output
    assert (
        runner.invoke(main, ["peer", "import", "-", "--allow", "--yes", *given], input="a.test").exit_code
        == 0
    )
    assert runner.invoke(main, ["peer", "export", *given]).output == LIST
    assert runner.invoke(main, ["peer", "export", "--allow", *given]).output == "#domain\na.test\n"
    again = runner.invoke(main, ["peer", "import", "-", "--yes", *given], input=LIST)
    assert again.exit_code == 0
    assert "There already: 2" in again.output
    wrong = runner.invoke(main, ["peer", "import", "-", *given], input="nothing here")
    assert wrong.exit_code == 1
    assert "No domain was found" in wrong.output


def test_block_has_a_public_comment_that_a_new_decision_keeps(tmp_path: Path) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n')
    runner, given = CliRunner(), ["--config", str(config)]

    def run(*arguments: str) -> str:
        result = runner.invoke(main, ["peer", *arguments, *given])
        assert result.exit_code == 0, result.output
        return result.output

    run("block", "spam.test", "--reason", "Seen by us", "--public-comment", "Unasked advertising")
    assert "spam.test,suspend,false,false,Unasked advertising,false" in run("export")
    run("limit", "spam.test")
    assert "spam.test,silence,false,false,Unasked advertising,false" in run("export")
    run("block", "spam.test", "--public-comment", "")
    assert "spam.test,suspend,false,false,,false" in run("export")


def test_peer_in_another_script_is_decided_about_in_its_normal_form(tmp_path: Path) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n')
    runner, options = CliRunner(), ["--config", str(config)]
    blocked = runner.invoke(main, ["peer", "block", "Bücher.Example.", *options])
    assert "The decision about xn--bcher-kva.example is: block" in blocked.output
    assert "xn--bcher-kva.example\tblock" in runner.invoke(main, ["peer", "list", *options]).output
    listed = runner.invoke(
        main, ["peer", "import", "-", *options], input="bücher.example\nb@d..x\nxn--a.example\n"
    )
    assert "There already: 1" in listed.output
    assert "Rows that cannot be read: 2" in listed.output
    assert runner.invoke(main, ["peer", "remove", "BÜCHER.example", *options]).exit_code == 0
    for odd in ("xn--a.example", "a..b", "a b", "[", "1א.example", "x" * 300):
        refused = runner.invoke(main, ["peer", "block", odd, *options])
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), odd
        assert "Please enter a domain" in refused.stderr


@pytest.mark.parametrize("name", ["commons.example", "Commons.Example.", "example"])
def test_own_domain_is_neither_blocked_nor_limited(tmp_path: Path, name: str) -> None:
    config = tmp_path / "fedserver.toml"
    config.write_text(
        '[node]\ndomain = "commons.example"\nbase_url = "https://commons.example"\n'
        f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n'
    )
    runner, given = CliRunner(), ["--config", str(config)]
    for command in ("block", "limit"):
        refused = runner.invoke(main, ["peer", command, name, *given])
        assert refused.exit_code == 1
        assert "is this server itself, or covers it" in refused.output
    assert runner.invoke(main, ["peer", "list", *given]).output == ""
    imported = runner.invoke(main, ["peer", "import", "-", "--yes", *given], input=f"{name}\nb.test\n")
    assert "New peers: 1" in imported.output
    for other in ("blog.commons.example", "example.org", "notcommons.example", "commons.example.org"):
        assert runner.invoke(main, ["peer", "block", other, *given]).exit_code == 0
