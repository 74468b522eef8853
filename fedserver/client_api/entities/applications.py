"""Application and CredentialApplication (docs.joinmastodon.org/entities/Application)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.domain.auth import apps
from storage.rows.auth import AppRow


class Application(Struct, frozen=True):
    id: str
    name: str
    website: str | None
    scopes: list[str]
    redirect_uri: str
    redirect_uris: list[str]
    vapid_key: str
    client_id: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET
    client_secret_expires_at: int | UnsetType = UNSET


def render_application(row: AppRow, vapid_key: str, secret: str | None = None) -> Application:
    """Return an app; `secret` is given only when it was just registered, and its client id with it."""
    uris = apps.decode_redirect_uris(row)
    return Application(
        id=str(row.id),
        name=row.name,
        website=row.website,
        scopes=row.scopes.split(),
        redirect_uri="\n".join(uris),
        redirect_uris=uris,
        vapid_key=vapid_key,
        client_id=row.client_id if secret is not None else UNSET,
        client_secret=secret if secret is not None else UNSET,
        client_secret_expires_at=0 if secret is not None else UNSET,
    )


def render_command_line(scopes: list[str], vapid_key: str) -> Application:
    """Return the app of tokens that were made on the command line, or whose app is gone."""
    return Application(
        id="0",  # of no registered app
        name="fedserver token",
        website=None,
        scopes=scopes,
        redirect_uri="",
        redirect_uris=[],
        vapid_key=vapid_key,
    )
