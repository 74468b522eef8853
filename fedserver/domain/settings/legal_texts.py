"""Legal texts: privacy policy, terms of service, imprint, accessibility statement; Markdown of the admins.

Terms have versions, each with the day from which it holds. A version that holds or held stays as it is: who
changes the terms adds one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from fedserver.config import Config
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.text.locales import gettext
from fedserver.text.markup import render_markdown
from storage.engine import ReadTx, Tx
from storage.queries.settings import legal_texts as text_queries
from storage.queries.settings import node_settings as setting_queries
from storage.rows.auth import MemberRow
from storage.rows.settings import LegalTextRow

PRIVACY, TERMS, IMPRINT, ACCESSIBILITY = "privacy", "terms", "imprint", "accessibility"
KINDS = (PRIVACY, TERMS, IMPRINT, ACCESSIBILITY)
MAX_TEXT = 100_000  # characters: it is rendered in a request
MAX_VERSIONS = 200


class LegalText(Struct, frozen=True):
    """A rendered text, when it was changed (ms UTC), and for terms the day from which they hold.

    `succeeded_by` is the day from which the next version holds, None if there is none.
    """

    html: str
    source: str
    updated_at: int
    effective_from: date | None = None
    is_effective: bool = True
    succeeded_by: date | None = None


async def list_kinds(tx: ReadTx) -> frozenset[str]:
    """Return the kinds of which there is a text."""
    return frozenset(kind for kind, _ in await text_queries.list_versions(tx))


async def list_days(tx: ReadTx) -> list[date]:
    """Return the days from which versions of the terms hold, the oldest first."""
    versions = await text_queries.list_versions(tx)
    return [date.fromisoformat(day) for kind, day in versions if kind == TERMS and day]


async def list_versions(tx: ReadTx) -> list[tuple[str, str]]:
    """Return the kind and the day ('' but for terms) of each text."""
    return await text_queries.list_versions(tx)


async def load_source(tx: ReadTx, kind: str, day: str = "") -> str:
    """Return the Markdown of a text, '' if there is none."""
    row = await text_queries.find(tx, kind, day)
    return row.source if row is not None else ""


def to_day(moment: int) -> date:
    """Return the day of a time (ms UTC)."""
    return datetime.fromtimestamp(moment / 1000, UTC).date()


async def get(tx: ReadTx, site: NodeContext, kind: str, effective_from: date | None = None) -> LegalText:
    """Return a text; of the terms the version of a day, else that in effect, else the first one to come.

    Raises NotFoundError if there is none.
    """
    if kind != TERMS:
        return _render(site, await _find(tx, kind, ""))
    days, today = await list_days(tx), to_day(tx.now)
    effective = [day for day in days if day <= today]
    chosen = effective_from or (effective[-1] if effective else days[0] if days else None)
    if chosen is None or chosen not in days:
        raise NotFoundError
    successor = next((day for day in days if day > chosen), None)
    return _render(site, await _find(tx, kind, chosen.isoformat()), chosen, chosen <= today, successor)


async def _find(tx: ReadTx, kind: str, effective_from: str) -> LegalTextRow:
    row = await text_queries.find(tx, kind, effective_from)
    if row is None:
        raise NotFoundError
    return row


def _render(
    site: NodeContext,
    row: LegalTextRow,
    effective_from: date | None = None,
    is_effective: bool = True,
    succeeded_by: date | None = None,
) -> LegalText:
    html = _render_cached(row.source, site.links.base)
    return LegalText(html, row.source, row.updated_at, effective_from, is_effective, succeeded_by)


@lru_cache(maxsize=16)
def _render_cached(source: str, base: str) -> str:
    return render_markdown(source, article=True, base=f"{base}/")


async def write(
    tx: Tx, member: MemberRow | None, kind: str, source: str, reason: str, effective_from: date | None = None
) -> None:
    """Write a text, or remove it if it is empty; terms need a day. Raises InvalidError.

    Terms that people have agreed to are not rewritten: only a version that is still to come can be.
    """
    await setting_queries.advance(tx)
    text = clean_lines("source", source, MAX_TEXT).strip()
    day = effective_from.isoformat() if effective_from and kind == TERMS else ""
    await _check_day(tx, kind, day)
    former = await text_queries.find(tx, kind, day)
    if (former.source if former else "") == text:
        return
    await audit_log.record(
        tx,
        member,
        f"settings.{kind}",
        target=f"setting:{kind}",
        subject=audit_log.build_subject("setting", day),
        reason=reason,
        shows_reason=True,
    )
    if text:
        await text_queries.set_text(tx, LegalTextRow(tx.new_id(), kind, day, text, tx.now))
    else:
        await text_queries.remove(tx, kind, day)
    tx.emit(events.SETTINGS_CHANGED)


async def _check_day(tx: ReadTx, kind: str, day: str) -> None:
    if kind != TERMS:
        return
    if not day:
        message = gettext("Please choose the day from which these terms hold.")
        raise InvalidError("effective_from", "can't be blank", "ERR_BLANK", message=message)
    days = [known.isoformat() for known in await list_days(tx)]
    if day in days and day <= to_day(tx.now).isoformat():
        message = gettext(
            "The terms of this day are in effect already. Please choose a later day for new ones."
        )
        raise InvalidError("effective_from", "is in effect already", message=message)
    if day not in days and len(days) >= MAX_VERSIONS:
        message = gettext("There are too many versions. Please remove one that is still to come.")
        raise InvalidError("effective_from", "are too many", message=message)


async def take_over(tx: Tx, config: Config, key: str) -> None:
    """Copy the texts of a file or folder that the configuration names; what cannot be read is left out."""
    if key == "community.privacy_policy_file":
        texts = [(PRIVACY, "", Path(config.community.privacy_policy_file))]
    else:
        texts = [(TERMS, path.stem, path) for path in _list_terms(Path(config.community.terms_folder))]
    for kind, day, path in texts:
        try:
            source = path.read_text(encoding="utf-8", errors="replace")[:MAX_TEXT].strip()
            changed_at = path.stat().st_mtime_ns // 1_000_000
        except OSError:
            continue
        if source:
            await text_queries.set_text(tx, LegalTextRow(tx.new_id(), kind, day, source, changed_at))


def _list_terms(folder: Path) -> list[Path]:
    """Return the files that are named by a day; others are something else."""
    terms = []
    for path in sorted(folder.glob("????-??-??.md"))[-MAX_VERSIONS:]:
        try:
            date.fromisoformat(path.stem)
        except ValueError:
            continue
        terms.append(path)
    return terms
