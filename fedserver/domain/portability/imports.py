"""What members bring along from elsewhere, carried out line by line in the background.

A file is read at once and its lines are kept; each slice of them is carried out in one transaction that also
removes them, so whatever ends a process, the next one goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.portability import import_files
from fedserver.domain.relationships import blocks, domain_mutes, follows, lists, mutes
from fedserver.domain.timelines import bookmarks
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.portability import exports as export_queries
from storage.queries.portability import imports as import_queries
from storage.queries.relationships import lists as list_queries
from storage.rows.accounts import AccountRow
from storage.rows.portability import ImportLineRow, ImportRow
from storage.rows.posts import PostRow

MAX_UNFINISHED, MAX_LISTED = 5, 20
MAX_BYTES = 10_000_000
BATCH_SIZE, CLEAR_BATCH_SIZE = 10, 50
RETENTION_MS = 30 * 24 * 3_600_000
Subject = AccountRow | PostRow | None
_encode_cells = msgspec.json.Encoder().encode
_decode_cells = msgspec.json.Decoder(list[str]).decode


async def start(
    tx: Tx,
    site: NodeContext,
    actor: AccountRow,
    kind: str,
    lines: Sequence[import_files.ImportLine],
    filename: str,
    *,
    overwrites: bool,
) -> ImportRow:
    """Keep what a file says and owe the work. Raises Invalid."""
    if kind not in import_files.COLUMNS:
        raise InvalidError("kind", "is none that can be brought along")
    if await import_queries.count_unfinished(tx, actor.id) >= MAX_UNFINISHED:
        raise InvalidError("base", f"{MAX_UNFINISHED} files are under way; wait until one has ended")
    failed = sum(1 for each in lines if each.problem)
    row = ImportRow(
        tx.new_id(), actor.id, kind, overwrites, filename[:200], len(lines), 0, failed, tx.now, None
    )
    kept = (
        ImportLineRow(
            tx.new_id(),
            row.id,
            each.number,
            _encode_cells(each.cells).decode(),
            _normalize_address(site, kind, each.cells),
            each.problem,
        )
        for each in lines
    )
    await import_queries.insert_with_lines(tx, row, kept)
    await _enqueue_next(tx, jobs.ContinueImport(row.id))
    return row


async def _enqueue_next(tx: Tx, task: jobs.ContinueImport) -> None:
    await jobs.enqueue(tx, task, dedupe=f"import:{task.import_id}:{task.cleared}:{task.after_id}")


def _normalize_address(site: NodeContext, kind: str, cells: Sequence[str]) -> str:
    """What a line names, as it is compared with what is there."""
    if kind == "bookmarks":
        return cells[0]
    if kind == "domain_blocking":
        return cells[0].lower().rstrip(".")
    account = cells[-1] if kind == "lists" else cells[0]
    name, _, domain = account.removeprefix("@").lower().partition("@")
    named = import_files.format_handle(site, name, domain)
    return f"{cells[0]}\n{named}" if kind == "lists" else named


async def list_recent(tx: Tx, actor: AccountRow) -> list[ImportRow]:
    """The latest imports of `actor`, newest first."""
    return await import_queries.list_by_account(tx, actor.id, MAX_LISTED)


async def export_problems(tx: Tx, actor: AccountRow, import_id: int) -> bytes:
    """A file of the lines that could not be carried out, with the reasons behind. Raises NotFound."""
    row = await import_queries.find(tx, import_id)
    # guard: imports of others @last
    if row is None or row.account_id != actor.id:
        raise NotFoundError
    found = await import_queries.list_failed_lines(tx, row.id)
    header = (*import_files.COLUMNS[row.kind], "Line", "Reason")
    return import_files.render(
        header, [[*_decode_cells(each.cells), str(each.number), each.problem] for each in found]
    )


async def remove(tx: Tx, actor: AccountRow, import_id: int) -> None:
    """Forget an import; what was not carried out yet never is. Raises NotFound."""
    if not await import_queries.delete_by_id(tx, actor.id, import_id):
        raise NotFoundError


# --- in the background


async def load_batch(
    tx: Tx, task: jobs.ContinueImport
) -> tuple[ImportRow, list[tuple[ImportLineRow, str]]] | None:
    """An import with its next lines, each with the account or address of a post that it names."""
    row = await import_queries.find(tx, task.import_id)
    if row is None or row.finished_at is not None:
        return None
    lines = await import_queries.list_pending_lines(tx, row.id, task.after_id, BATCH_SIZE)
    return row, [(each, _decode_cells(each.cells)[-1 if row.kind == "lists" else 0]) for each in lines]


async def process_batch(
    tx: Tx, site: NodeContext, task: jobs.ContinueImport, found: Sequence[tuple[ImportLineRow, Subject]]
) -> None:
    """Carry out some lines, whose subjects were looked up, and owe the rest."""
    row = await import_queries.find(tx, task.import_id)
    actor = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or actor is None or actor.deleted_at is not None:
        return
    if not found:
        await import_queries.mark_finished(tx, row.id)
        return
    done = failed = 0
    for line, subject in found:
        problem = await _process_line(tx, site, row, actor, _decode_cells(line.cells), subject)
        if problem:
            failed += await import_queries.mark_line_failed(tx, line.id, problem)
        else:
            done += await import_queries.delete_line(tx, line.id)
    await import_queries.add_to_counts(tx, row.id, done, failed)
    await _enqueue_next(tx, jobs.ContinueImport(row.id, found[-1][0].id, cleared=True))


async def _process_line(
    tx: Tx, site: NodeContext, row: ImportRow, actor: AccountRow, cells: Sequence[str], subject: Subject
) -> str:
    """Carry out a line; the reason why it cannot be, '' else."""
    try:
        if row.kind == "domain_blocking":
            await domain_mutes.add(tx, site, actor, cells[0])
        elif row.kind == "bookmarks" and isinstance(subject, PostRow):
            await bookmarks.add(tx, actor, subject.id)
        elif row.kind != "bookmarks" and isinstance(subject, AccountRow):
            await _process_account_line(tx, site, row.kind, actor, cells, subject)
        else:
            return "No such post can be found" if row.kind == "bookmarks" else "No such account can be found"
    except DomainError as error:
        return error.text
    return ""


async def _process_account_line(
    tx: Tx, site: NodeContext, kind: str, actor: AccountRow, cells: Sequence[str], target: AccountRow
) -> None:
    match kind:
        case "following":
            boosts = import_files.parse_bool(cells[1], default=True)
            notifies = import_files.parse_bool(cells[2], default=False)
            languages = [each.strip()[:35] for each in cells[3].split(",") if each.strip()]
            await follows.follow(
                tx, site, actor, target, shows_boosts=boosts, notifies=notifies, languages=languages[:50]
            )
        case "blocking":
            await blocks.block(tx, site, actor, target)
        case "muting":
            hides = import_files.parse_bool(cells[1], default=True)
            await mutes.mute(tx, actor, target, hides_notifications=hides)
        case "lists":
            await _add_to_list(tx, site, actor, cells[0], target)


async def _add_to_list(tx: Tx, site: NodeContext, actor: AccountRow, title: str, target: AccountRow) -> None:
    """Put an account on the list of that title, which is made if it is not there; and follow it."""
    if target.id != actor.id and not await list_queries.load_addable_ids(tx, actor.id, [target.id]):
        await follows.follow(tx, site, actor, target)
    mine = await lists.list_by_account(tx, actor)
    row = next((each for each in mine if each.title == title), None) or await lists.create(tx, actor, title)
    if not await list_queries.load_member_ids(tx, row.id, [target.id]):
        await lists.add_accounts(tx, actor, row.id, [target.id])


async def clear_unlisted(tx: Tx, site: NodeContext, task: jobs.ContinueImport) -> bool:
    """Remove what a file that overwrites does not name, some at once; True when that is done."""
    row = await import_queries.find(tx, task.import_id)
    actor = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or actor is None or not row.overwrites:
        return True
    match row.kind:
        case "bookmarks":
            await import_queries.delete_unlisted_bookmarks(tx, actor.id, row.id)
        case "domain_blocking":
            await import_queries.delete_unlisted_domain_mutes(tx, actor.id, row.id)
        case "lists":
            await _clear_lists(tx, site, row, actor)
        case _:
            return await _clear_accounts(tx, site, row, actor, task)
    return True


async def _clear_lists(tx: Tx, site: NodeContext, row: ImportRow, actor: AccountRow) -> None:
    """Of the lists that the file names, whoever it does not put there; other lists stay."""
    named = set(await import_queries.list_addresses(tx, row.id))
    titles = {each.rpartition("\n")[0] for each in named}
    gone: dict[int, list[int]] = {}
    for list_id, title, account_id, name, domain in await export_queries.list_list_members(tx, actor.id):
        if (
            title in titles
            and f"{title}\n{import_files.format_handle(site, name, domain).lower()}" not in named
        ):
            gone.setdefault(list_id, []).append(account_id)
    for list_id, ids in gone.items():
        await lists.remove_accounts(tx, actor, list_id, ids)


async def _clear_accounts(
    tx: Tx, site: NodeContext, row: ImportRow, actor: AccountRow, task: jobs.ContinueImport
) -> bool:
    found = await export_queries.list_related_accounts(
        tx, row.kind, actor.id, task.after_id, CLEAR_BATCH_SIZE
    )
    handles = {each[1]: import_files.format_handle(site, each[2], each[3]).lower() for each in found}
    kept = await import_queries.load_existing_addresses(tx, row.id, list(handles.values()))
    gone = [identifier for identifier, name in handles.items() if name not in kept]
    for target in await account_queries.load_by_ids(tx, gone):
        match row.kind:
            case "following":
                await follows.unfollow(tx, site, actor, target)
            case "blocking":
                await blocks.unblock(tx, actor, target)
            case "muting":
                await mutes.unmute(tx, actor, target)
    if len(found) < CLEAR_BATCH_SIZE:
        return True
    await _enqueue_next(tx, jobs.ContinueImport(row.id, found[-1][0]))
    return False


async def purge_expired(tx: Tx) -> None:
    """Delete imports that are older than a month, with what went wrong in them."""
    await import_queries.purge_expired(tx, tx.now - RETENTION_MS)
