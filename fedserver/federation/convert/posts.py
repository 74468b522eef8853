"""Convert ActivityPub objects of peers to posts. Refuses objects whose author is of another origin.

Their HTML is not trusted: the domain sanitizes it when it stores the post.
"""

from __future__ import annotations

from html import escape

from activitypub.addressing import visibility
from activitypub.authority import require_same_origin, same_origin
from activitypub.document import format_instant
from activitypub.interactions import InteractionRule
from activitypub.objects import Attachment, Object
from activitypub.terms import PUBLIC
from fedserver.domain.posts import quote_requests, remote_content
from fedserver.domain.timelines import post_policies
from fedserver.federation.convert.emojis import encode_emojis
from fedserver.federation.convert.polls import get_author_uri, to_remote_poll

# Types whose `name` is no title (a vote is a Note whose `name` is the chosen option), and without a cover.
UNTITLED_TYPES = ("Note", "Question")


def to_remote_post(
    obj: Object, original: str, followers_uri: str, following_uri: str = "", *, include_files: bool = True
) -> remote_content.RemotePost:
    """Convert `obj`, whose JSON is `original`, to a post. The two collections are those of its author.

    Without `include_files`, attachments, cover and custom emoji are left out. Raises AuthorityError.
    """
    author_uri = get_author_uri(obj)
    require_same_origin(obj.id, author_uri)
    # A link to another origin could pretend to be a page of that site; what a Page links to is in `links`.
    url = obj.url if same_origin(obj.id, obj.url) else obj.id
    return remote_content.RemotePost(
        uri=obj.id,
        url=url,
        author_uri=author_uri,
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
        links=obj.links,
        published_at=obj.published,
        updated_at=obj.updated,
        in_reply_to=obj.in_reply_to,
        context_uri=obj.context,
        mentioned_uris=tuple(dict.fromkeys(mention.href for mention in obj.mentions)),
        addressed_uris=tuple(dict.fromkeys((*obj.to, *obj.cc))),
        tags=tuple(hashtag.name for hashtag in obj.hashtags),
        emojis=encode_emojis(obj.emojis if include_files else ()),
        files=tuple(_to_remote_file(attachment) for attachment in obj.attachments) if include_files else (),
        cover=_to_remote_file(obj.cover, "image")
        if include_files and obj.cover is not None and obj.kind not in UNTITLED_TYPES
        else None,
        original=original,
        poll=to_remote_poll(obj.question) if obj.question is not None else None,
        quote=_to_remote_quote(obj),
        interaction_policy=_to_policy(obj, {followers_uri: "followers", following_uri: "following"}),
        license=obj.license,
    )


def _describe_event(obj: Object) -> str:
    """Return the start and the place of an event as HTML, as Mastodon's API has no fields for them."""
    begins = ""
    if obj.starts_at is not None:
        begins = format_instant(obj.starts_at)[:16].replace("T", " ") + " UTC"
    place = obj.place if obj.kind == "Event" else ""
    lines = [escape(line) for line in (begins, place) if line]
    return f"<p>{'<br>'.join(lines)}</p>" if lines else ""


def _to_remote_quote(obj: Object) -> quote_requests.RemoteQuote | None:
    if obj.quote is None:
        return None
    return quote_requests.RemoteQuote(obj.quote.uri, obj.quote.authorization, legacy=obj.quote.legacy)


def _to_policy(obj: Object, collections: dict[str, str]) -> str:
    """Return the encoded interaction policy. Unknown audiences become `unsupported_policy`."""
    # Authors may always interact with their own posts: their empty name is dropped below.
    audiences = {**collections, PUBLIC: "public", **dict.fromkeys(obj.attributed_to, "")}

    def name_audiences(uris: tuple[str, ...]) -> tuple[str, ...]:
        names = dict.fromkeys(audiences.get(uri, "unsupported_policy") for uri in uris)
        return tuple(name for name in names if name)

    def to_rule(rule: InteractionRule | None) -> post_policies.PostPolicyRule | None:
        if rule is None:
            return None
        return post_policies.PostPolicyRule(name_audiences(rule.automatic), name_audiences(rule.manual))

    policy = obj.policy
    return post_policies.encode(
        post_policies.PostPolicy(
            to_rule(policy.quote), to_rule(policy.like), to_rule(policy.reply), to_rule(policy.announce)
        )
    )


def _to_remote_file(attachment: Attachment, kind: str = "unknown") -> remote_content.RemoteFile:
    """Return a file; it is of this `kind` if its peer does not tell."""
    return remote_content.RemoteFile(
        kind=attachment.kind or kind,
        content_type=attachment.media_type,
        url=attachment.url,
        description=attachment.description,
        blurhash=attachment.blurhash,
        focus=attachment.focus or (0.0, 0.0),
        width=attachment.width,
        height=attachment.height,
    )
