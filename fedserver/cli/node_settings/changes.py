"""A change of settings from the command line: shown, confirmed where it shuts people out, and done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from fedserver.cli.settings import load_context
from fedserver.config import Config, get_value
from fedserver.domain.settings import contradictions, legal_texts, node_settings
from fedserver.domain.settings.setting_files import LEGAL_SECTION
from fedserver.text.locales import gettext, ngettext
from storage.engine import Database, ReadTx

RULES = "community.rules"


async def apply(
    db: Database,
    config: Config,
    values: Mapping[str, Any],
    texts: Mapping[tuple[str, str], str],
    reason: str,
    *,
    yes: bool,
    dry_run: bool = False,
) -> None:
    """Show what changes, ask where it shuts people out, and change it."""
    async with db.read() as tx:
        current = (await load_context(tx, config)).config
        if RULES in values:
            rules = node_settings.merge_rules(current.community.rules, values[RULES])
            values = {**values, RULES: rules}
        changed = {key: value for key, value in values.items() if value != get_value(current, key)}
        after = node_settings.check(current, changed)
        new_texts = [
            key for key, text in texts.items() if await legal_texts.load_source(tx, *key) != text.strip()
        ]
        _print_changes(current, changed, new_texts)
        if changed:
            await _confirm(tx, after, changed, yes=yes or dry_run)
    if dry_run:
        click.echo(gettext("Nothing was changed."))
        return
    async with db.write() as tx:
        context = await load_context(tx, config)
        await node_settings.change(tx, context, None, changed, reason)
        for kind, day in new_texts:
            effective_from = date.fromisoformat(day) if day else None
            await legal_texts.write(tx, None, kind, texts[kind, day], reason, effective_from)
    if changed or new_texts:
        click.echo(gettext("A running node applies it within a few seconds."))


def _print_changes(current: Config, changed: Mapping[str, Any], texts: list[tuple[str, str]]) -> None:
    for key, value in changed.items():
        old, new = node_settings.show_value(get_value(current, key)), node_settings.show_value(value)
        click.echo(f"{key}: {old} → {new}")
    for kind, day in texts:
        click.echo(f"{LEGAL_SECTION}.{kind}{'.' if day else ''}{day}")
    count = len(changed) + len(texts)
    if count:
        click.echo(ngettext("%(count)s change.", "%(count)s changes.", count, count=count))
    else:
        click.echo(gettext("No changes."))


async def _confirm(tx: ReadTx, after: Config, changed: Mapping[str, Any], *, yes: bool) -> None:
    """Raise click.ClickException for a change that is refused; ask about one that shuts people out."""
    problems = await contradictions.find(tx, after, changed)
    for problem in problems:
        if problem.is_refused:
            raise click.ClickException(f"{problem.key}: {problem.text}")
        click.echo(gettext("Warning: %(text)s", text=f"{problem.key}: {problem.text}"), err=True)
    if problems and not yes:
        click.confirm(gettext("Change it anyway?"), abort=True)
