"""Inboxes (ActivityPub §7.1): one for everybody, one a person. Answered at once, processed later."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from activitypub.authority import same_origin
from activitypub.collections import read_synchronization
from activitypub.document import MAX_BYTES
from activitypub.errors import ActivityPubError, AuthorityError, MalformedDocument, SignatureError
from activitypub.terms import is_activitypub
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.relationships import follows
from fedserver.federation.authenticate import Blocked, Busy
from fedserver.federation.inbox import Full
from fedserver.links import INSTANCE_ACTOR
from fedserver.s2s.requests import signed_request
from fedserver.web.endpoint import Call, Nothing, Routes
from fedserver.web.json import json_response
from storage.rows.accounts import AccountRow

routes = Routes("s2s")
BODY_SECONDS = 15.0
log = structlog.stdlib.get_logger("fedserver.s2s")


def _refused(status: int, reason: str) -> web.Response:
    return json_response({"error": reason}, status=status)


def _later(status: int, reason: str) -> web.Response:
    response = _refused(status, reason)
    response.headers["Retry-After"] = "60"
    return response


@routes.post("/inbox", "/actor/inbox", tx="own", raw=True, limit="peers")
async def shared(call: Call[Nothing]) -> web.Response:
    return await _take(call, None)


@routes.post("/users/{name}/inbox", tx="own", raw=True, limit="peers")
async def personal(call: Call[Nothing]) -> web.Response:
    async with call.services.db.read() as tx:
        account = await accounts.local(tx, call.text("name"))
    if account.username == INSTANCE_ACTOR:
        raise NotFound
    return await _take(call, account.id)


async def _take(call: Call[Nothing], target_id: int | None) -> web.Response:
    request = call.request
    kind = request.headers.get("Content-Type", "")
    if not is_activitypub(kind) and not kind.startswith("application/json"):
        return _refused(415, "Send application/activity+json")
    if (request.content_length or 0) > MAX_BYTES:
        return _refused(413, f"At most {MAX_BYTES} bytes")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError:
        return _refused(408, f"The body did not come within {BODY_SECONDS} s")
    try:
        signer = await call.services.inbox.take(signed_request(call, body), target_id)
    except Blocked:
        return _refused(403, "This node does not speak with yours")
    except Full as error:
        if error.host:
            return _later(429, "Too much of your node is waiting. Please send slower.")
        return _later(503, "Too much is waiting. Please try again later.")
    except Busy:
        return _later(503, "Too many keys are being read. Please try again later.")
    except SignatureError as error:
        log.info("inbox_refused", reason=error.reason, detail=str(error)[:200])
        return _refused(401, f"The signature is not valid: {error.reason}")
    except AuthorityError as error:
        return _refused(403, str(error))
    except MalformedDocument as error:
        return _refused(400, str(error))
    except ActivityPubError as error:
        return _refused(400, str(error))
    await _compare_followers(call, signer)
    return web.Response(status=202)


async def _compare_followers(call: Call[Nothing], signer: AccountRow | None) -> None:
    """A peer may tell which followers the signer has here (FEP-8fcf)."""
    told = read_synchronization(call.request.headers.get("Collection-Synchronization", ""))
    if told is None or signer is None or told[0] != signer.followers_uri:
        return
    _, url, digest = told
    if not same_origin(url, signer.uri):
        return
    async with call.services.db.read() as tx:
        ours = await follows.partial(tx, signer, call.site.links.base)
    if follows.digest(ours) != digest:
        async with call.services.db.write() as tx:
            await follows.ask(tx, signer, url, digest)
