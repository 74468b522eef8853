"""The content of a profile: limits, fields, and changes applied to a row.

Nothing is written to the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from addresses.hosts import normalize_host
from fedserver.domain.content import emojis, post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.kernel.written_texts import clean_line, clean_lines, clean_note
from fedserver.text.markup import Mentions, render_plain
from fedserver.text.sanitize import clean_name, clean_profile, to_text, to_web_url
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

# Characters and numbers that common servers accept without cutting them.
MAX_NOTE, MAX_NAME, MAX_FIELDS, MAX_FIELD = 2_000, 60, 8, 255
MAX_ALT, MAX_DOMAINS = 1_500, 10
MAX_REMOTE_NAME = 200  # code points: names of peers are cut, not refused
encode = msgspec.json.Encoder().encode


class ProfileField(Struct, frozen=True):
    """A field of a profile: `value` is HTML, `source` what was written."""

    name: str
    value: str
    source: str = ""
    verified_at: int | None = None

    @property
    def link(self) -> str:
        """The https URL that is the whole value, '' if the value is anything else.

        The shown text must be the URL that the link leads to.
        """
        address = to_web_url(self.source)
        shown = self.value.count("<a ") == 1 and f'href="{escape(address)}"' in self.value
        return address if address.startswith("https://") and shown else ""


class ProfileChange(Struct, frozen=True, kw_only=True):
    """A change of a profile; UNSET keeps the value."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    fields: tuple[tuple[str, str], ...] | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hides_collections: bool | UnsetType = UNSET
    shows_featured: bool | UnsetType = UNSET
    shows_media: bool | UnsetType = UNSET
    shows_media_replies: bool | UnsetType = UNSET
    mails_posts: bool | UnsetType = UNSET
    attribution_domains: Sequence[str] | UnsetType = UNSET
    also_known_as: tuple[str, ...] | UnsetType = UNSET
    avatar_key: str | UnsetType = UNSET
    avatar_alt: str | UnsetType = UNSET
    header_key: str | UnsetType = UNSET
    header_alt: str | UnsetType = UNSET


# Attributes of a change that are columns of the row as they are.
COPIED_FIELDS = (
    "locked", "discoverable", "indexable", "hides_collections", "shows_featured", "shows_media",
    "shows_media_replies", "mails_posts", "avatar_key", "header_key",
)  # fmt: skip
_decode_fields = msgspec.json.Decoder(list[ProfileField]).decode
_decode_uris = msgspec.json.Decoder(list[str]).decode


def decode_fields(row: AccountRow) -> list[ProfileField]:
    """Return the fields of a profile."""
    return _decode_fields(row.fields)


def decode_aliases(row: AccountRow) -> list[str]:
    """Return URIs of the accounts that an account declares to be its aliases."""
    return _decode_uris(row.also_known_as)


def decode_domains(row: AccountRow) -> list[str]:
    """Return the hosts of the websites that may name an account as the author of their pages."""
    return _decode_uris(row.attribution_domains)


async def apply_change(tx: ReadTx, site: NodeContext, row: AccountRow, change: ProfileChange) -> AccountRow:
    """Return the row with a change of its profile applied. Raises InvalidError."""
    plain = {name: getattr(change, name) for name in COPIED_FIELDS if getattr(change, name) is not UNSET}
    row = structs.replace(row, **plain, updated_at=tx.now)
    for name in ("avatar_alt", "header_alt"):
        if (text := getattr(change, name)) is not UNSET:
            row = structs.replace(row, **{name: clean_lines(name, text, MAX_ALT)})
    if not isinstance(change.display_name, UnsetType):
        name = clean_line("display_name", change.display_name, MAX_NAME)
        row = structs.replace(row, display_name=name)
    if not isinstance(change.bot, UnsetType):
        row = structs.replace(row, kind="Service" if change.bot else "Person")
    if not isinstance(change.note, UnsetType):
        source = clean_note("note", change.note, MAX_NOTE)
        mention_links = await post_texts.load_mention_links(tx, site, source)
        html = clean_profile(render_plain(source, mention_links, site.links.tag))
        row = structs.replace(row, note_source=source, note_html=html)
    if not isinstance(change.fields, UnsetType):
        pairs = _clean_fields(change.fields)
        mention_links = await post_texts.load_mention_links(tx, site, "\n".join(value for _, value in pairs))
        row = structs.replace(row, fields=_render_fields(site, pairs, mention_links, decode_fields(row)))
    row = structs.replace(row, emojis=await _find_emojis(tx, site, row))
    if not isinstance(change.attribution_domains, UnsetType):
        row = structs.replace(row, attribution_domains=_clean_domains(change.attribution_domains))
    if not isinstance(change.also_known_as, UnsetType):
        row = structs.replace(row, also_known_as=encode(change.also_known_as).decode())
    return row


