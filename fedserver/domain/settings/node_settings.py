"""Settings: loaded over the configuration, taken over from it, and changed with an entry in the log.

A setting that the database knows has its value, or the default; the configuration file does not count any
more. One that it does not know yet, as it is new in this version, is taken over at the next start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from msgspec import Struct, structs

from fedserver.config import Config, get_value
from fedserver.config_settings import (
    MAX_REMOVED_RULES,
    SETTINGS_BY_KEY,
    TEXT_FILE_KEYS,
    RuleConfig,
)
from fedserver.config_values import ConfigError
from fedserver.domain.accounts import accounts
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import legal_texts
from fedserver.setting_values import change_values, decode, encode, get_default, list_changed, replace_values
from fedserver.text.locales import translate
from storage.engine import Database, ReadTx, Tx
from storage.queries.settings import node_settings as setting_queries
from storage.rows.auth import MemberRow

log = structlog.stdlib.get_logger("fedserver.domain")
MAX_SHOWN = 200  # characters of a value in the log: a longer text is cut there


class SettingsState(Struct, frozen=True):
    """The configuration with the settings, the number of their latest change, and which legal texts exist."""

    config: Config
    revision: int
    legal_kinds: frozenset[str]


async def load(tx: ReadTx, base: Config) -> SettingsState:
    """Return the settings over a configuration that was read from its file."""
    values: dict[str, Any] = {}
    for row in await setting_queries.list_all(tx):
        if row.name not in SETTINGS_BY_KEY:
            continue  # of another version, or a file that was taken over
        try:
            values[row.name] = get_default(row.name) if row.value is None else decode(row.name, row.value)
        except ConfigError as error:
            # A node that does not start would be worse than one with a default.
            log.error("setting_unusable", key=row.name, reason=str(error))
            values[row.name] = get_default(row.name)
    revision = await setting_queries.find_revision(tx)
    return SettingsState(replace_values(base, values), revision, await legal_texts.list_kinds(tx))


async def take_over(db: Database, config: Config) -> tuple[str, ...]:
    """Store settings that the database does not know, as the configuration has them.

    Returns the keys whose value is not the default, and those of files whose texts were copied.
    """
    async with db.read() as tx:
        known = {row.name for row in await setting_queries.list_all(tx)}
    missing = [key for key in (*SETTINGS_BY_KEY, *TEXT_FILE_KEYS) if key not in known]
    if not missing:
        return ()
    changed = {key: value for key, value in list_changed(config).items() if not SETTINGS_BY_KEY[key].is_file}
    if "community.rules" in changed:
        changed["community.rules"] = number_rules(changed["community.rules"])
    files = [key for key in missing if key in TEXT_FILE_KEYS and get_value(config, key)]
    async with db.write() as tx:
        await setting_queries.advance(tx)
        values = {key: encode(changed[key]) if key in changed else None for key in missing}
        await setting_queries.add_missing(tx, values)
        for key in files:
            await legal_texts.take_over(tx, config, key)
    return (*(key for key in missing if key in changed), *files)


def list_ignored(config: Config, current: Config) -> list[str]:
    """Return the keys of a configuration that have another value than the setting: they do not count."""
    wanted = list_changed(config)
    rules = wanted.get("community.rules")
    if rules is not None:
        wanted["community.rules"] = number_rules(rules)
    ignored = [key for key, value in wanted.items() if value != get_value(current, key)]
    return ignored + [key for key in TEXT_FILE_KEYS if get_value(config, key)]


def number_rules(rules: Sequence[str | RuleConfig], last: int = 0) -> tuple[RuleConfig, ...]:
    """Return rules that each have a number: those without one get the next above all others and `last`."""
    entries = [RuleConfig(rule) if isinstance(rule, str) else rule for rule in rules]
    last = max(last, *(rule.number for rule in entries), 0)
    numbered = []
    for rule in entries:
        if not rule.number:
            last += 1
        numbered.append(rule if rule.number else structs.replace(rule, number=last))
    return tuple(numbered)


def merge_rules(
    current: Sequence[str | RuleConfig], wanted: Sequence[str | RuleConfig]
) -> tuple[RuleConfig, ...]:
    """Return the wanted rules with numbers that mean what they always meant, then the removed ones.

    A rule without a number that has the text of a present one is that one; others get new numbers.
    """
    known = number_rules(current)
    numbers = {rule.text: rule.number for rule in known}
    entries = [RuleConfig(rule) if isinstance(rule, str) else rule for rule in wanted]
    entries = [
        rule if rule.number else structs.replace(rule, number=numbers.get(rule.text, 0)) for rule in entries
    ]
    numbered = number_rules(entries, max(numbers.values(), default=0))
    used = {rule.number for rule in numbered}
    removed = [structs.replace(rule, removed=True) for rule in known if rule.number not in used]
    return (*numbered, *removed[-MAX_REMOVED_RULES:])


async def change(
    tx: Tx, site: NodeContext, member: MemberRow | None, values: Mapping[str, Any], reason: str
) -> list[str]:
    """Change settings, each with an entry in the log; return the keys whose value is another now.

    Without a member the command line changes them. Raises InvalidError, whose field is the key.
    """
    await setting_queries.advance(tx)  # first, so that two writers do not read the same values
    current = (await load(tx, site.config)).config
    changed = {key: value for key, value in values.items() if value != get_value(current, key)}
    check(current, changed)
    for key, value in changed.items():
        old, new = show_value(get_value(current, key), key), show_value(value, key)
        subject = audit_log.build_subject("setting", f"{key}: {old} → {new}")
        await audit_log.record(
            tx,
            member,
            "settings.change",
            target=f"setting:{key}",
            subject=subject,
            reason=reason,
            shows_reason=True,
        )
    await setting_queries.set_values(
        tx, {key: None if value == get_default(key) else encode(value) for key, value in changed.items()}
    )
    files = [get_value(current, key) for key in changed if SETTINGS_BY_KEY[key].is_file]
    if replaced := tuple(name for name in files if name):
        await jobs.enqueue(tx, jobs.RemoveFiles(replaced))
    if "community.title" in changed:
        await _rename_instance_account(tx, site, changed["community.title"])
    if changed:
        tx.emit(events.SETTINGS_CHANGED)
    return list(changed)


def check(config: Config, values: Mapping[str, Any]) -> Config:
    """Return the configuration with these values. Raises InvalidError, whose field is the key."""
    try:
        return change_values(config, values)
    except ConfigError as error:
        raise to_invalid(error) from error


def to_invalid(error: ConfigError) -> InvalidError:
    """Return an error about a setting in the form of the domain: its field is the key."""
    key, _, why = str(error).partition(": ")
    key = key.partition(",")[0]
    message = translate(error.text).partition(": ")[2] or translate(error.text)
    return InvalidError(key, why, message=message)


async def _rename_instance_account(tx: Tx, site: NodeContext, title: str) -> None:
    row = await accounts.find_instance_account(tx, site)
    if row is not None:
        name = accounts.ProfileChange(display_name=title[: accounts.MAX_NAME])
        await accounts.update_profile(tx, site, row, name)


def show_value(value: Any, key: str = "") -> str:
    """Return a value as the log shows it, cut if it is long; of a file only whether there is one."""
    if key and SETTINGS_BY_KEY[key].is_file:
        return "“picture”" if value else "“”"
    if isinstance(value, tuple):
        texts = [
            item.text if isinstance(item, RuleConfig) else str(item)
            for item in value
            if not _is_removed(item)
        ]
        text = "; ".join(texts)
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split())
    return f"“{text[:MAX_SHOWN]}…”" if len(text) > MAX_SHOWN else f"“{text}”"


def _is_removed(item: Any) -> bool:
    return isinstance(item, RuleConfig) and item.removed
