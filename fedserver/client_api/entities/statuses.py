"""Status (docs.joinmastodon.org/entities/Status).

Clients know no articles: one is shown with its title as the first line and its text below, and its card leads
to its page.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.cards import Card, render_card
from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_stored_emojis
from fedserver.client_api.entities.filters import FilterResult, render_filter_result
from fedserver.client_api.entities.media_attachments import MediaAttachment, render_media_attachment
from fedserver.client_api.entities.polls import Poll, render_poll_or_none
from fedserver.client_api.entities.times import to_iso, to_iso_or_none
from fedserver.domain.accounts import account_views
from fedserver.domain.content import post_texts
from fedserver.domain.posts import articles
from fedserver.domain.timelines import interaction_policies, post_policies, post_views
from fedserver.links import Links
from storage.rows.posts import PostRow

# States in which clients get the quoted post; for a muted or blocked author they let the user decide.
VISIBLE_QUOTE_STATES = ("accepted", "blocked_account", "blocked_domain", "muted_account")
# Our visibilities that Mastodon calls otherwise, or does not have.
VISIBILITY = {"followers": "private", "local": "public", "partners": "private"}
_decode_tags = msgspec.json.Decoder(list[str]).decode


class Mention(Struct, frozen=True):
    id: str
    username: str
    url: str
    acct: str


class TagLink(Struct, frozen=True):
    name: str
    url: str


class StatusApplication(Struct, frozen=True):
    name: str
    website: str | None


class Quote(Struct, frozen=True):
    """A quote; `quoted_status` is null where it may not be shown."""

    state: str
    quoted_status: Status | None


class ShallowQuote(Struct, frozen=True):
    """A quote inside a quoted post."""

    state: str
    quoted_status_id: str | None


class QuoteApproval(Struct, frozen=True):
    """The rule of who may quote a status, and whether the viewer may."""

    automatic: tuple[str, ...]
    manual: tuple[str, ...]
    current_user: str


class StatusReaction(Struct, frozen=True):
    """The count of reactions with an emoji; `url` is the image of a custom emoji, null for a character."""

    name: str
    count: int
    me: bool
    url: str | None = None
    static_url: str | None = None


class Pleroma(Struct, frozen=True):
    """Fields that clients of Pleroma and Akkoma look for."""

    emoji_reactions: list[StatusReaction]


class InteractionRule(Struct, frozen=True):
    automatic_approval: tuple[str, ...]
    manual_approval: tuple[str, ...]


class InteractionPolicy(Struct, frozen=True):
    """The rules of who may like, reply to and boost a status, as in GoToSocial's API."""

    can_favourite: InteractionRule
    can_reply: InteractionRule
    can_reblog: InteractionRule


class Status(Struct, frozen=True, kw_only=True):
    id: str
    created_at: str
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: str
    language: str | None
    uri: str
    url: str | None
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int = 0
    edited_at: str | None
    content: str
    reblog: Status | None
    application: StatusApplication | None
    account: Account
    media_attachments: list[MediaAttachment]
    mentions: list[Mention]
    tags: list[TagLink]
    emojis: list[CustomEmoji]
    card: Card | None
    poll: Poll | None
    quote: Quote | ShallowQuote | None = None
    quote_approval: QuoteApproval | None = None
    local_only: bool = False
    reactions: list[StatusReaction] | UnsetType = UNSET  # as in glitch-soc
    emoji_reactions: list[StatusReaction] | UnsetType = UNSET  # as in Fedibird, which Phanpy reads
    pleroma: Pleroma | UnsetType = UNSET
    interaction_policy: InteractionPolicy | UnsetType = UNSET
    partners_only: bool = False
    title: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    text: str | UnsetType = UNSET
    favourited: bool | UnsetType = UNSET
    reblogged: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    filtered: list[FilterResult] | UnsetType = UNSET


