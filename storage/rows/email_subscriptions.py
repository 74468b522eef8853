"""Rows of e-mail subscriptions."""

from msgspec import Struct


class EmailSubscriptionRow(Struct, frozen=True, gc=False):
    """Somebody who asked for the public posts of an account by mail; `token` is in the links of mails."""

    id: int
    account_id: int
    email: str
    token: str
    created_at: int
    confirmed_at: int | None
