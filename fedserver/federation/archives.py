"""An archive of all that a member made, as Mastodon's: actor.json, outbox.json with all posts, their files.

Beside them what they like, keep and follow. Posts for members only are in it too, addressed to nobody.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from msgspec import structs

from activitypub.activities import announce, create
from activitypub.addressing import addresses
from activitypub.document import Document
from activitypub.terms import CONTEXT
from fedserver.domain.accounts import keys
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import archives, exports
from fedserver.domain.timelines import poll_views
from fedserver.federation.outbound import accounts as outgoing_accounts
from fedserver.federation.outbound import posts as outgoing_posts
from fedserver.media.store import FileStore
from storage.engine import Database, Tx
from storage.queries.content import media as media_queries
from storage.queries.portability import archives as archive_queries
from storage.queries.portability import exports as export_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow

BATCH_SIZE = 100
FILES_PREFIX = "media_attachments/files/"


async def create_archive(db: Database, site: NodeContext, store: FileStore, archive_id: int) -> None:
    """Make what was asked for and keep it; nothing happens if nobody wants it any more."""
    async with db.read() as tx:
        account = await archives.find_pending_owner(tx, archive_id)
    if account is None:
        return
    with store.temp_dir() as folder:
        path = folder / "archive.zip"
        with ZipFile(path, "w", ZIP_DEFLATED) as target:
            await _write_outbox(db, site, store, account, target, folder / "outbox.json")
            await _write_other_files(db, site, store, account, target)
        size, name = path.stat().st_size, await store.put_private(path, "zip")
    async with db.write() as tx:
        kept = await archives.finish(tx, archive_id, name, size)
    if not kept:
        await store.remove_private(name)


async def _write_outbox(
    db: Database, site: NodeContext, store: FileStore, account: AccountRow, target: ZipFile, path: Path
) -> None:
    """All posts and boosts, oldest first, and the files of posts."""
    after, count = -1, 0
    with path.open("w") as file:
        file.write(f'{{"@context":"{CONTEXT}","id":"outbox.json","type":"OrderedCollection","orderedItems":[')
        while True:
            async with db.read() as tx:
                rows = await archive_queries.list_posts(tx, account.id, after, BATCH_SIZE)
                made = await _render_activities(tx, site, account, rows)
            if not rows:
                break
            keys = [key for each in made for key in _rewrite_media_urls(site, each.get("object"))]
            await asyncio.to_thread(_append_activities, file, made, target, store, keys, first=not count)
            after, count = rows[-1].id, count + len(made)
        file.write(f'],"totalItems":{count}}}')
    await asyncio.to_thread(target.write, path, "outbox.json")


def _append_activities(
    file: IO[str], made: list[Document], target: ZipFile, store: FileStore, keys: list[str], *, first: bool
) -> None:
    for number, each in enumerate(made):
        file.write(("" if first and not number else ",\n") + json.dumps(each, ensure_ascii=False))
    for key in keys:
        if (source := store.path(key)) is not None and FILES_PREFIX + key not in target.NameToInfo:
            target.write(source, FILES_PREFIX + key, ZIP_STORED)


async def _render_activities(
    tx: Tx, site: NodeContext, account: AccountRow, rows: list[PostRow]
) -> list[Document]:
    own = [row for row in rows if row.boost_of_id is None]
    boosted = await post_queries.load_by_ids(
        tx, [row.boost_of_id for row in rows if row.boost_of_id is not None]
    )
    files: dict[int, list[MediaRow]] = {}
    for each in await media_queries.load_by_posts(tx, [row.id for row in own]):
        files.setdefault(each.post_id or 0, []).append(each)
    polls = await poll_views.load(tx, own, None)
    quotes = await quote_queries.load_chain(tx, [row.id for row in own])
    made: list[Document] = []
    for row in rows:
        shown = structs.replace(row, visibility="direct") if row.visibility in ("local", "partners") else row
        if row.boost_of_id is None:
            document = outgoing_posts.render_post(
                site, shown, account, files.get(row.id, ()), polls.get(row.id), quotes.get(row.id)
            )
            made.append(create(site.links.create(row.uri), account.uri, document))
        elif (other := boosted.get(row.boost_of_id)) is not None:
            to, cc = addresses(shown.visibility, account.followers_uri, [])
            made.append(announce(row.uri, account.uri, other.uri, to, cc, row.published_at))
    return made


def _rewrite_media_urls(site: NodeContext, document: Any) -> Iterator[str]:
    """Let the files of a post be found in the archive; their keys."""
    if not isinstance(document, dict):
        return
    for each in (*document.get("attachment", ()), document.get("image")):
        beginning = site.links.media("")
        if isinstance(each, dict) and str(each.get("url", "")).startswith(beginning):
            key = each["url"].removeprefix(beginning)
            each["url"] = f"/{FILES_PREFIX}{key}"
            yield key


async def _write_other_files(
    db: Database, site: NodeContext, store: FileStore, account: AccountRow, target: ZipFile
) -> None:
    """The actor with its pictures, what it likes and keeps, and the files of `domain.exports`."""
    async with db.read(slow=True) as tx:
        key_rows = await keys.list_by_account(tx, account.id)
        lists = {
            "likes.json": await archive_queries.list_liked_uris(tx, account.id),
            "bookmarks.json": await export_queries.list_bookmarked_uris(tx, account.id),
        }
        tables = {
            exports.filename(kind): await exports.export(tx, site, account, kind) for kind in exports.KINDS
        }
    actor = outgoing_accounts.render_actor(site, account, key_rows)
    actor |= {"outbox": "outbox.json", "likes": "likes.json", "bookmarks": "bookmarks.json"}
    for name, key, picture in (
        ("avatar", account.avatar_key, "icon"),
        ("header", account.header_key, "image"),
    ):
        if key and (source := store.path(key)) is not None:
            actor[picture]["url"] = f"{name}{source.suffix}"
            await asyncio.to_thread(target.write, source, f"{name}{source.suffix}", ZIP_STORED)
    target.writestr("actor.json", json.dumps(actor, ensure_ascii=False, indent=1))
    for name, uris in lists.items():
        made = {"@context": CONTEXT, "id": name, "type": "OrderedCollection"}
        target.writestr(name, json.dumps({**made, "totalItems": len(uris), "orderedItems": uris}))
    for name, data in tables.items():
        target.writestr(name, data)