def render_status(
    links: Links, view: post_views.PostView, *, with_source: bool = False, quoted: bool = False
) -> Status:
    """Return a post as its viewer sees it.

    `with_source` adds the text that was written, so that a deleted post can be written again. Of a `quoted`
    post only the id of what it quotes itself is given.
    """
    row = view.post
    boosted = view.boost_of.post if view.boost_of else None
    counted = boosted or row
    return Status(
        id=str(row.id),
        created_at=to_iso(row.published_at),
        in_reply_to_id=_text_or_none(row.in_reply_to_id),
        in_reply_to_account_id=_text_or_none(row.in_reply_to_account_id) if row.in_reply_to_id else None,
        sensitive=counted.sensitive,
        spoiler_text=render_content_warning(row),
        visibility=VISIBILITY.get(row.visibility, row.visibility),
        language=counted.language,
        uri=row.uri,
        url=row.url,
        replies_count=counted.replies_count,
        reblogs_count=counted.boosts_count,
        favourites_count=counted.likes_count,
        quotes_count=counted.quotes_count,
        edited_at=to_iso_or_none(row.edited_at),
        content=render_content(links, view),
        reblog=render_status(links, view.boost_of) if view.boost_of else None,
        application=StatusApplication(view.app.name, view.app.website) if view.app else None,
        account=render_account(links, view.account),
        media_attachments=[render_media_attachment(links, file) for file in view.media],
        mentions=[
            Mention(str(mention.id), mention.username, mention.url, account_views.show_handle(mention.acct))
            for mention in post_texts.decode_mentions(row.mentions)
        ],
        tags=[TagLink(name, links.tag(name)) for name in _decode_tags(row.tags)],
        emojis=render_stored_emojis(links, row.emojis),
        poll=render_poll_or_none(links, view),
        card=render_card(links, view),
        quote=_render_quote(links, view.quote, shallow=quoted, include_hidden=with_source),
        quote_approval=_render_quote_approval(view),
        local_only=row.visibility == "local",
        partners_only=row.visibility == "partners",
        title=row.title or UNSET,
        summary=_render_summary(row),
        draft=True if row.state == "draft" else UNSET,
        text=row.source if with_source else UNSET,
        interaction_policy=_render_interaction_policy(counted),
        **_render_reactions(links, view.boost_of or view),
        **_render_viewer_state(view),
    )


def _text_or_none(identifier: int | None) -> str | None:
    return None if identifier is None else str(identifier)


def render_content_warning(row: PostRow) -> str:
    """Return the content warning, '' if there is none."""
    return post_texts.find_warning(row.kind, row.summary, sensitive=row.sensitive)


def _render_summary(row: PostRow) -> str | UnsetType:
    """Return what an article is about; UNSET for other posts, and where the summary is a content warning."""
    return row.summary if row.title and row.summary and not render_content_warning(row) else UNSET


def render_content(links: Links, view: post_views.PostView) -> str:
    """Return the text of a post as it is shown, HTML."""
    view = view.boost_of or view
    return post_texts.grant_pictures(links, view.post.id, articles.build_content(view))


def _render_quote(
    links: Links, view: post_views.QuoteView | None, *, shallow: bool, include_hidden: bool
) -> Quote | ShallowQuote | None:
    """Return what a post quotes.

    The quoted post is given where its author agreed, and always if `include_hidden`.
    """
    if view is None:
        return None
    post = view.post if include_hidden or view.state in VISIBLE_QUOTE_STATES else None
    if shallow:
        return ShallowQuote(view.state, str(post.post.id) if post is not None else None)
    return Quote(view.state, render_status(links, post, quoted=True) if post is not None else None)


def _render_quote_approval(view: post_views.PostView) -> QuoteApproval:
    rule = post_policies.decode(view.post.interaction_policy).quote
    automatic, manual = (rule.automatic, rule.manual) if rule is not None else ((), ())
    return QuoteApproval(automatic, manual, view.quote_permission)


def _render_interaction_policy(row: PostRow) -> InteractionPolicy | UnsetType:
    """Return who may like, reply and boost; UNSET where everybody may."""
    policy = post_policies.decode(row.interaction_policy)
    rules = (policy.like, policy.reply, policy.announce)
    return (
        InteractionPolicy(*map(_render_interaction_rule, rules))
        if any(rule is not None for rule in rules)
        else UNSET
    )


def _render_interaction_rule(rule: post_policies.PostPolicyRule | None) -> InteractionRule:
    audiences = interaction_policies.AUDIENCES
    if rule is None:
        return InteractionRule(("public", "author"), ())
    automatic = tuple(audience for audience in rule.automatic if audience in audiences)
    return InteractionRule(
        (*automatic, "author"), tuple(audience for audience in rule.manual if audience in audiences)
    )


def _render_viewer_state(view: post_views.PostView) -> dict[str, Any]:
    state = view.viewer_state
    if state is None:
        return {}
    fields: dict[str, Any] = {
        "favourited": state.liked,
        "reblogged": state.boosted,
        "muted": state.muted,
        "bookmarked": state.bookmarked,
        "filtered": [render_filter_result(match) for match in view.filtered],
    }
    if view.post.boost_of_id is None:
        fields["pinned"] = state.pinned
    return fields


def _render_reactions(links: Links, view: post_views.PostView) -> dict[str, Any]:
    """Return the emoji reactions under the names by which clients know them; empty without any."""
    own = view.viewer_state.reactions if view.viewer_state is not None else ()
    reactions = [
        StatusReaction(
            reaction.name,
            reaction.count,
            (reaction.name, reaction.url) in own,
            links.with_grant(links.emoji(reaction.url, "original")) if reaction.url else None,
            links.with_grant(links.emoji(reaction.url, "small")) if reaction.url else None,
        )
        for reaction in view.reactions
    ]
    if not reactions:
        return {}
    return {"reactions": reactions, "emoji_reactions": reactions, "pleroma": Pleroma(reactions)}