async def _find_emojis(tx: ReadTx, site: NodeContext, row: AccountRow) -> str:
    """Return the custom emoji that a profile uses, as JSON."""
    fields = (text for field in decode_fields(row) for text in (field.name, field.source))
    return await emojis.find_used(tx, site, row.display_name, row.note_source, *fields)


def _clean_fields(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return names and values without the empty ones. Raises InvalidError."""
    cleaned = [
        (clean_line("fields", name, MAX_FIELD), clean_lines("fields", value.strip(), MAX_FIELD))
        for name, value in pairs
    ]
    cleaned = [(name, value) for name, value in cleaned if name or value]
    if len(cleaned) > MAX_FIELDS:
        raise InvalidError("fields", f"are more than {MAX_FIELDS}", "ERR_TOO_LONG")
    return cleaned


def _render_fields(
    site: NodeContext,
    pairs: Sequence[tuple[str, str]],
    mention_links: Mentions,
    former: Sequence[ProfileField],
) -> str:
    fields = []
    for name, value in pairs:
        html = render_plain(value, mention_links, site.links.tag)
        html = clean_profile(html.removeprefix("<p>").removesuffix("</p>"))
        fields.append(ProfileField(name, html, value))
    return encode(_copy_verified_at(fields, former)).decode()


def clean_remote_name(text: str) -> str:
    """Return the display name of a remote account as it is stored."""
    return clean_name(text, MAX_REMOTE_NAME)


def clean_remote_fields(fields: Sequence[ProfileField], page: str, former: Sequence[ProfileField]) -> str:
    """Return sanitized fields of a remote account as JSON.

    Verified links stay so until they are checked again.
    """
    cleaned = [
        ProfileField(
            clean_name(field.name, MAX_FIELD),
            clean_profile(field.value, page),
            to_text(field.value)[:MAX_FIELD],
        )
        for field in fields
    ]
    return encode(_copy_verified_at(cleaned, former)).decode()


def _copy_verified_at(fields: Sequence[ProfileField], former: Sequence[ProfileField]) -> list[ProfileField]:
    marks = {
        field.link: field.verified_at for field in former if field.link and field.verified_at is not None
    }
    return [structs.replace(field, verified_at=marks.get(field.link)) for field in fields]


def apply_verification(fields: Sequence[ProfileField], results: Mapping[str, bool], now: int) -> str:
    """Return the fields as JSON, with the results of a check of their links.

    Links without a result keep their state.
    """
    checked = []
    for field in fields:
        moment = field.verified_at
        if field.link in results:
            moment = (moment or now) if results[field.link] else None
        checked.append(structs.replace(field, verified_at=moment))
    return encode(checked).decode()


def _clean_domains(domains: Sequence[str]) -> str:
    hosts = [domain.strip().partition("://") for domain in domains]
    entered = dict.fromkeys((rest or head).strip("/").removeprefix("*.") for head, _, rest in hosts)
    cleaned: dict[str, None] = {}
    for name in filter(None, entered):
        host = normalize_host(name)
        if "." not in host or ":" in host:
            raise InvalidError("attribution_domains", f"must be domain names: {name[:60]}")
        cleaned[host] = None
    if len(cleaned) > MAX_DOMAINS:
        raise InvalidError("attribution_domains", f"are more than {MAX_DOMAINS}", "ERR_TOO_LONG")
    return encode(list(cleaned)).decode()
