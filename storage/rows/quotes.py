"""Rows of quotes."""

from msgspec import Struct


class QuoteRow(Struct, frozen=True, gc=False):
    """A post that quotes another; `quoted_id` is None while that is not known, and when it is gone."""

    post_id: int
    account_id: int
    quoted_id: int | None
    quoted_account_id: int | None
    quoted_uri: str
    quoted_url: str
    state: str
    legacy: bool
    request_uri: str | None
    authorization_uri: str | None
    created_at: int
