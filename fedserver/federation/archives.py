"""An archive of everything a member made, as Mastodon's: actor.json, outbox.json with all posts, their files.

With them what they like, bookmark and follow. Posts for members only are in it too, addressed to nobody.
What Mastodon's archives lack is in files of its own: drafts and scheduled posts with theirs, filters, notes …
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from activitypub.document import Document
from activitypub.terms import CONTEXT
from fedserver.domain.accounts import keys
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import archives, belongings, exports
from fedserver.federation.outbound.actors import render_actor
from fedserver.federation.outbound.outbox import render_activities
from fedserver.media.store import FileStore
from storage.engine import Database
from storage.queries.portability import archives as archive_queries
from storage.queries.portability import exports as export_queries
from storage.rows.accounts import AccountRow

# Posts that are in memory at once: an archive may hold all the posts of many years.
BATCH_SIZE = 100
FILES_PREFIX = "media_attachments/files/"  # as in Mastodon's archives, so that importers find them


async def create_archive(db: Database, site: NodeContext, store: FileStore, archive_id: int) -> None:
    """Write a requested archive to the store. Does nothing if the request is gone or already answered."""
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
        is_wanted = await archives.finish(tx, archive_id, name, size)
    if not is_wanted:
        await store.remove_private(name)


async def _write_outbox(
    db: Database, site: NodeContext, store: FileStore, account: AccountRow, target: ZipFile, path: Path
) -> None:
    """Write all posts and boosts, oldest first, and the files of posts."""
    after, count = -1, 0
    with path.open("w") as file:
        file.write(f'{{"@context":"{CONTEXT}","id":"outbox.json","type":"OrderedCollection","orderedItems":[')
        while True:
            async with db.read() as tx:
                rows = await archive_queries.list_posts(tx, account.id, after, BATCH_SIZE)
                activities = await render_activities(tx, site, account, rows)
            if not rows:
                break
            file_keys = [
                key for activity in activities for key in _rewrite_media_urls(site, activity.get("object"))
            ]
            await asyncio.to_thread(
                _append_activities, file, activities, target, store, file_keys, first=not count
            )
            after, count = rows[-1].id, count + len(activities)
        file.write(f'],"totalItems":{count}}}')
    await asyncio.to_thread(target.write, path, "outbox.json")


def _append_activities(
    file: IO[str],
    activities: list[Document],
    target: ZipFile,
    store: FileStore,
    file_keys: list[str],
    *,
    first: bool,
) -> None:
    for number, activity in enumerate(activities):
        file.write(("" if first and not number else ",\n") + json.dumps(activity, ensure_ascii=False))
    for key in file_keys:
        if (source := store.path(key)) is not None and FILES_PREFIX + key not in target.NameToInfo:
            target.write(source, FILES_PREFIX + key, ZIP_STORED)


def _rewrite_media_urls(site: NodeContext, document: Any) -> Iterator[str]:
    """Point the attachments of a post at their files in the archive, and yield the keys of these."""
    if not isinstance(document, dict):
        return
    base = site.links.media("")
    for attachment in (*document.get("attachment", ()), document.get("image")):
        if isinstance(attachment, dict) and str(attachment.get("url", "")).startswith(base):
            key = attachment["url"].removeprefix(base)
            attachment["url"] = f"/{FILES_PREFIX}{key}"
            yield key


async def _write_other_files(
    db: Database, site: NodeContext, store: FileStore, account: AccountRow, target: ZipFile
) -> None:
    """Write the actor with its pictures, likes and bookmarks, all kinds of exports as CSV, and the rest."""
    async with db.read(slow=True) as tx:
        key_rows = await keys.list_by_account(tx, account.id)
        lists = {
            "likes.json": await archive_queries.list_liked_uris(tx, account.id),
            "bookmarks.json": await export_queries.list_bookmarked_uris(tx, account.id),
        }
        tables = {
            exports.filename(kind): await exports.export(tx, site, account, kind) for kind in exports.KINDS
        }
        owned = await belongings.load(tx, site, account)
    actor = render_actor(site, account, key_rows)
    actor |= {"outbox": "outbox.json", "likes": "likes.json", "bookmarks": "bookmarks.json"}
    pictures = (("avatar", account.avatar_key, "icon"), ("header", account.header_key, "image"))
    for name, key, field in pictures:
        if key and (source := store.path(key)) is not None:
            actor[field]["url"] = f"{name}{source.suffix}"
            await asyncio.to_thread(target.write, source, f"{name}{source.suffix}", ZIP_STORED)
    target.writestr("actor.json", json.dumps(actor, ensure_ascii=False, indent=1))
    for name, uris in lists.items():
        head = {"@context": CONTEXT, "id": name, "type": "OrderedCollection"}
        target.writestr(name, json.dumps({**head, "totalItems": len(uris), "orderedItems": uris}))
    for name, data in tables.items():
        target.writestr(name, data)
    await asyncio.to_thread(_write_belongings, target, store, owned)


def _write_belongings(target: ZipFile, store: FileStore, owned: dict[str, list[belongings.Record]]) -> None:
    """Write each kind as a JSON file, and the files of posts that are not published yet."""
    for kind, entries in owned.items():
        for file in [file for entry in entries for file in entry.get("files", ())]:
            key = file.pop("file_key")
            file["file"] = FILES_PREFIX + key
            if (source := store.path(key)) is not None and file["file"] not in target.NameToInfo:
                target.write(source, file["file"], ZIP_STORED)
        target.writestr(f"{kind}.json", json.dumps(entries, ensure_ascii=False, indent=1))
