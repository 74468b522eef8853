"""Rows of conversations."""

from msgspec import Struct


class ConversationRow(Struct, frozen=True, gc=False):
    """A conversation as one of those who take part keeps it."""

    id: int
    account_id: int
    thread_id: int
    people: str
    people_hash: str
    last_post_id: int
    unread: bool
