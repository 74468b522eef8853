"""Custom emoji of this node: admins add them, members write `:shortcode:`.

A post or profile keeps the emoji that it used when it was written, so showing it needs no other row.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.content.media import NewFile
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.links import Links
from fedserver.text.locales import gettext
from fedserver.text.shortcodes import NAME, find_shortcodes, render_shortcodes
from storage.engine import ReadTx, Tx
from storage.queries.content import emojis as emoji_queries
from storage.rows.auth import MemberRow
from storage.rows.content import EmojiRow

MAX_EMOJIS = 5_000  # every client loads the whole list at its start
MAX_CATEGORY = 50
encode = msgspec.json.Encoder().encode


class EmojiFact(Struct, frozen=True):
    """A custom emoji as stored with the account or post that uses it."""

    shortcode: str
    url: str
    static_url: str = ""


_decode = msgspec.json.Decoder(list[EmojiFact]).decode


class EmojiChange(Struct, frozen=True, kw_only=True):
    """A change of an emoji; UNSET keeps the value."""

    category: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    file: NewFile | UnsetType = UNSET


def decode_emojis(text: str) -> list[EmojiFact]:
    """Return the emoji in a JSON column."""
    return [] if text == "[]" else _decode(text)


async def list_all(tx: ReadTx) -> list[EmojiRow]:
    """Return all custom emoji by shortcode, disabled ones too."""
    return await emoji_queries.list_all(tx)


async def list_enabled(tx: ReadTx) -> list[EmojiRow]:
    """Return the custom emoji that may be used, by shortcode."""
    return [row for row in await emoji_queries.list_all(tx) if not row.disabled]


async def load_enabled(tx: ReadTx, names: Sequence[str]) -> dict[str, EmojiRow]:
    """Return the custom emoji that may be used, by shortcode."""
    return await emoji_queries.load_enabled(tx, names)


async def find_used(tx: ReadTx, site: NodeContext, *texts: str) -> str:
    """Return the emoji whose shortcodes stand in texts, as the JSON of a column `emojis`."""
    names = find_shortcodes(*texts)
    if not names:
        return "[]"
    known = await emoji_queries.load_enabled(tx, names)
    facts = [_to_fact(site, known[name]) for name in names if name in known]
    return encode(facts).decode()


async def find_used_by_text(tx: ReadTx, site: NodeContext, texts: Sequence[str]) -> list[str]:
    """Return for each text what `find_used` returns, with one statement at most."""
    names_by_text = [find_shortcodes(text) for text in texts]
    names = {name for listed in names_by_text for name in listed}
    known = await emoji_queries.load_enabled(tx, sorted(names)) if names else {}
    return [
        encode([_to_fact(site, known[name]) for name in listed if name in known]).decode()
        for listed in names_by_text
    ]


def _to_fact(site: NodeContext, row: EmojiRow) -> EmojiFact:
    url = site.links.media(row.file_key)
    return EmojiFact(row.shortcode, url, site.links.media(row.static_key) if row.static_key else url)


async def get(tx: ReadTx, emoji_id: int) -> EmojiRow:
    """Return an emoji. Raises NotFoundError."""
    row = await emoji_queries.find(tx, emoji_id)
    if row is None:
        raise NotFoundError
    return row


async def get_by_shortcode(tx: ReadTx, shortcode: str) -> EmojiRow:
    """Return an emoji. Raises NotFoundError."""
    row = await emoji_queries.find_by_shortcode(tx, shortcode.strip(":"))
    if row is None:
        raise NotFoundError
    return row


def check_shortcode(shortcode: str) -> str:
    """Return a shortcode without colons. Raises InvalidError."""
    name = shortcode.strip().strip(":")
    if not NAME.fullmatch(name):
        raise InvalidError(
            "shortcode",
            "must have 2 to 50 letters, digits or underscores",
            message=gettext("Please choose a shortcode of 2 to 50 letters (a-z), digits and underscores."),
        )
    return name


async def check_new(tx: ReadTx, shortcode: str) -> str:
    """Return the shortcode of an emoji that can be added. Raises InvalidError."""
    name = check_shortcode(shortcode)
    if await emoji_queries.find_by_shortcode(tx, name) is not None:
        raise _build_taken_error()
    if await emoji_queries.count(tx) >= MAX_EMOJIS:
        raise InvalidError("shortcode", f"would be more than {MAX_EMOJIS} emoji")
    return name


async def create(
    tx: Tx, member: MemberRow | None, shortcode: str, file: NewFile, category: str = ""
) -> EmojiRow:
    """Add an emoji whose files are stored. Raises InvalidError."""
    name = await check_new(tx, shortcode)
    row = EmojiRow(
        id=tx.new_id(),
        shortcode=name,
        category=_clean_category(category),
        file_key=file.file_key,
        static_key=file.preview_key,
        content_type=file.content_type,
        created_at=tx.now,
    )
    if not await emoji_queries.insert(tx, row):
        raise _build_taken_error()
    await audit_log.record(tx, member, "emoji.add", target=f":{name}:")
    return row


async def update(tx: Tx, member: MemberRow | None, emoji_id: int, change: EmojiChange) -> EmojiRow:
    """Change an emoji. Posts that used a replaced picture lose it. Raises NotFoundError."""
    former = await get(tx, emoji_id)
    row = former
    if not isinstance(change.category, UnsetType):
        row = structs.replace(row, category=_clean_category(change.category))
    if not isinstance(change.disabled, UnsetType):
        row = structs.replace(row, disabled=change.disabled)
    if not isinstance(change.file, UnsetType):
        file = change.file
        row = structs.replace(
            row, file_key=file.file_key, static_key=file.preview_key, content_type=file.content_type
        )
        await jobs.enqueue(tx, jobs.RemoveFiles((former.file_key, former.static_key)))
    if row != former:
        await emoji_queries.update_emoji(tx, row)
        verb = "emoji.change"
        if row.disabled != former.disabled:
            verb = "emoji.disable" if row.disabled else "emoji.enable"
        await audit_log.record(tx, member, verb, target=f":{row.shortcode}:")
    return row


async def delete(tx: Tx, member: MemberRow | None, emoji_id: int) -> EmojiRow:
    """Delete an emoji with its files: where it was used its shortcode is shown. Raises NotFoundError."""
    row = await get(tx, emoji_id)
    await emoji_queries.delete_by_id(tx, row.id)
    await jobs.enqueue(tx, jobs.RemoveFiles((row.file_key, row.static_key)))
    await audit_log.record(tx, member, "emoji.remove", target=f":{row.shortcode}:")
    return row


def render(links: Links, emojis_json: str, html: str) -> str:
    """Return HTML with pictures for the custom emoji of a column `emojis`; this node serves them."""
    if emojis_json == "[]":
        return html
    urls = {fact.shortcode: fact.static_url or fact.url for fact in decode_emojis(emojis_json)}
    return render_shortcodes(html, lambda name: links.emoji(urls[name], "small") if name in urls else "")


def _build_taken_error() -> InvalidError:
    text = gettext("There is an emoji with this shortcode already.")
    return InvalidError("shortcode", "is taken", "ERR_TAKEN", message=text)


def _clean_category(text: str) -> str | None:
    return clean_line("category", text, MAX_CATEGORY) or None
