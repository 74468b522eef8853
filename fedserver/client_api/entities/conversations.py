"""Conversation (docs.joinmastodon.org/entities/Conversation)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.domain.notifications import conversations
from fedserver.links import Links


class Conversation(Struct, frozen=True):
    id: str
    unread: bool
    accounts: list[Account]
    last_status: Status | None


def render_conversation(links: Links, view: conversations.ConversationView) -> Conversation:
    """Return a conversation as one of its participants sees it."""
    return Conversation(
        str(view.row.id),
        view.row.unread,
        [render_account(links, account) for account in view.accounts],
        render_status(links, view.last_post) if view.last_post is not None else None,
    )
