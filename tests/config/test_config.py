"""Configuration: what is written is what is used, and mistakes are told with their place."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main
from fedserver.cli.configuration import read_config
from fedserver.config import RENAMED_KEYS, Config, load
from fedserver.config_values import ConfigError
from fedserver.marked_text import MarkedText
from tests.kit import tls

WRONG_DOMAINS = (
    "a..b", "-x.example", "x-.example", ".example", "example.", "a_b.example", "x" * 64 + ".example", "",
    "a b", "commons.example:", "commons.example:70000", ":80", "a/b", "a@b", "exämple.test",
    ".".join(["abc"] * 70),
)  # fmt: skip
RIGHT_DOMAINS = (
    "commons.example",
    "localhost:8420",
    "a-b.example",
    "xn--exmple-cua.test",
    "x1.example",
    "127.0.0.1",
)


def write(folder: Path, text: str) -> Path:
    path = folder / "fedserver.toml"
    path.write_text(text)
    return path


def test_defaults_need_no_file() -> None:
    config = load(None, {})
    assert config.node.base_url == "http://localhost:8420"
    assert config.database.url == "sqlite:data/fedserver.sqlite3"
    assert config.registration.mode == "invite"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load(write(tmp_path, '[database]\nurl = "sqlite:x.db"\n[media]\nstore = "file:m"\n'), {})
    assert config.database.url == f"sqlite:{tmp_path}/x.db"
    assert config.media.store == f"file:{tmp_path}/m"
    assert config.node.data_dir == f"{tmp_path}/data"


def test_the_environment_overrides(tmp_path: Path) -> None:
    environ = {
        "FEDSERVER_NODE_LISTEN": "0.0.0.0:1",
        "FEDSERVER_FEDERATION_ALLOW_NETWORKS": "127.0.0.0/8, 10.0.0.0/8",
        "FEDSERVER_FEDERATION_ALLOW_HTTP": "true",
        "FEDSERVER_LIMITS_POST_CHARACTERS": "7",
        "FEDSERVER_CONFIG": "x",
        "FEDSERVER_TEST_POSTGRES": "y",
    }
    config = load(write(tmp_path, '[node]\nlisten = "127.0.0.1:9"\n'), environ)
    assert config.node.listen == "0.0.0.0:1"
    assert config.federation.allow_networks == ("127.0.0.0/8", "10.0.0.0/8")
    assert config.federation.allow_http is True
    assert config.limits.post_characters == 7


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hush\n")
    text = '[mail]\nhost = "mail.example"\nsender = "a@b.example"\npassword_file = "pw"\n'
    assert load(write(tmp_path, text), {}).mail.password == "hush"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[node]\ndomian = 'x'", "node.domian: There is no key node.domian. Did you mean domain?"),
        ("[nod]\ndomain = 'x'", "nod: There is no key nod. Did you mean node?"),
        (
            "[node]\nprocesses = 'two'",
            "node.processes: This value cannot be used (Expected `int`, got `str`).",
        ),
        (
            "[federation]\nmode = 'ajar'",
            "federation.mode: This value cannot be used (Invalid enum value 'ajar').",
        ),
        ("[node]\nbase_url = 'http://commons.example'", "Please write an https address"),
        ("[node]\nbase_url = 'https://commons.example/x'", "without a path"),
        ("[node]\ndomain = 'Commons.Example'", "lower case"),
        ("[node]\ndomain = 'Commons.Example'", "Please write commons.example in place of"),
        ("[node]\ndomain = 'bücher.example'", "Please write xn--bcher-kva.example in place of"),
        ("[node]\ndomain = 'commons.example:443'", "Please write commons.example in place of"),
        (
            "[node]\nbase_url = 'https://Bücher.example/'",
            "https://xn--bcher-kva.example in place",
        ),
        ("[node]\nbase_url = 'https://xn--a.example'", "node.base_url: 'xn--a.example' is not a host name"),
        (
            "[mail]\nhost = 'mail.example'\nsender = 'A <a@bücher.example>'",
            "mail.sender: Please write A <a@xn--bcher-kva.example> in place of",
        ),
        ("[mail]\nhost = 'mail.example'\nsender = 'a@b..c'", "mail.sender: Please write the address"),
        (
            "[mail]\nhost = 'bücher.example'\nsender = 'a@b.example'",
            "mail.host: Please write xn--bcher-kva.example",
        ),
        *((f"[node]\ndomain = '{each}'", "node.domain: ") for each in WRONG_DOMAINS),
        ("[node]\nbase_url = 'https://a..b'", "node.base_url: 'a..b' is not a host name"),
        ("[node]\nbase_url = 'https://-x.example'", "node.base_url: '-x.example' is not a host name"),
        ("[node]\nlisten = '8420'", "host:port"),
        (
            "[node]\ndefault_locale = 'tlh'",
            "node.default_locale: There is no language 'tlh'. Please choose one of ar, de, en",
        ),
        ("[node]\nprocesses = 2", "needs PostgreSQL"),
        ("[database]\nurl = 'mysql://x'", "database.url"),
        ("[federation]\nallow_networks = ['10.0.0.0/99']", "federation.allow_networks"),
        ("[limits]\npost_characters = 0", "limits.post_characters"),
        ("[node\n", "not valid TOML"),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(write(tmp_path, text), {})
    assert told in str(raised.value)
    assert "\n" not in str(raised.value).partition("not valid TOML")[0]


def test_a_missing_file_and_a_wrong_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no such file"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(ConfigError, match=r"There is no key node\.lissen\. Did you mean listen"):
        load(None, {"FEDSERVER_NODE_LISSEN": "x"})
    with pytest.raises(ConfigError, match="true or false"):
        load(None, {"FEDSERVER_FEDERATION_ALLOW_HTTP": "maybe"})


def test_the_defaults_of_the_structs_are_valid() -> None:
    assert load(None, {}).federation == Config().federation


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FEDSERVER_MAIL_PORT", "²", "mail.port: Please write a whole number"),
        ("FEDSERVER_MAIL_PORT", "--5", "mail.port: Please write a whole number"),
        ("FEDSERVER_NODE_LISTEN", "127.0.0.1:²", "node.listen: Please write host:port"),
        ("FEDSERVER_NODE_BASE_URL", "https://[::1", "node.base_url: 'https://[::1' is not an address"),
        ("FEDSERVER_NODE_BASE_URL", "https://commons.example:99999", "node.base_url"),
    ],
)
def test_invalid_values_of_the_environment_are_reported(name: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(None, {name: value})
    assert told in str(raised.value)


def test_value_in_the_place_of_a_section_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"node: Please write a section \[node\]"):
        load(write(tmp_path, "node = 3"), {"FEDSERVER_NODE_LISTEN": "127.0.0.1:1"})


def test_the_base_address_has_no_slash_at_its_end() -> None:
    config = load(None, {"FEDSERVER_NODE_BASE_URL": "https://commons.example/"})
    assert config.node.base_url == "https://commons.example"


@pytest.mark.parametrize("domain", RIGHT_DOMAINS)
def test_host_names_are_taken(domain: str) -> None:
    assert load(None, {"FEDSERVER_NODE_DOMAIN": domain}).node.domain == domain


def test_a_bundle_of_certificates_must_be_one(tmp_path: Path) -> None:
    path = write(tmp_path, '[federation]\nca_file = "ca.pem"\n')
    with pytest.raises(
        ConfigError, match=r"federation\.ca_file: There is no file .*/ca\.pem\. Please name a PEM file"
    ):
        load(path, {})
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(ConfigError, match=r"federation\.ca_file: The file .*/ca\.pem cannot be used"):
        load(path, {})
    (tmp_path / "ca.pem").write_text(Path(tls.write_ca_file()).read_text())
    assert load(path, {}).federation.ca_file == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("FEDSERVER_NOED_LISTEN", "There is no section noed. Did you mean FEDSERVER_NODE_LISTEN?"),
        ("FEDSERVER_BASE_URL", "There is no section base. Did you mean FEDSERVER_NODE_BASE_URL?"),
        (
            "FEDSERVER_FEDERATON_MOED",
            "There is no section federaton. Did you mean FEDSERVER_FEDERATION_MODE?",
        ),
        ("FEDSERVER_NODE_LISTNE", "There is no key node.listne. Did you mean listen?"),
        ("FEDSERVER_XYZZY_PLUGH", "There is no section xyzzy. The known ones are: community, database"),
    ],
)
def test_mistyped_variable_is_reported_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(None, {name: "x"})
    assert str(raised.value).startswith(f"{name}: {told}")


@pytest.mark.parametrize(
    "name",
    ["FEDSERVER_CONFIG", "FEDSERVER_TEST_POSTGRES", "FEDSERVER_SERVICE_HOST", "FEDSERVER_PORT_80_TCP_PORT"],
)
def test_variables_that_are_not_keys_are_ignored(name: str) -> None:
    assert load(None, {name: "x"}) == load(None, {})


@pytest.mark.parametrize("command", [["check"], ["run"], ["member", "list"], ["db", "upgrade"]])
def test_a_command_ends_with_one_line_and_status_1(tmp_path: Path, command: list[str]) -> None:
    path = write(tmp_path, "[node]\ndomain = 'a..b'\n")
    ended = CliRunner().invoke(main, [*command, "--config", str(path)])
    assert ended.exit_code == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("Error: node.domain: 'a..b' is not a host name. Please write one")


OLD_KEYS = [
    ("poll_seconds_least", "min_poll_seconds"),
    ("poll_seconds_most", "max_poll_seconds"),
]


def test_every_renamed_key_names_one_that_exists() -> None:
    known = msgspec.to_builtins(Config())
    for section, renamed in RENAMED_KEYS.items():
        assert set(renamed.values()) <= set(known[section])
        assert not set(renamed) & set(known[section])


@pytest.mark.parametrize(("old", "new"), OLD_KEYS)
def test_load_old_key_in_the_file_is_accepted_with_a_warning(tmp_path: Path, old: str, new: str) -> None:
    warnings: list[MarkedText] = []
    config = load(write(tmp_path, f"[limits]\n{old} = 4000\n"), {}, warnings.append)
    assert getattr(config.limits, new) == 4_000
    (warning,) = warnings
    assert str(warning).startswith(f"limits.{old} has a new name. Please write limits.{new}:")


@pytest.mark.parametrize(("old", "new"), OLD_KEYS)
def test_load_old_variable_is_accepted_with_a_warning(old: str, new: str) -> None:
    old, warnings = f"FEDSERVER_LIMITS_{old.upper()}", list[MarkedText]()
    config = load(None, {old: "4000"}, warnings.append)
    assert getattr(config.limits, new) == 4_000
    (warning,) = warnings
    assert str(warning).startswith(f"{old} has a new name. Please write FEDSERVER_LIMITS_{new.upper()}:")


def test_load_old_and_new_key_in_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "[limits]\npoll_seconds_least = 300\nmin_poll_seconds = 300\n")
    with pytest.raises(
        ConfigError, match=r"limits\.poll_seconds_least: limits\.min_poll_seconds, its new name"
    ):
        load(path, {})


def test_load_old_and_new_variable_is_refused() -> None:
    variables = {"FEDSERVER_LIMITS_POLL_SECONDS_MOST": "9000", "FEDSERVER_LIMITS_MAX_POLL_SECONDS": "9000"}
    with pytest.raises(ConfigError, match="remove FEDSERVER_LIMITS_POLL_SECONDS_MOST"):
        load(None, variables)


def test_load_new_variable_overrides_an_old_key_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[limits]\npoll_seconds_most = 9000\n")
    config = load(path, {"FEDSERVER_LIMITS_MAX_POLL_SECONDS": "8000"})
    assert config.limits.max_poll_seconds == 8_000


def test_read_config_warns_of_an_old_key_unless_it_is_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "[limits]\npoll_seconds_most = 9000\n")
    assert read_config(path, warn=lambda _text: None).limits.max_poll_seconds == 9_000
    assert capsys.readouterr().err == ""
    read_config(path)
    written = capsys.readouterr()
    assert written.err.startswith("Warning: limits.poll_seconds_most has a new name")
    assert written.err.count("\n") == 1
    assert written.out == ""


@pytest.mark.parametrize(
    "character", ["\\u0007", "\\u0000", "\\u001B", "\\u007F", "\\u0085", "\\uFFFE", "\\U0001FFFF", "\\u2028"]
)
@pytest.mark.parametrize("key", ["community.title", "community.description", "community.rules", "oidc.title"])
def test_text_with_a_character_that_cannot_be_shown_is_refused(
    tmp_path: Path, key: str, character: str
) -> None:
    section, _, name = key.partition(".")
    value = f'"ab{character}c"' if name != "rules" else f'["fine", "ab{character}c"]'
    path = write(tmp_path, f"[{section}]\n{name} = {value}\n")
    code = f"U\\+{int(character[2:], 16):04X}"
    with pytest.raises(ConfigError, match=f"^{key}: Character 3 of the value .{code}. cannot be shown"):
        load(path, {})
    ended = CliRunner().invoke(main, ["check", "--config", str(path)])
    assert (ended.exit_code, ended.stderr.count("\n"), ended.stderr[:7]) == (1, 1, "Error: ")


@pytest.mark.parametrize("key", ["title", "contact_email"])
def test_line_end_in_a_text_of_one_line_is_refused(tmp_path: Path, key: str) -> None:
    path = write(tmp_path, f'[community]\n{key} = "a\\r\\nb"\n')
    with pytest.raises(ConfigError, match=f"community.{key}: Character 2"):
        load(path, {})


def test_texts_of_several_lines_and_scripts_are_taken(tmp_path: Path) -> None:
    text = (
        '[community]\ntitle = "\u0625 \U0001f468\u200d\U0001f469\u200d\U0001f467"\ndescription = "a\\n\\tb"\n'
    )
    config = load(write(tmp_path, text), {})
    assert config.community.description == "a\n\tb"
    assert len(config.community.title) == 7


def test_variable_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"community.title: Character 1 of the value \(U\+DCFF\)"):
        load(None, {"FEDSERVER_COMMUNITY_TITLE": "\udcff"})


def test_secrets_may_hold_any_character() -> None:
    assert load(None, {"FEDSERVER_MAIL_PASSWORD": "a\x07"}).mail.password == "a\x07"
