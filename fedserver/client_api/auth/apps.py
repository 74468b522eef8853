"""Apps (docs.joinmastodon.org/methods/apps)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.applications import (
    Application,
    render_application,
    render_command_line,
)
from fedserver.domain.auth import apps
from fedserver.domain.notifications import push_keys
from fedserver.web.endpoint import APP, EVERYONE, Call, NoParams, Routes

routes = Routes("client_api")


class NewAppParams(Struct, frozen=True):
    client_name: str = ""
    redirect_uris: Any = ""  # a list, or text with an address a line
    scopes: str = "read"
    website: str | None = None


@routes.post("/api/v1/apps", params=NewAppParams, limit="apps", audience=EVERYONE)
async def create(call: Call[NewAppParams]) -> Application:
    sent = call.params.redirect_uris
    items = sent if isinstance(sent, list) else []
    uris = sent.split() if isinstance(sent, str) else [uri for uri in items if isinstance(uri, str)]
    new = await apps.register(call.tx, call.params.client_name, uris, call.params.scopes, call.params.website)
    return render_application(new.row, await push_keys.load_public_key(call.tx), new.secret)


@routes.get("/api/v1/apps/verify_credentials", auth=APP, allow_pending=True, audience=EVERYONE)
async def verify_credentials(call: Call[NoParams]) -> Application:
    """Return the app of the token; one with a name also for tokens made on the command line."""
    principal = call.principal
    row = await apps.find(call.tx, principal.app_id) if principal and principal.app_id is not None else None
    vapid_key = await push_keys.load_public_key(call.tx)
    if row is None:
        return render_command_line(sorted(principal.scopes if principal else ()), vapid_key)
    return render_application(row, vapid_key)
