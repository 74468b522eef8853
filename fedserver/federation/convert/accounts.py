"""Convert actors of peers to accounts. Their texts are not trusted: the domain sanitizes them."""

from __future__ import annotations

import msgspec

from activitypub.actors import Actor
from activitypub.authority import host_of
from activitypub.identity_proofs import list_valid_proofs
from fedserver.domain.accounts import identity_proofs, profiles, remote_accounts
from fedserver.federation.convert.emojis import encode_emojis

encode = msgspec.json.Encoder().encode


def to_remote_account(
    actor: Actor, username: str, host: str, now: int, *, include_pictures: bool = True
) -> remote_accounts.RemoteAccount:
    """Return an actor as an account `username@host`, which WebFinger has confirmed.

    Of its identity proofs those are stored that are valid at `now` (ms since 1970). Without
    `include_pictures` it has no avatar, header and custom emoji.
    """
    return remote_accounts.RemoteAccount(
        uri=actor.id,
        username=username,
        domain=host,
        other_hosts=tuple(name for name in (host_of(actor.id),) if name != host),
        kind=actor.kind,
        display_name=actor.name,
        note=actor.summary,
        url=actor.url,
        inbox_uri=actor.inbox,
        shared_inbox_uri=actor.shared_inbox,
        outbox_uri=actor.outbox,
        followers_uri=actor.followers,
        following_uri=actor.following,
        featured_uri=actor.featured,
        avatar_url=actor.icon if include_pictures else "",
        avatar_alt=actor.icon_alt,
        header_url=actor.image if include_pictures else "",
        header_alt=actor.image_alt,
        fields=tuple(profiles.ProfileField(field.name, field.value) for field in actor.fields),
        emojis=encode_emojis(actor.emojis if include_pictures else ()),
        identity_proofs=_encode_identity_proofs(actor, now),
        also_known_as=actor.also_known_as,
        moved_to=actor.moved_to or "",
        attribution_domains=actor.attribution_domains,
        locked=actor.locked,
        discoverable=actor.discoverable,
        indexable=actor.indexable,
        memorial=actor.memorial,
        created_at=actor.published,
        keys=tuple((key.id, key.kind, key.public) for key in actor.keys),
    )


def _encode_identity_proofs(actor: Actor, now: int) -> str:
    statements = list_valid_proofs(actor.statements, actor.id, now)
    proofs = [
        identity_proofs.IdentityProof(statement.subject, statement.created, statement.document)
        for statement in statements
    ]
    return encode(proofs).decode()
