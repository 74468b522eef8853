"""OAuth client apps, identified by a client id and a secret."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from addresses.hosts import normalize_url
from fedserver.domain.kernel import scopes
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.kernel.secrets import hash_secret, new_secret, verify_secret
from fedserver.text.sanitize import clean_name, to_web_url
from storage.engine import ReadTx, Tx
from storage.queries.auth import apps as app_queries
from storage.rows.auth import AppRow

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
# Schemes that browsers run, read or show themselves, instead of opening an app.
DANGEROUS_SCHEMES = frozenset({
    "javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "jar", "view-source", "mailto",
    "ws", "wss", "ftp",
})  # fmt: skip
# Never unescaped in a URI (RFC 3986), and dangerous in a header or a page.
FORBIDDEN_CHARACTERS = frozenset(' "<>\\^`{|}')
MAX_NAME, MAX_URIS, MAX_URI = 60, 20, 2_000  # characters; number, and characters of each, as in Mastodon
_decode_uris = msgspec.json.Decoder(list[str]).decode


class RegisteredApp(Struct, frozen=True):
    """An app just registered; its secret is not stored and known only here."""

    row: AppRow
    secret: str


def decode_redirect_uris(app: AppRow) -> list[str]:
    """Return the redirect URIs that an app registered."""
    return _decode_uris(app.redirect_uris)


async def register(
    tx: Tx, name: str, uris: Sequence[str], wanted_scopes: str, website: str | None
) -> RegisteredApp:
    """Register an app. Raises InvalidError."""
    if not clean_name(name, MAX_NAME):
        raise InvalidError("client_name", "can't be blank", "ERR_BLANK")
    for field, text, max_length in (
        ("client_name", name.strip(), MAX_NAME),
        ("website", website or "", MAX_URI),
    ):
        if len(text) > max_length:
            raise InvalidError(field, f"is too long (maximum is {max_length} characters)", "ERR_TOO_LONG")
    redirect_uris = list(dict.fromkeys(uri.strip() for uri in uris if uri.strip()))
    if not redirect_uris:
        raise InvalidError("redirect_uris", "can't be blank", "ERR_BLANK")
    for uri in redirect_uris[: MAX_URIS + 1]:
        _check_uri(uri)
    if len(redirect_uris) > MAX_URIS:
        raise InvalidError("redirect_uris", f"are more than {MAX_URIS}")
    granted = scopes.parse(wanted_scopes) or ("read",)
    secret = new_secret()
    row = AppRow(
        id=tx.new_id(),
        client_id=new_secret(),
        secret_hash=hash_secret(secret),
        name=clean_name(name, MAX_NAME),
        website=to_web_url(website or "") or None,
        redirect_uris=msgspec.json.encode(redirect_uris).decode(),
        scopes=" ".join(granted),
        created_at=tx.now,
    )
    await app_queries.insert(tx, row)
    return RegisteredApp(row, secret)


def _check_uri(uri: str) -> None:
    """Raise InvalidError unless it is an absolute URI: http(s) or an app's own scheme."""
    if uri == OUT_OF_BAND:
        return
    try:
        scheme = urlsplit(uri).scheme.lower()
    except ValueError:
        scheme = ""
    plain = (
        uri.isprintable() and len(uri) <= MAX_URI and "#" not in uri and FORBIDDEN_CHARACTERS.isdisjoint(uri)
    )
    if not scheme or scheme in DANGEROUS_SCHEMES or not plain:
        raise InvalidError("redirect_uris", "must be absolute URIs of the app")
    # It ends up in a CSP of the consent page and in a Location header.
    if not (normalize_url(uri) if scheme in ("http", "https") else uri.isascii()):
        raise InvalidError("redirect_uris", "must be absolute URIs of the app")


async def find_by_client_id(tx: ReadTx, client_id: str) -> AppRow | None:
    """Return an app by its client id, None if it is unknown."""
    possible = 0 < len(client_id) <= 200 and client_id.isprintable()
    return await app_queries.find_by_client_id(tx, client_id) if possible else None


async def find(tx: ReadTx, app_id: int) -> AppRow | None:
    """Return an app by its id, None if it is unknown."""
    return await app_queries.find(tx, app_id)


def has_secret(app: AppRow, secret: str) -> bool:
    """Return True if this is the app's secret."""
    return verify_secret(secret, app.secret_hash)
