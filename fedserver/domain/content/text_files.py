"""Files that the text of an article shows: they belong to the article as those that are attached to it."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.content import media
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.articles.figures import add_sizes, list_text_files
from fedserver.text.locales import ngettext
from storage.engine import ReadTx, Tx
from storage.queries.content import media as media_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow

MAX_FILES_IN_TEXT = 32  # of an article, beside those that are attached to it


class TextFiles(Struct, frozen=True):
    """The files that the text of an article shows and that go with it, with their descriptions there."""

    files: tuple[tuple[MediaRow, str], ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the files."""
        return tuple(row.id for row, _ in self.files)


async def find(
    tx: ReadTx, site: NodeContext, author: AccountRow, html: str, post_id: int | None
) -> TextFiles:
    """Return the files that the HTML of an article shows, as far as they belong to `author`.

    Those of other posts stay with these. Raises InvalidError if there are too many.
    """
    shown = list_text_files(html, site.links.media(""))
    if len(shown) > MAX_FILES_IN_TEXT:
        reason = f"shows more than {MAX_FILES_IN_TEXT} files"
        message = ngettext(
            "The text can show at most %(count)s picture or video of its own.",
            "The text can show at most %(count)s pictures and videos of its own.",
            MAX_FILES_IN_TEXT,
            count=MAX_FILES_IN_TEXT,
        )
        raise InvalidError("text", reason, "ERR_TOO_LONG", message=message)
    if not shown:
        return TextFiles()
    rows = await media_queries.load_owned_by_keys(tx, [file.key for file in shown], author.id)
    reserved = await scheduled_post_queries.list_reserved_media(tx, [row.id for row in rows.values()])
    return TextFiles(
        tuple(
            (row, file.description)
            for file in shown
            if (row := rows.get(file.key)) is not None
            and row.post_id in (None, post_id)
            and row.id not in reserved
        )
    )


def add_picture_sizes(site: NodeContext, html: str, shown: TextFiles) -> str:
    """Return the HTML of an article whose pictures have the sizes of their files."""
    sizes = {
        site.links.media(row.file_key): (row.width, row.height)
        for row, _ in shown.files
        if row.width and row.height
    }
    return add_sizes(html, sizes)


async def describe(tx: Tx, shown: TextFiles) -> None:
    """Give files the descriptions that they have in the text: apps and peers show them from there."""
    for row, description in shown.files:
        described = description[: media.MAX_DESCRIPTION]
        if described and described != row.description:
            await media_queries.update_description(tx, structs.replace(row, description=described))
