"""Custom emoji on their way into the store: uploaded, or copied from a peer. A refused one leaves nothing."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.content import emojis, media, remote_files
from fedserver.domain.kernel.errors import InvalidError
from fedserver.runtime import media_intake
from fedserver.runtime.media_intake import ReceivedFile
from fedserver.runtime.services import Services
from fedserver.text.locales import gettext
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.content import EmojiRow
from storage.rows.posts import PostRow


class CopyRequest(Struct, frozen=True):
    """An emoji to copy: the address or handle of what shows it, its shortcode there, and the one here."""

    source: str
    source_shortcode: str
    shortcode: str
    category: str = ""


async def add(
    services: Services, member: MemberRow | None, shortcode: str, upload: ReceivedFile, category: str
) -> EmojiRow:
    """Add an emoji. Raises InvalidError."""
    async with services.db.read() as tx:
        await emojis.check_new(tx, shortcode)
    file = await media_intake.store_emoji(services.store, services.image_worker, upload)
    async with media_intake.discard_on_error(services, file), services.db.write() as tx:
        return await emojis.create(tx, member, shortcode, file, category)


async def change(
    services: Services,
    member: MemberRow | None,
    emoji_id: int,
    wanted: emojis.EmojiChange,
    upload: ReceivedFile | None,
) -> EmojiRow:
    """Change an emoji, with a new picture if there is one. Raises NotFoundError, InvalidError."""
    file: media.NewFile | None = None
    if upload is not None and upload.size:
        async with services.db.read() as tx:
            await emojis.get(tx, emoji_id)
        file = await media_intake.store_emoji(services.store, services.image_worker, upload)
        wanted = structs.replace(wanted, file=file)
    async with media_intake.discard_on_error(services, file), services.db.write() as tx:
        return await emojis.update(tx, member, emoji_id, wanted)


async def copy(services: Services, member: MemberRow | None, request: CopyRequest) -> EmojiRow:
    """Copy an emoji that a post or account of a peer shows. Raises InvalidError, NotFoundError, PeerError."""
    async with services.db.read() as tx:
        name = await emojis.check_new(tx, request.shortcode)
    url = await _find_url(services, request)
    async with services.db.read() as tx:
        file_request = await remote_files.build_emoji_request(tx, url)
    # A cached file may be evicted at any time: ours is another one.
    cached = await services.remote_files.get(file_request)
    file = media.NewFile(
        kind="image",
        content_type="image/png",
        file_key=await services.store.copy(cached.file_key),
        preview_key=await services.store.copy(cached.preview_key or cached.file_key),
        bytes=cached.bytes,
    )
    async with media_intake.discard_on_error(services, file), services.db.write() as tx:
        return await emojis.create(tx, member, name, file, request.category)


async def list_shown(services: Services, source: str) -> list[emojis.EmojiFact]:
    """Return the emoji that a post (by its address) or an account (by its handle) shows; it is fetched.

    Raises InvalidError if there is neither.
    """
    shower = await _resolve(services, source)
    if shower is None:
        text = gettext("There is no post or account at this address. Please check it.")
        raise InvalidError("source", "leads to no post or account", message=text)
    return emojis.decode_emojis(shower.emojis)


async def _resolve(services: Services, source: str) -> PostRow | AccountRow | None:
    """Return the post with an address, or the account with a handle; None if there is none."""
    source = source.strip()
    if "://" in source:
        return await services.resolver.resolve_address(source)
    return await services.resolver.resolve_account(source)


async def _find_url(services: Services, request: CopyRequest) -> str:
    """Return the address of the emoji. Raises InvalidError if what is named does not show it."""
    code = request.source_shortcode.strip(":")
    shower = await _resolve(services, request.source)
    for fact in emojis.decode_emojis(shower.emojis) if shower is not None else []:
        if fact.shortcode == code:
            return fact.url
    text = gettext("There is no emoji :%(shortcode)s: in that post or profile.", shortcode=code)
    raise InvalidError("source", "does not show this emoji", message=text)
