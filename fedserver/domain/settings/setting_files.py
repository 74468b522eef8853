"""Settings and legal texts as a TOML file, with which they go to another node or come back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from fedserver.config import Config, get_value
from fedserver.config_settings import SETTINGS
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import legal_texts
from fedserver.setting_values import convert, get_setting
from fedserver.text.locales import gettext
from storage.engine import ReadTx

LEGAL_SECTION = "legal_texts"
MAX_FILE_BYTES = 30_000_000  # more than all texts that can be stored


class SettingsFile(Struct, frozen=True):
    """The content of a file: values by key, and texts by kind and day ('' but for terms)."""

    values: dict[str, Any]
    texts: dict[tuple[str, str], str]


async def export(tx: ReadTx, config: Config) -> str:
    """Return all settings but pictures, and the legal texts."""
    sections: dict[str, list[str]] = {}
    for setting in SETTINGS:
        section, _, key = setting.key.partition(".")
        if not setting.is_file:
            value = msgspec.to_builtins(get_value(config, setting.key))
            sections.setdefault(section, []).append(f"{key} = {to_toml(value)}")
    lines = ["# Settings of a fedserver node, for `fedserver settings import`."]
    for section, keys in sections.items():
        lines += ["", f"[{section}]", *keys]
    return "\n".join([*lines, *await _export_texts(tx), ""])


async def _export_texts(tx: ReadTx) -> list[str]:
    texts = [
        (kind, day, await legal_texts.load_source(tx, kind, day))
        for kind, day in await legal_texts.list_versions(tx)
    ]
    plain = [f"{kind} = {to_toml(text)}" for kind, day, text in texts if not day]
    terms = [f'"{day}" = {to_toml(text)}' for _, day, text in texts if day]
    lines = ["", f"[{LEGAL_SECTION}]", *plain] if plain else []
    return lines + (["", f"[{LEGAL_SECTION}.{legal_texts.TERMS}]", *terms] if terms else [])


def to_toml(value: Any) -> str:
    """Return a value of texts, numbers, booleans, lists and tables in one line of TOML."""
    if isinstance(value, Mapping):
        # Keys are our own or codes of languages: bare or quoted, JSON's quotes are right for both.
        return "{" + ", ".join(f"{to_toml(str(key))} = {to_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    # Texts, numbers and booleans are written alike in JSON and TOML, but for DEL (TOML 1.0, strings).
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")


def parse(data: bytes) -> SettingsFile:
    """Return what a file holds. Raises InvalidError or ConfigError, which name the key."""
    values: dict[str, Any] = {}
    texts: dict[tuple[str, str], str] = {}
    for section, keys in _read(data).items():
        if not isinstance(keys, dict):
            raise InvalidError(
                section,
                "is no section",
                message=gettext("%(key)s: Please write a section [%(key)s].", key=section),
            )
        if section == LEGAL_SECTION:
            texts = _parse_texts(keys)
            continue
        for name, value in keys.items():
            setting = get_setting(f"{section}.{name}")
            if not setting.is_file:
                values[setting.key] = convert(setting.key, value)
    return SettingsFile(values, texts)


def _read(data: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        text = gettext("The file is not valid TOML (%(reason)s).", reason=error)
        raise InvalidError("file", "is not valid TOML", message=text) from error


def _parse_texts(keys: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    texts: dict[tuple[str, str], str] = {}
    for kind, value in keys.items():
        versions = value if kind == legal_texts.TERMS and isinstance(value, dict) else {"": value}
        for day, text in versions.items():
            if kind not in legal_texts.KINDS or not isinstance(text, str) or not _is_day(kind, day):
                name = f"{LEGAL_SECTION}.{kind}" + (f".{day}" if day else "")
                message = gettext("%(key)s: There is no such legal text.", key=name)
                raise InvalidError(name, "is no legal text", message=message)
            texts[kind, day] = text
    return texts


def _is_day(kind: str, day: str) -> bool:
    if kind != legal_texts.TERMS:
        return not day
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False
