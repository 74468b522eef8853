"""WebFinger (RFC 7033) and host-meta (RFC 6415)."""

from __future__ import annotations

from aiohttp import web

from activitypub import webfinger as protocol
from activitypub.webfinger import Handle
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import GoneError, NotFoundError
from fedserver.links import INSTANCE_ACTOR
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.json import json_response
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("s2s")


@routes.get("/.well-known/webfinger", limit="peers", audience=EVERYONE, no_token=True)
async def show_webfinger(call: Call[NoParams]) -> web.Response:
    """Show which actor a handle or address belongs to."""
    resource = call.request.query.get("resource", "")
    subject = protocol.parse_resource(resource)
    if subject is None:
        return json_response({"error": "Give a resource like acct:name@domain"}, status=400)
    account = await _find_account(call, call.tx, subject)
    if account is None:
        raise NotFoundError
    if account.deleted_at is not None:
        raise GoneError
    links = call.site.links
    jrd = protocol.write_jrd(f"{account.username}@{links.domain}", account.uri, account.url, links.base)
    return json_response(
        jrd, kind=f"{protocol.JRD_MEDIA_TYPE}; charset=utf-8", headers={"Cache-Control": "max-age=300"}
    )


async def _find_account(call: Call[NoParams], tx: ReadTx, subject: Handle | str) -> AccountRow | None:
    """Return the local account that is asked for, by handle, URI or profile address."""
    links = call.site.links
    if isinstance(subject, Handle):
        if links.find_account_domain(subject.domain) != "":
            return None
        is_node = links.find_account_domain(subject.username) == ""
        return await accounts.find_by_handle(tx, INSTANCE_ACTOR if is_node else subject.username)
    if subject.rstrip("/") in (links.base, links.instance_actor):
        return await accounts.find_instance_account(tx, call.site)
    named = links.parse_subject(subject)
    return await accounts.find_by_handle(tx, named.username) if named is not None and not named.post else None


@routes.get("/.well-known/host-meta", limit="peers", audience=EVERYONE, no_token=True)
async def show_host_meta(call: Call[NoParams]) -> web.Response:
    """Show where WebFinger is, as XML."""
    text = protocol.write_host_meta(call.site.links.base)
    return web.Response(text=text, content_type="application/xrd+xml", charset="utf-8")


@routes.get("/.well-known/host-meta.json", limit="peers", audience=EVERYONE, no_token=True)
async def show_host_meta_json(call: Call[NoParams]) -> web.Response:
    """Show where WebFinger is, as JSON."""
    return json_response(protocol.write_host_meta_json(call.site.links.base))
