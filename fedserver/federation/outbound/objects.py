"""A local post as a Note, an Article or a Question."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from activitypub import objects
from activitypub.addressing import addresses
from activitypub.document import Document
from activitypub.interactions import InteractionPolicy, InteractionRule, Quote
from activitypub.objects import Attachment, Hashtag, Mention, Object, Option, Question
from activitypub.terms import PUBLIC
from fedserver.domain.content import post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import poll_views, post_policies
from fedserver.federation.convert.emojis import to_emoji_tags
from fedserver.federation.outbound.replies import SelfReplies, render_replies
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow, QuoteRow

_decode_tags = msgspec.json.Decoder(list[str]).decode


class RenderedPost(Struct, frozen=True):
    """A local post with its author and its document."""

    row: PostRow
    author: AccountRow
    document: Document


def render_post(
    site: NodeContext,
    row: PostRow,
    author: AccountRow,
    files: Sequence[MediaRow],
    poll: poll_views.PollView | None,
    quote: QuoteRow | None = None,
    self_replies: SelfReplies = (),
) -> Document:
    """Return the document of a post without `@context`. Raises ValueError if it never leaves the node."""
    mentions = post_texts.decode_mentions(row.mentions)
    mentioned_uris = [mention.uri for mention in mentions]
    to, cc = addresses(row.visibility, author.followers_uri, mentioned_uris, site.links.partners)
    attached = [file for file in files if file.id != row.cover_id]
    cover = next((file for file in files if file.id == row.cover_id), None)
    return objects.write_object(
        Object(
            id=row.uri,
            kind=row.kind,
            attributed_to=(author.uri,),
            name=row.title,
            summary=row.summary,
            content=quotes.add_fallback_link(post_texts.get_html(row), quote),
            language=row.language,
            source=row.source,
            source_type=row.source_type,
            url=row.url,
            sensitive=row.sensitive or author.sensitized_at is not None,
            published=row.published_at,
            updated=row.edited_at,
            to=tuple(to),
            cc=tuple(cc),
            in_reply_to=row.in_reply_to_uri,
            context=row.context_uri,
            mentions=tuple(Mention(item.uri, f"@{_full_handle(site, item)}") for item in mentions),
            hashtags=tuple(Hashtag(name, site.links.tag(name)) for name in _decode_tags(row.tags)),
            emojis=to_emoji_tags(site.links, row.emojis),
            attachments=tuple(_to_attachment(site, file) for file in attached),
            cover=_to_attachment(site, cover) if cover is not None else None,
            question=_to_question(poll) if poll is not None else None,
            quote=_to_quote(quote) if quote is not None else None,
            policy=_to_policy(row, author),
            license=post_texts.LICENSES.get(row.license, ""),
        ),
        likes=row.likes_count,
        shares=row.boosts_count,
        replies=render_replies(row, self_replies),
    )


def _to_question(view: poll_views.PollView) -> Question:
    """Return the options of a poll with their votes, unless these are hidden, and its end (FEP-9967)."""
    poll = view.poll
    return Question(
        options=tuple(
            Option(option.name, None if view.hidden else option.votes_count) for option in view.options
        ),
        multiple=poll.multiple,
        ends_at=poll.expires_at,
        closed_at=(poll.closed_at or poll.expires_at) if view.expired else None,
        voters=poll.voters_count,
    )


def _to_quote(row: QuoteRow) -> Quote | None:
    if quotes.is_gone(row):
        return None
    authorization_uri = row.authorization_uri if row.state == quotes.ACCEPTED else None
    return Quote(row.quoted_uri, row.quoted_url, authorization_uri)


def _to_policy(row: PostRow, author: AccountRow) -> InteractionPolicy:
    """Return who may quote, like, answer and boost the post (FEP-044f).

    A rule for quotes is always there, as a missing one means nobody but the author. For the others a missing
    one means everyone, so they are there only where the author set one.
    """
    audience = {
        "public": (PUBLIC,),
        "followers": (author.followers_uri,),
        "following": (author.following_uri,),
        "mentioned": tuple(mention.uri for mention in post_texts.decode_mentions(row.mentions)),
    }

    def to_rule(rule: post_policies.PostPolicyRule) -> InteractionRule:
        uris = [uri for name in rule.automatic for uri in audience.get(name, ())]
        return InteractionRule(tuple(uris or [author.uri]))

    policy = post_policies.decode(row.interaction_policy)
    others = (policy.like, policy.reply, policy.announce)
    return InteractionPolicy(
        to_rule(policy.quote or post_policies.PostPolicyRule()),
        *(to_rule(rule) if rule is not None else None for rule in others),
    )


def _full_handle(site: NodeContext, mention: post_texts.MentionFact) -> str:
    return mention.acct if "@" in mention.acct else f"{mention.acct}@{site.links.domain}"


def _to_attachment(site: NodeContext, row: MediaRow) -> Attachment:
    return Attachment(
        url=site.links.with_grant(site.links.media(row.file_key)) if row.file_key else row.remote_url,
        media_type=row.content_type,
        description=row.description,
        blurhash=row.blurhash,
        focus=(row.focus_x, row.focus_y),
        width=row.width,
        height=row.height,
    )
