"""Account, CredentialAccount, MutedAccount, Role and Profile (docs.joinmastodon.org/entities/Account)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_custom_emojis
from fedserver.client_api.entities.tags import FeaturedTag, render_featured_tag
from fedserver.client_api.entities.times import to_date, to_iso, to_iso_or_none, to_midnight_iso
from fedserver.domain.accounts import account_views, identity_proofs
from fedserver.domain.auth import members
from fedserver.domain.kernel import roles
from fedserver.links import Links
from storage.rows.accounts import AccountRow, FeaturedTagRow

# Ids of the roles, as Mastodon numbers its own (docs.joinmastodon.org/entities/Role).
ROLE_IDS = {"owner": "3", "admin": "2", "moderator": "1", "member": "-99"}
_decode_strings = msgspec.json.Decoder(list[str]).decode


class Field(Struct, frozen=True):
    name: str
    value: str
    verified_at: str | None = None


class AccountRole(Struct, frozen=True):
    """A role that profiles show."""

    id: str
    name: str
    color: str = ""


class FeatureApproval(Struct, frozen=True):
    """The rule of who may put an account into a collection.

    Remote accounts cannot be asked for approval yet, so nobody may put them into one.
    """

    automatic: tuple[str, ...]
    manual: tuple[str, ...]
    current_user: str


ANYONE, NO_ONE = FeatureApproval(("public",), (), "automatic"), FeatureApproval((), (), "denied")
UNKNOWN_APPROVAL = FeatureApproval((), (), "missing")


class Role(Struct, frozen=True):
    """A role with its permissions: a number of bit flags, as text."""

    id: str
    name: str
    permissions: str
    color: str = ""
    highlighted: bool = False


class AccountSource(Struct, frozen=True):
    """The profile and the posting defaults of the caller, as they were entered."""

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
    also_known_as_uris: list[str] = []


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
    show_featured: bool
    show_media: bool
    show_media_replies: bool
    feature_approval: FeatureApproval
    email_subscriptions: bool
    moved: Account | UnsetType | None = UNSET
    suspended: bool | UnsetType = UNSET
    limited: bool | UnsetType = UNSET
    memorial: bool | UnsetType = UNSET
    source: AccountSource | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    mute_expires_at: str | UnsetType | None = UNSET


class Profile(Struct, frozen=True, kw_only=True):
    id: str
    display_name: str
    note: str
    fields: list[Field]
    avatar: str | None
    avatar_static: str | None
    avatar_description: str
    header: str | None
    header_static: str | None
    header_description: str
    locked: bool
    bot: bool
    hide_collections: bool
    discoverable: bool
    indexable: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    attribution_domains: list[str]
    featured_tags: list[FeaturedTag]


def render_account(links: Links, view: account_views.AccountView) -> Account:
    """Return an account as everybody sees it."""
    row = account_views.redact_suspended(view.account)
    view = structs.replace(view, account=row)
    avatar = _picture_url(
        links, row.avatar_key, links.remote_media(row.id, "avatar", row.avatar_url), "avatar.png"
    )
    header = _picture_url(
        links, row.header_key, links.remote_media(row.id, "header", row.header_url), "header.png"
    )
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
        created_at=to_midnight_iso(row.created_at),
        note=row.note_html,
        url=row.url,
        uri=row.uri,
        **_render_pictures(row, avatar, header),
        followers_count=row.followers_count,
        following_count=row.following_count,
        statuses_count=row.posts_count,
        last_status_at=to_date(row.last_post_at),
        hide_collections=row.hides_collections,
        noindex=not row.indexable,
        emojis=render_custom_emojis(links, view.emojis),
        roles=[AccountRole(ROLE_IDS[shown_role], shown_role.title())] if shown_role else [],
        fields=[
            *(Field(field.name, field.value, to_iso_or_none(field.verified_at)) for field in view.fields),
            *(
                Field("Key", proof.subject, to_iso(proof.created))
                for proof in identity_proofs.list_by_account(row)
            ),
        ],
        show_featured=row.shows_featured,
        show_media=row.shows_media,
        show_media_replies=row.shows_media_replies,
        feature_approval=UNKNOWN_APPROVAL if row.domain else ANYONE if row.discoverable else NO_ONE,
        email_subscriptions=row.mails_posts,
        moved=render_account(links, view.moved_to) if view.moved_to is not None else UNSET,
        suspended=True if row.suspended_at is not None else UNSET,
        limited=True if row.silenced_at is not None else UNSET,
        memorial=True if row.memorial else UNSET,
    )


def _render_pictures(row: AccountRow, avatar: str | None, header: str | None) -> dict[str, Any]:
    """Return the fields for the addresses and descriptions of both pictures; none of them is animated."""
    return {
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": row.avatar_alt,
        "header": header,
        "header_static": header,
        "header_description": row.header_alt,
    }


def _picture_url(links: Links, key: str, url: str, default: str) -> str:
    if key:
        return links.with_grant(links.media(key))
    return links.with_grant(url) or links.static(default)


def render_credential_account(
    links: Links,
    view: account_views.AccountView,
    settings: members.MemberSettings,
    follow_requests: int,
    role_name: str,
) -> Account:
    """Return an account as its own member sees it, with the posting defaults and the role."""
    row = view.account
    account = render_account(links, view)
    source = AccountSource(
        note=row.note_source,
        fields=_render_source_fields(view),
        privacy={"followers": "private", "local": "public"}.get(settings.visibility, settings.visibility),
        sensitive=settings.sensitive,
        language=settings.language,
        follow_requests_count=follow_requests,
        discoverable=row.discoverable,
        indexable=row.indexable,
        hide_collections=row.hides_collections,
        attribution_domains=_decode_strings(row.attribution_domains),
        quote_policy=settings.quote_policy,
        also_known_as_uris=_decode_strings(row.also_known_as),
    )
    return structs.replace(account, source=source, role=render_role(role_name))


def render_role(name: str) -> Role:
    """Return a role: its id, its name and its permissions."""
    role = name if name in ROLE_IDS else "member"
    title = role.title() if role != "member" else ""
    return Role(ROLE_IDS[role], title, str(int(roles.PERMISSIONS[role])))


def _render_source_fields(view: account_views.AccountView) -> list[Field]:
    """Return the fields of a profile as their owner wrote them."""
    return [Field(field.name, field.source, to_iso_or_none(field.verified_at)) for field in view.fields]


def render_muted_account(links: Links, view: account_views.AccountView, expires_at: int | None) -> Account:
    """Return an account that the viewer mutes; `expires_at` (ms UTC) is None for a mute without an end."""
    return structs.replace(render_account(links, view), mute_expires_at=to_iso_or_none(expires_at))


def render_profile(
    links: Links, view: account_views.AccountView, featured: Sequence[FeaturedTagRow]
) -> Profile:
    """Return a profile as it was written, to be edited."""
    row = view.account
    avatar = links.with_grant(links.media(row.avatar_key)) if row.avatar_key else None
    header = links.with_grant(links.media(row.header_key)) if row.header_key else None
    return Profile(
        id=str(row.id),
        display_name=row.display_name,
        note=row.note_source,
        fields=_render_source_fields(view),
        **_render_pictures(row, avatar, header),
        locked=row.locked,
        bot=row.kind == "Service",
        hide_collections=row.hides_collections,
        discoverable=row.discoverable,
        indexable=row.indexable,
        show_media=row.shows_media,
        show_media_replies=row.shows_media_replies,
        show_featured=row.shows_featured,
        attribution_domains=_decode_strings(row.attribution_domains),
        featured_tags=[render_featured_tag(links, row.username, tag) for tag in featured],
    )
