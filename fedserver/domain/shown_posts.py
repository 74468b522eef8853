"""What everybody sees alike of posts, remembered: the rows, files and authors that views are made of.

Whatever is remembered is checked by its version in the same transaction, so that a change by any process is
seen. A writer neither trusts nor fills the memory: it sees its own changes, and may yet roll back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from fedserver.domain import account_views
from fedserver.domain.account_views import AccountView
from storage import AppRow, MediaRow, PostRow, Tx, queries

MOST = 1_500


class Shown(Struct, frozen=True):
    """A post without its author and its viewer; a boost has no files of its own."""

    post: PostRow
    media: tuple[MediaRow, ...]
    cover: MediaRow | None
    app: AppRow | None


class Page(Struct, frozen=True):
    """Posts by id, with those that they boost, and the accounts that wrote or boosted them."""

    posts: dict[int, Shown]
    authors: dict[int, AccountView]


async def load(tx: Tx, ids: Sequence[int]) -> Page:
    """Posts that exist: one statement if all are known, at most six else."""
    if tx.writes:
        shown = await _read(tx, ids)
        return Page(shown, await account_views.load(tx, _authors(shown)))
    room = tx.memory.room("posts", MOST)
    boosted = (known.post.boost_of_id for each in ids if (known := room.get(each)) is not None)
    wanted = {*ids, *(each for each in boosted if each is not None)}
    shown, stale, versions = {}, [], {}
    for identifier, version, account_id, account_version in await queries.posts.versions(tx, list(wanted)):
        known = room.get(identifier)
        versions[account_id] = account_version
        if known is not None and known.post.version == version:
            shown[identifier] = known
        else:
            stale.append(identifier)
    if stale:
        read = await _read(tx, stale)
        for identifier, fresh in read.items():
            room.put(identifier, fresh)
        shown |= read
    return Page(shown, await account_views.remembered(tx, _authors(shown), versions))


def _authors(shown: dict[int, Shown]) -> list[int]:
    return list({each.post.account_id for each in shown.values()})


async def _read(tx: Tx, ids: Sequence[int]) -> dict[int, Shown]:
    rows = await queries.posts.by_ids(tx, ids)
    missing = {row.boost_of_id for row in rows.values() if row.boost_of_id is not None} - rows.keys()
    if missing:
        rows |= await queries.posts.by_ids(tx, list(missing))
    originals = [row for row in rows.values() if row.boost_of_id is None]
    files: dict[int, list[MediaRow]] = {}
    for file in await queries.media.of_posts(tx, [row.id for row in originals]):
        files.setdefault(file.post_id or 0, []).append(file)
    app_ids = {row.app_id for row in originals if row.app_id is not None}
    apps = await queries.apps.by_ids(tx, list(app_ids)) if app_ids else {}
    return {row.id: _shown(row, files.get(row.id, ()), apps) for row in rows.values()}


def _shown(row: PostRow, files: Iterable[MediaRow], apps: dict[int, AppRow]) -> Shown:
    files = tuple(files)
    return Shown(
        post=row,
        media=tuple(each for each in files if each.id != row.cover_id),
        cover=next((each for each in files if each.id == row.cover_id), None),
        app=apps.get(row.app_id) if row.app_id is not None else None,
    )
