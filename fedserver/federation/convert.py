"""Documents of peers become facts that the domain takes. Nothing passes that its origin may not say.

Text is still a stranger's: the domain sanitizes it when it is stored.
"""

from __future__ import annotations

from html import escape

import msgspec

from activitypub.actors import Actor
from activitypub.addressing import visibility
from activitypub.authority import host_of, require_same_origin, same_origin
from activitypub.document import Document, format_instant
from activitypub.errors import ActivityPubError, AuthorityError
from activitypub.identity_proofs import list_valid_proofs
from activitypub.interactions import InteractionRule
from activitypub.objects import Attachment, CustomEmoji, Object, Question, read_object
from activitypub.terms import PUBLIC
from fedserver.domain.accounts import account_views, accounts, identity_proofs, remote_accounts
from fedserver.domain.posts import polls, quote_requests, remote_posts, votes
from fedserver.domain.timelines import post_policies

encode = msgspec.json.Encoder().encode
UNTITLED_TYPES = ("Note", "Question")
MEDIA_KINDS = {"image": "image", "video": "video", "audio": "audio"}


def encode_emojis(emojis: tuple[CustomEmoji, ...]) -> str:
    """Custom emoji as they are kept."""
    return encode([account_views.EmojiFact(each.shortcode, each.url, each.url) for each in emojis]).decode()


def to_remote_account(
    actor: Actor, username: str, host: str, now: int, *, include_pictures: bool = True
) -> remote_accounts.RemoteAccount:
    """An actor as an account; its handle was confirmed by WebFinger. Pictures are taken where wanted.

    Of its identity proofs those are kept that hold at `now` (ms UTC).
    """
    return remote_accounts.RemoteAccount(
        uri=actor.id,
        username=username,
        domain=host,
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
        fields=tuple(accounts.ProfileField(each.name, each.value) for each in actor.fields),
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
    held = list_valid_proofs(actor.statements, actor.id, now)
    kept = [identity_proofs.IdentityProof(each.subject, each.created, each.document) for each in held]
    return encode(kept).decode()


def get_author_uri(obj: Object) -> str:
    """Who a post is attributed to: the first of its own origin. Raises AuthorityError.

    PeerTube names a person and a channel; both are of one host, the first is the author.
    """
    for each in obj.attributed_to:
        if same_origin(obj.id, each):
            return each
    raise AuthorityError(f"{obj.id[:200]} is attributed to another origin")


def to_remote_post(
    obj: Object, original: str, followers_uri: str, following_uri: str = "", *, include_files: bool = True
) -> remote_posts.RemotePost:
    """A post of a peer; the collections are its author's. Files are taken where wanted.

    Raises AuthorityError.
    """
    author = get_author_uri(obj)
    host_of(obj.id)
    require_same_origin(obj.id, author)
    shown = obj.url if same_origin(obj.id, obj.url) else obj.id
    return remote_posts.RemotePost(
        uri=obj.id,
        url=shown,
        author_uri=author,
        kind=obj.kind,
        visibility=visibility(obj.to, obj.cc, followers_uri),
        title=obj.name if obj.kind not in UNTITLED_TYPES else "",
        summary=obj.summary,
        sensitive=obj.sensitive,
        language=obj.language,
        source=obj.source,
        source_type=obj.source_type,
        html=obj.content,
        html_type=obj.media_type,
        html_before=_describe_event(obj),
        html_after="".join(_render_link(each) for each in obj.links if each not in obj.content),
        published_at=obj.published,
        updated_at=obj.updated,
        in_reply_to=obj.in_reply_to,
        context_uri=obj.context,
        mentioned_uris=tuple(dict.fromkeys(each.href for each in obj.mentions)),
        addressed_uris=tuple(dict.fromkeys((*obj.to, *obj.cc))),
        tags=tuple(each.name for each in obj.hashtags),
        emojis=encode_emojis(obj.emojis if include_files else ()),
        files=tuple(_to_remote_file(each) for each in obj.attachments) if include_files else (),
        cover=_to_remote_file(obj.cover)
        if include_files and obj.cover is not None and obj.kind not in UNTITLED_TYPES
        else None,
        original=original,
        poll=_to_remote_poll(obj.question) if obj.question is not None else None,
        quote=_to_remote_quote(obj),
        interaction_policy=_to_quote_policy(obj, {followers_uri: "followers", following_uri: "following"}),
    )


def _describe_event(found: Object) -> str:
    """When an event begins and where it is; '' where nothing is told. Clients have no field for either."""
    begins = (
        format_instant(found.starts_at)[:16].replace("T", " ") + " UTC" if found.starts_at is not None else ""
    )
    told = [escape(each) for each in (begins, found.place if found.kind == "Event" else "") if each]
    return f"<p>{'<br>'.join(told)}</p>" if told else ""


def _render_link(address: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(address)}</a></p>'


def _to_remote_quote(found: Object) -> quote_requests.RemoteQuote | None:
    if found.quote is None:
        return None
    return quote_requests.RemoteQuote(found.quote.uri, found.quote.authorization, legacy=found.quote.legacy)


def _to_quote_policy(found: Object, collections: dict[str, str]) -> str:
    """A policy in our words; who is named without being understood is an `unsupported_policy`."""
    words = {**collections, PUBLIC: "public", **dict.fromkeys(found.attributed_to, "")}

    def named(uris: tuple[str, ...]) -> tuple[str, ...]:
        kept = dict.fromkeys(words.get(each, "unsupported_policy") for each in uris)
        return tuple(each for each in kept if each)

    def rule(given: InteractionRule | None) -> post_policies.PostPolicyRule | None:
        if given is None:
            return None
        return post_policies.PostPolicyRule(named(given.automatic), named(given.manual))

    policy = found.policy
    return post_policies.encode(
        post_policies.PostPolicy(
            rule(policy.quote), rule(policy.like), rule(policy.reply), rule(policy.announce)
        )
    )


def _to_remote_poll(found: Question) -> polls.RemotePoll:
    return polls.RemotePoll(
        options=tuple(polls.RemoteOption(each.name, each.votes or 0) for each in found.options),
        multiple=found.multiple,
        # A moment at which it was, or will be, closed says more than the one that was planned.
        expires_at=found.closed_at or found.ends_at,
        closed=found.closed,
        voters_count=found.voters,
    )


def is_vote(obj: Object) -> bool:
    """True for a Note that only names a choice of what it answers (FEP-9967): never a post."""
    return obj.kind == "Note" and bool(obj.name and obj.in_reply_to) and not obj.content


def to_remote_vote(actor_uri: str, document: Document) -> votes.RemoteVote | None:
    """A vote by an actor, None for anything else. Raises AuthorityError for a vote in another's name."""
    try:
        found = read_object(document)
    except ActivityPubError:
        return None
    if not is_vote(found) or found.in_reply_to is None:
        return None
    require_same_origin(actor_uri, found.id)
    if get_author_uri(found) != actor_uri:
        raise AuthorityError(f"{found.id[:200]} is a vote of somebody else")
    return votes.RemoteVote(found.id, found.in_reply_to, found.name)


def _to_remote_file(found: Attachment) -> remote_posts.RemoteFile:
    group = found.media_type.partition("/")[0]
    return remote_posts.RemoteFile(
        kind=MEDIA_KINDS.get(group, "unknown"),
        content_type=found.media_type,
        url=found.url,
        description=found.description,
        blurhash=found.blurhash,
        focus=found.focus or (0.0, 0.0),
        width=found.width,
        height=found.height,
    )
