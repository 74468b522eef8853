"""Settings over a configuration: values as JSON in the database, and as commands or files write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from fedserver.config import Config, check_settings, get_value, parse_value
from fedserver.config_errors import build_unknown_key_error
from fedserver.config_settings import SETTINGS, SETTINGS_BY_KEY, Setting
from fedserver.config_values import ConfigError

DEFAULTS = Config()


def get_setting(key: str) -> Setting:
    """Return the setting with this key. Raises ConfigError with the nearest key if there is none."""
    if key not in SETTINGS_BY_KEY:
        raise build_unknown_key_error("settings", key, key, SETTINGS_BY_KEY)
    return SETTINGS_BY_KEY[key]


def _get_type(key: str) -> Any:
    section, _, name = key.partition(".")
    return get_type_hints(get_type_hints(Config)[section])[name]


def parse(key: str, text: str) -> Any:
    """Return the value that a command or form writes; rules and other lists may be JSON, too.

    Raises ConfigError for a key that is no setting, or a value that is none of its type.
    """
    get_setting(key)
    if text.startswith("[") and str(_get_type(key)).startswith("tuple"):
        return convert(key, _decode_list(key, text))
    return convert(key, parse_value(key, text))


def _decode_list(key: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise ConfigError(
            "%(key)s: This value cannot be used (%(reason)s).", key=key, reason=error
        ) from error


def convert(key: str, value: Any) -> Any:
    """Return a value of TOML or JSON in the type of its key. Raises ConfigError."""
    try:
        return msgspec.convert(value, _get_type(key))
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at `$")[0]
        raise ConfigError(
            "%(key)s: This value cannot be used (%(reason)s).", key=key, reason=reason
        ) from error


def encode(value: Any) -> str:
    """Return a value as JSON."""
    return msgspec.json.encode(value).decode()


def decode(key: str, text: str) -> Any:
    """Return a value from its JSON. Raises ConfigError."""
    try:
        return convert(key, msgspec.json.decode(text))
    except msgspec.DecodeError as error:
        raise ConfigError(
            "%(key)s: This value cannot be used (%(reason)s).", key=key, reason=error
        ) from error


def replace_values(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the configuration with other values of some keys, unchecked."""
    sections: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    replaced = {
        section: msgspec.structs.replace(getattr(config, section), **changes)
        for section, changes in sections.items()
    }
    return msgspec.structs.replace(config, **replaced)


def change_values(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the configuration with other values. Raises ConfigError, which begins with the key."""
    changed = replace_values(config, values)
    check_settings(changed)
    return changed


def get_default(key: str) -> Any:
    """Return the value of a setting that nobody changed."""
    return get_value(DEFAULTS, key)


def list_changed(config: Config) -> dict[str, Any]:
    """Return the settings of a configuration that have another value than the default."""
    values = {setting.key: get_value(config, setting.key) for setting in SETTINGS}
    return {key: value for key, value in values.items() if value != get_default(key)}
