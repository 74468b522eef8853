"""The effect of one line of an import: a follow, block, mute, bookmark or list entry."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.portability import import_files
from fedserver.domain.relationships import blocks, domain_mutes, follows, lists, mutes
from fedserver.domain.timelines import bookmarks
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.relationships import lists as list_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

Subject = AccountRow | PostRow | None
MAX_LANGUAGES, MAX_LANGUAGE_LENGTH = (
    50,
    35,
)  # of one follow; 35 characters hold any tag of RFC 5646, section 4.4.1


async def process(
    tx: Tx, site: NodeContext, kind: str, actor: AccountRow, cells: Sequence[str], subject: Subject
) -> str:
    """Process a line; return why it failed, '' if it did not."""
    try:
        if kind == "domain_blocking":
            await domain_mutes.add(tx, site, actor, cells[0])
        elif kind == "bookmarks" and isinstance(subject, PostRow):
            await bookmarks.add(tx, actor, subject.id)
        elif kind != "bookmarks" and isinstance(subject, AccountRow):
            await _process_account(tx, site, kind, actor, cells, subject)
        else:
            return (
                gettext("This post was not found.")
                if kind == "bookmarks"
                else gettext("This account was not found.")
            )
    except DomainError as error:
        return error.message
    return ""


async def _process_account(
    tx: Tx, site: NodeContext, kind: str, actor: AccountRow, cells: Sequence[str], target: AccountRow
) -> None:
    match kind:
        case "following":
            boosts = import_files.parse_bool(cells[1], default=True)
            notifies = import_files.parse_bool(cells[2], default=False)
            languages = [tag.strip()[:MAX_LANGUAGE_LENGTH] for tag in cells[3].split(",") if tag.strip()]
            await follows.follow(
                tx,
                site,
                actor,
                target,
                shows_boosts=boosts,
                notifies=notifies,
                languages=languages[:MAX_LANGUAGES],
            )
        case "blocking":
            await blocks.block(tx, site, actor, target)
        case "muting":
            hides = import_files.parse_bool(cells[1], default=True)
            await mutes.mute(tx, actor, target, hides_notifications=hides)
        case "lists":
            await _add_to_list(tx, site, actor, cells[0], target)


async def _add_to_list(tx: Tx, site: NodeContext, actor: AccountRow, title: str, target: AccountRow) -> None:
    """Follow an account and add it to the list of that title, which is created if there is none."""
    if target.id != actor.id and not await list_queries.load_addable_ids(tx, actor.id, [target.id]):
        await follows.follow(tx, site, actor, target)
    own_lists = await lists.list_by_account(tx, actor)
    row = next((row for row in own_lists if row.title == title), None) or await lists.create(tx, actor, title)
    if not await list_queries.load_member_ids(tx, row.id, [target.id]):
        await lists.add_accounts(tx, actor, row.id, [target.id])
