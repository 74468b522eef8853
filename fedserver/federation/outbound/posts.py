"""A post of ours as a Note, an Article or a Question."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from activitypub import objects
from activitypub.addressing import addresses
from activitypub.document import Document
from activitypub.interactions import InteractionPolicy, InteractionRule, Quote
from activitypub.objects import Attachment, Hashtag, Mention, Object
from activitypub.terms import PUBLIC
from fedserver.domain.content import post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import poll_views, post_policies
from fedserver.federation.outbound import polls
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow, QuoteRow

_decode_mentions = msgspec.json.Decoder(list[post_texts.MentionFact]).decode
_decode_tags = msgspec.json.Decoder(list[str]).decode


def render_post(
    site: NodeContext,
    row: PostRow,
    author: AccountRow,
    files: Sequence[MediaRow],
    poll: poll_views.PollView | None,
    quote: QuoteRow | None = None,
) -> Document:
    """The document without `@context`. Raises ValueError for posts that never leave the node."""
    mentioned = _decode_mentions(row.mentions)
    named = [each.uri for each in mentioned]
    to, cc = addresses(row.visibility, author.followers_uri, named, site.links.partners)
    attached = [each for each in files if each.id != row.cover_id]
    cover = next((each for each in files if each.id == row.cover_id), None)
    return objects.write_object(
        Object(
            id=row.uri,
            kind=row.kind,
            attributed_to=(author.uri,),
            name=row.title,
            summary=row.summary,
            content=quotes.add_fallback_link(row.html, quote),
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
            mentions=tuple(Mention(each.uri, f"@{_full_handle(site, each)}") for each in mentioned),
            hashtags=tuple(Hashtag(each, site.links.tag(each)) for each in _decode_tags(row.tags)),
            attachments=tuple(_to_attachment(site, each) for each in attached),
            cover=_to_attachment(site, cover) if cover is not None else None,
            question=polls.to_question(poll) if poll is not None else None,
            quote=_to_quote(quote) if quote is not None else None,
            policy=_to_policy(row, author),
        ),
        likes=row.likes_count,
        shares=row.boosts_count,
        replies=row.replies_count,
    )


def _to_quote(row: QuoteRow) -> Quote | None:
    if quotes.is_gone(row):
        return None
    granted = row.authorization_uri if row.state == quotes.ACCEPTED else None
    return Quote(row.quoted_uri, row.quoted_url, granted)


def _to_policy(row: PostRow, author: AccountRow) -> InteractionPolicy:
    """Who may quote the post; always said, as peers take silence for a no. The author may in any case.

    Of likes, answers and boosts silence is a yes, so rules are told where there are any.
    """
    audience = {
        "public": (PUBLIC,),
        "followers": (author.followers_uri,),
        "following": (author.following_uri,),
        "mentioned": tuple(each.uri for each in _decode_mentions(row.mentions)),
    }

    def rule(given: post_policies.PostPolicyRule) -> InteractionRule:
        named = [uri for each in given.automatic for uri in audience.get(each, ())]
        return InteractionRule(tuple(named or [author.uri]))

    policy = post_policies.decode(row.interaction_policy)
    others = (policy.like, policy.reply, policy.announce)
    return InteractionPolicy(
        rule(policy.quote or post_policies.PostPolicyRule()),
        *(rule(each) if each is not None else None for each in others),
    )


def _full_handle(site: NodeContext, mention: post_texts.MentionFact) -> str:
    return mention.acct if "@" in mention.acct else f"{mention.acct}@{site.links.domain}"


def _to_attachment(site: NodeContext, row: MediaRow) -> Attachment:
    return Attachment(
        url=site.links.media(row.file_key) if row.file_key else row.remote_url,
        media_type=row.content_type,
        description=row.description,
        blurhash=row.blurhash,
        focus=(row.focus_x, row.focus_y),
        width=row.width,
        height=row.height,
    )
