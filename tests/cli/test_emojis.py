"""`fedserver emoji …`: added, listed, disabled and removed without a running node."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from fedserver.cli.commands import main
from tests.kit.pictures import make_picture


def test_emoji_is_added_listed_disabled_and_removed(tmp_path: Path) -> None:
    config, picture = tmp_path / "fedserver.toml", tmp_path / "fox.png"
    config.write_text(
        f'[database]\nurl = "sqlite:{tmp_path}/node.sqlite3"\n[media]\nstore = "file:{tmp_path}/media"\n'
    )
    picture.write_bytes(make_picture())
    runner, given = CliRunner(), ["--config", str(config)]

    def run(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(main, ["emoji", *arguments, *given])
        return result.exit_code, result.output

    assert run("add", ":fox:", str(picture), "--category", "Animals")[0] == 0
    assert run("list") == (0, "fox\tAnimals\tenabled\n")
    status, output = run("add", "fox", str(picture))
    assert status == 1
    assert "already" in output
    assert run("disable", "fox")[0] == 0
    assert run("list") == (0, "fox\tAnimals\tdisabled\n")
    assert run("enable", "fox")[0] == 0
    assert run("copy", "blob", "@bob@beta.test", "--as", "drop")[0] == 0
    assert run("remove", "fox")[0] == 0
    assert run("list") == (0, "")
    assert run("remove", "fox")[0] == 1
