"""`fedserver settings …`: shown, changed, exported and imported; errors are one line."""

from __future__ import annotations

from pathlib import Path

from tests.kit import operators


def test_settings_are_changed_from_the_command_line(tmp_path: Path) -> None:
    folder = operators.make_node(tmp_path / "node", f"sqlite:{tmp_path}/node.sqlite3")

    def run(*arguments: str, status: int = 0) -> str:
        result = operators.call(folder, "settings", *arguments)
        assert result.exit_code == status, result.output
        return result.output

    assert run("get", "community.title") == "A community\n"
    changed = run("set", "community.title", "Library", "--reason", "we moved")
    assert "community.title: “A community” → “Library”" in changed
    run("set", "community.languages", "en,de")
    assert run("get", "community.languages", "--json") == '["en", "de"]\n'
    run("set", "community.rules", '["Be kind", {"text": "No spam", "hint": "ever"}]')
    assert 'community.languages = ["en", "de"]\n' in run("get")
    # Without numbers, a rule with the same text is the same one, and no number is used again.
    run("set", "community.rules", '["New", "Be kind"]')
    assert '"text":"New","hint":"","number":3' in run("get", "community.rules")
    for arguments, error in (
        (("set", "community.titel", "x"), "Did you mean community.title?"),
        (("set", "limits.poll_options", "1"), "limits.poll_options: Please write at least 2."),
        (("set", "federation.mode", "ajar"), "federation.mode: This value cannot be used"),
        (("set", "community.logo", "cat.png"), "community.logo: Please upload the picture in the console."),
        (("set", "registration.mode", "closed"), "registration.mode: No owner can log in."),
        (("get", "node.domain"), "There is no key node.domain."),
    ):
        output = run(*arguments, status=1)
        assert error in output
        assert output.rstrip().splitlines()[-1].startswith("Error: ")
    # It asks before people are shut out, and nothing is changed without an answer.
    assert "Change it anyway?" in run("set", "federation.mode", "closed", status=1)
    run("set", "federation.mode", "closed", "--yes")
    exported = run("export")
    file = tmp_path / "settings.toml"
    file.write_text(exported.replace('"Library"', '"Archive"') + '[legal_texts]\nprivacy = "# We"\n')
    assert "2 changes.\nNothing was changed.\n" in run("import", str(file), "--dry-run")
    assert run("get", "community.title") == "Library\n"
    run("import", str(file), "--reason", "again")
    assert run("get", "community.title") == "Archive\n"
    assert "No changes." in run("import", str(file))
    file.write_text('[mail]\nhost = "mail.test"\n')
    assert "There is no key mail.host." in run("import", str(file), status=1)
    assert operators.call(folder, "log", "verify").exit_code == 0


def test_first_values_come_from_the_configuration_and_later_ones_are_ignored(tmp_path: Path) -> None:
    folder = operators.make_node(tmp_path / "node", f"sqlite:{tmp_path}/node.sqlite3")
    config = folder / "fedserver.toml"
    config.write_text(config.read_text() + '[community]\ntitle = "First"\n')
    assert operators.call(folder, "settings", "get", "community.title").output == "First\n"
    later = operators.call(folder, "settings", "get", "community.title", FEDSERVER_COMMUNITY_TITLE="Later")
    assert later.output == "First\n"
