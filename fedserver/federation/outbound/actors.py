"""A local account as an actor document."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from activitypub.actors import Actor, ActorKey, Field, write_actor
from activitypub.document import Document
from fedserver.domain.accounts import account_views, identity_proofs, profiles
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.convert.emojis import to_emoji_tags
from fedserver.links import INSTANCE_ACTOR
from storage.rows.accounts import AccountRow, FeaturedTagRow, KeyRow

FEATURED_TAGS_PATH = "collections/tags"
_decode_fields = msgspec.json.Decoder(list[profiles.ProfileField]).decode
_decode_uris = msgspec.json.Decoder(list[str]).decode


def render_actor(
    site: NodeContext, row: AccountRow, keys: Sequence[KeyRow], moved_to: str | None = None
) -> Document:
    """Return the actor document of a local account; `keys` are the active ones."""
    is_instance = row.username == INSTANCE_ACTOR
    row = account_views.redact_suspended(row)
    return write_actor(
        Actor(
            id=row.uri,
            kind=row.kind,
            username=row.username,
            name=row.display_name or row.username,
            summary=row.note_html,
            url=row.url,
            inbox=row.inbox_uri,
            shared_inbox=row.shared_inbox_uri,
            outbox=row.outbox_uri,
            followers=row.followers_uri,
            following=row.following_uri,
            featured=row.featured_uri,
            featured_tags="" if is_instance else site.links.actor_endpoint(row.uri, FEATURED_TAGS_PATH),
            icon=site.links.with_grant(site.links.media(row.avatar_key)) if row.avatar_key else "",
            icon_alt=row.avatar_alt,
            image=site.links.with_grant(site.links.media(row.header_key)) if row.header_key else "",
            image_alt=row.header_alt,
            keys=tuple(ActorKey(key.uri, key.kind, key.public) for key in keys),
            fields=tuple(Field(field.name, field.value) for field in _decode_fields(row.fields)),
            emojis=to_emoji_tags(site.links, row.emojis),
            also_known_as=tuple(_decode_uris(row.also_known_as)),
            attribution_domains=tuple(_decode_uris(row.attribution_domains)),
            moved_to=moved_to,
            statements=tuple(
                msgspec.json.decode(proof.document) for proof in identity_proofs.list_by_account(row)
            ),
            locked=row.locked,
            discoverable=row.discoverable,
            indexable=row.indexable,
            memorial=row.memorial,
            suspended=row.suspended_at is not None,
            # Mastodon shows the day only; the hour would reveal when a member is awake.
            published=row.created_at // 86_400_000 * 86_400_000,
            webfinger=None if is_instance else f"{row.username}@{site.links.domain}",
        )
    )


def render_featured_tag(site: NodeContext, account: AccountRow, row: FeaturedTagRow) -> Document:
    """Return a hashtag that a local account features on its profile."""
    href = site.links.account_tag(account.username, row.folded)
    return {"type": "Hashtag", "href": href, "name": f"#{row.name}"}
