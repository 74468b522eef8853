"""Account and CredentialAccount (docs.joinmastodon.org/entities/Account)."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

from fedserver import domain
from fedserver.client_api.entities.custom_emojis import CustomEmoji, custom_emojis
from fedserver.client_api.entities.times import day, iso_or_none, midnight
from fedserver.links import Links

_domains = msgspec.json.Decoder(list[str]).decode
ROLES = {"owner": ("3", 1 << 0), "admin": ("2", 0x8DFFE), "moderator": ("1", 0x8D1C), "member": ("-99", 0)}


class Field(Struct, frozen=True):
    name: str
    value: str
    verified_at: str | None = None


class AccountRole(Struct, frozen=True):
    id: str
    name: str
    color: str = ""


class Role(Struct, frozen=True):
    id: str
    name: str
    permissions: str
    color: str = ""
    highlighted: bool = False


class Source(Struct, frozen=True):
    note: str
    fields: list[Field]
    privacy: str
    sensitive: bool
    language: str | None
    follow_requests_count: int
    discoverable: bool
    indexable: bool
    hide_collections: bool
    attribution_domains: list[str] = []
    quote_policy: str = "public"


class Account(Struct, frozen=True, kw_only=True):
    id: str
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    group: bool
    created_at: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    avatar_description: str
    header: str
    header_static: str
    header_description: str
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None
    hide_collections: bool
    noindex: bool
    emojis: list[CustomEmoji]
    roles: list[AccountRole]
    fields: list[Field]
    moved: Account | UnsetType | None = UNSET
    suspended: bool | UnsetType = UNSET
    limited: bool | UnsetType = UNSET
    memorial: bool | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    role: Role | UnsetType = UNSET


def account(links: Links, view: domain.account_views.AccountView) -> Account:
    """An account as anybody sees it."""
    row = view.account
    avatar = _picture(links, row.avatar_key, row.avatar_url, "avatar.png")
    header = _picture(links, row.header_key, row.header_url, "header.png")
    shown_role = view.role if view.role not in ("", "member") else ""
    return Account(
        id=str(row.id),
        username=row.username,
        acct=view.handle,
        display_name=row.display_name,
        locked=row.locked,
        bot=row.kind in ("Service", "Application"),
        discoverable=row.discoverable,
        indexable=row.indexable,
        group=row.kind == "Group",
        created_at=midnight(row.created_at),
        note=row.note_html,
        url=row.url,
        uri=row.uri,
        avatar=avatar,
        avatar_static=avatar,
        avatar_description=row.avatar_alt,
        header=header,
        header_static=header,
        header_description=row.header_alt,
        followers_count=row.followers_count,
        following_count=row.following_count,
        statuses_count=row.posts_count,
        last_status_at=day(row.last_post_at),
        hide_collections=row.hides_collections,
        noindex=not row.indexable,
        emojis=custom_emojis(view.emojis),
        roles=[AccountRole(ROLES[shown_role][0], shown_role.title())] if shown_role else [],
        fields=[Field(each.name, each.value, iso_or_none(each.verified_at)) for each in view.fields],
        moved=account(links, view.moved_to) if view.moved_to is not None else UNSET,
        suspended=True if row.suspended_at is not None else UNSET,
        limited=True if row.silenced_at is not None else UNSET,
        memorial=True if row.memorial else UNSET,
    )


def _picture(links: Links, key: str, url: str, otherwise: str) -> str:
    if key:
        return links.media(key)
    return url or links.static(otherwise)


def credential_account(
    links: Links,
    view: domain.account_views.AccountView,
    settings: domain.members.Settings,
    follow_requests: int,
    role: str,
) -> Account:
    """An account as its own member sees it."""
    row = view.account
    shown = account(links, view)
    number, permissions = ROLES.get(role, ROLES["member"])
    source = Source(
        note=row.note_source,
        fields=[Field(each.name, each.source, iso_or_none(each.verified_at)) for each in view.fields],
        privacy={"followers": "private", "local": "public"}.get(settings.visibility, settings.visibility),
        sensitive=settings.sensitive,
        language=settings.language,
        follow_requests_count=follow_requests,
        discoverable=row.discoverable,
        indexable=row.indexable,
        hide_collections=row.hides_collections,
        attribution_domains=_domains(row.attribution_domains),
        quote_policy=settings.quote_policy,
    )
    title = role.title() if role != "member" else ""
    return _with(shown, source, Role(number, title, str(permissions)))


def _with(shown: Account, source: Source, role: Role) -> Account:
    values = {name: getattr(shown, name) for name in shown.__struct_fields__}
    return Account(**{**values, "source": source, "role": role})
