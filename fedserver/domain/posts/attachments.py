"""What is stored beside a post: its files, mentions and hashtags."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from fedserver.domain.content import emojis, media, text_files
from fedserver.domain.content.post_texts import RenderedText
from fedserver.domain.content.text_files import TextFiles as TextFiles
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts.remote_content import RemotePost, build_media_row, clean_tags
from storage.engine import ReadTx, Tx
from storage.queries.content import media as media_queries
from storage.queries.content import tags as tag_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow


async def place_text_files(
    tx: ReadTx, site: NodeContext, author: AccountRow, kind: str, text: RenderedText, post_id: int | None
) -> tuple[RenderedText, TextFiles]:
    """Return the text of an article with the sizes of its pictures, and the files that it shows.

    Any other post shows none. Raises InvalidError if there are too many.
    """
    if kind != "Article":
        return text, TextFiles()
    shown = await text_files.find(tx, site, author, text.html, post_id)
    return structs.replace(text, html=text_files.add_picture_sizes(site, text.html, shown)), shown


async def list_text_files(tx: ReadTx, site: NodeContext, author: AccountRow, row: PostRow) -> tuple[int, ...]:
    """Return the ids of the files that the text of an article shows, as it is stored."""
    if row.kind != "Article":
        return ()
    return (await text_files.find(tx, site, author, row.html, row.id)).ids


async def describe_text_files(tx: Tx, shown: TextFiles) -> None:
    """Give files the descriptions that they have in the text."""
    await text_files.describe(tx, shown)


async def check_files(
    tx: ReadTx, site: NodeContext, author: AccountRow, media_ids: Sequence[int], cover_id: int | None
) -> None:
    """Check that a new post may have these files and this cover. Raises InvalidError, NotFoundError."""
    await media.check_attachable(tx, site, author, media_ids, None)
    await media.check_attachable(tx, site, author, [cover_id] if cover_id else [], None)


async def insert(tx: Tx, row: PostRow, media_ids: Sequence[int], text: RenderedText) -> None:
    """Store the files, mentions and hashtags of a new post."""
    await media_queries.attach(tx, row.account_id, row.id, media_ids)
    await mention_queries.insert(tx, row.id, [account.id for account in text.mentioned])
    await tag_queries.set_post_tags(tx, row.id, await tag_queries.load_or_insert(tx, text.tags), is_new=True)


async def replace_names(tx: Tx, row: PostRow, text: RenderedText) -> list[AccountRow]:
    """Replace the mentions and hashtags of an edited post; return who was not mentioned before."""
    former_ids = set(await mention_queries.list_by_post(tx, row.id))
    await mention_queries.replace(tx, row.id, [account.id for account in text.mentioned])
    await tag_queries.set_post_tags(tx, row.id, await tag_queries.load_or_insert(tx, text.tags))
    return [account for account in text.mentioned if account.id not in former_ids]


async def add_emojis(tx: ReadTx, site: NodeContext, row: PostRow, *options: str) -> PostRow:
    """Return a post with the custom emoji that its texts use, and those of the options of its poll."""
    used = await emojis.find_used(tx, site, row.source, row.summary, row.title, *options)
    return structs.replace(row, emojis=used)


async def load_files(tx: ReadTx, row: PostRow) -> list[MediaRow]:
    """Return the files of a post in their order, its cover too."""
    return await media_queries.load_by_posts(tx, [row.id])


async def list_file_ids(tx: ReadTx, row: PostRow) -> list[int]:
    """Return the ids of the files of a post in their order, without its cover."""
    return [file.id for file in await load_files(tx, row) if file.id != row.cover_id]


async def replace_files(
    tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, media_ids: Sequence[int], *, in_text: int = 0
) -> None:
    """Replace the files of a post, its cover too; the text of an article shows `in_text` of them.

    Raises InvalidError, NotFoundError.
    """
    await media.check_attachable(tx, site, author, media_ids, row.id, in_text=in_text)
    await detach_files(tx, row)
    await media_queries.attach(tx, author.id, row.id, media_ids)


async def detach_files(tx: Tx, row: PostRow) -> None:
    """Release the files of a post, for another one."""
    await media_queries.detach(tx, row.id)


async def delete_files(tx: Tx, row: PostRow) -> None:
    """Delete the files of a post."""
    await media_queries.delete_by_post(tx, row.id)


async def list_mentioned_ids(tx: ReadTx, row: PostRow) -> list[int]:
    """Return the ids of the accounts that a post mentions."""
    return await mention_queries.list_by_post(tx, row.id)


async def insert_mentions(tx: Tx, row: PostRow, account_ids: Sequence[int]) -> None:
    """Store whom a new post mentions."""
    await mention_queries.insert(tx, row.id, account_ids)


async def insert_remote(tx: Tx, row: PostRow, remote: RemotePost) -> None:
    """Store the files, the cover and the hashtags of a new or changed post of a peer."""
    tag_ids = await tag_queries.load_or_insert(tx, clean_tags(remote))
    await tag_queries.set_post_tags(tx, row.id, tag_ids, is_new=True)
    files = [build_media_row(tx, row, file, place) for place, file in enumerate(remote.files)]
    if remote.cover is not None:
        cover = build_media_row(tx, row, remote.cover, len(files))
        files.append(cover)
        columns = structs.asdict(structs.replace(row, cover_id=cover.id))
        values = {name: columns[name] for name in post_queries.UPDATABLE_COLUMNS}
        await post_queries.update_content(tx, row.id, values)
    await media_queries.insert(tx, files)


async def remove_remote(tx: Tx, row: PostRow) -> None:
    """Remove the files and hashtags of a peer's post before those of its new version are stored."""
    await media_queries.delete_by_post(tx, row.id)
    await tag_queries.set_post_tags(tx, row.id, [])
