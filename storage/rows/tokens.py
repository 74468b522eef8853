"""Rows of apps, codes and tokens."""

from msgspec import Struct


class AppRow(Struct, frozen=True, gc=False):
    """A client program."""

    id: int
    client_id: str
    secret_hash: str
    name: str
    website: str | None
    redirect_uris: str
    scopes: str
    created_at: int


class CodeRow(Struct, frozen=True, gc=False):
    """An authorization code, kept as a hash."""

    code_hash: str
    app_id: int
    member_id: int
    account_id: int
    redirect_uri: str
    scopes: str
    challenge: str | None
    expires_at: int
    used_at: int | None
    token_id: int | None


class TokenRow(Struct, frozen=True, gc=False):
    """An access token, kept as a hash."""

    id: int
    token_hash: str
    app_id: int | None
    member_id: int | None
    account_id: int | None
    scopes: str
    created_at: int
    used_at: int | None
    revoked_at: int | None
