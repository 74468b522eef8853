"""Inboxes (ActivityPub §7.1): the shared one and one for each member. Answered at once, processed later."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from activitypub.authority import same_origin
from activitypub.collections import read_synchronization
from activitypub.document import MAX_BYTES
from activitypub.errors import ActivityPubError, AuthorityError, MalformedDocumentError, SignatureError
from activitypub.terms import is_inbox_type
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.relationships import followers
from fedserver.federation.authenticate import BusyError, PeerBlockedError
from fedserver.federation.inbox import QueueFullError
from fedserver.federation.peer_access import REFUSED
from fedserver.links import INSTANCE_ACTOR
from fedserver.s2s.requests import get_named_account
from fedserver.web.endpoint import PEERS, Call, NoParams, Routes
from fedserver.web.json import json_response
from storage.rows.accounts import AccountRow

routes = Routes("s2s")
BODY_TIMEOUT_S = 15.0  # slow bodies would hold connections and memory
log = structlog.stdlib.get_logger("fedserver.s2s")


def _reject(status: int, reason: str) -> web.Response:
    return json_response({"error": reason}, status=status)


def _ask_to_retry(status: int, reason: str) -> web.Response:
    response = _reject(status, reason)
    response.headers["Retry-After"] = "60"
    return response


@routes.post("/inbox", "/actor/inbox", tx="own", audience=PEERS, raw=True, limit="peers")
async def receive_shared(call: Call[NoParams]) -> web.Response:
    """Receive an activity for any member, or for the node."""
    return await _receive(call, None)


@routes.post("/users/{name}/inbox", tx="own", audience=PEERS, raw=True, limit="peers")
async def receive_personal(call: Call[NoParams]) -> web.Response:
    """Receive an activity for one member."""
    async with call.services.db.read() as tx:
        account = await get_named_account(call, tx)
    if account.username == INSTANCE_ACTOR:
        raise NotFoundError
    return await _receive(call, account.id)


async def _receive(call: Call[NoParams], target_id: int | None) -> web.Response:
    """Read, verify and store an activity. 503 and 429 ask the peer to send it again later."""
    request = call.request
    kind = request.headers.get("Content-Type", "")
    if not is_inbox_type(kind):
        return _reject(415, "Send application/activity+json")
    if (request.content_length or 0) > MAX_BYTES:
        return _reject(413, f"At most {MAX_BYTES} bytes")
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await request.read()
    except TimeoutError:
        return _reject(408, f"The body did not come within {BODY_TIMEOUT_S} s")
    try:
        signer = await call.services.inbox.receive(call.build_signed_request(body), target_id)
    except PeerBlockedError:
        return _reject(403, REFUSED)
    except QueueFullError as error:
        if error.host:
            return _ask_to_retry(429, "Too much of your node is waiting. Please send slower.")
        return _ask_to_retry(503, "Too much is waiting. Please try again later.")
    except BusyError:
        return _ask_to_retry(503, "Too many keys are being read. Please try again later.")
    except SignatureError as error:
        log.info("inbox_refused", reason=error.reason, detail=str(error)[:200])
        return _reject(401, f"The signature is not valid: {error.reason}")
    except AuthorityError as error:
        return _reject(403, str(error))
    except MalformedDocumentError as error:
        return _reject(400, str(error))
    except ActivityPubError as error:
        return _reject(400, str(error))
    await _compare_followers(call, signer)
    return web.Response(status=202)


async def _compare_followers(call: Call[NoParams], signer: AccountRow | None) -> None:
    """Compare the followers of the signer with those its node stores, if it sent their digest (FEP-8fcf)."""
    synchronization = read_synchronization(call.request.headers.get("Collection-Synchronization", ""))
    if synchronization is None or signer is None or synchronization[0] != signer.followers_uri:
        return
    _, url, digest = synchronization
    if not same_origin(url, signer.uri):
        return
    async with call.services.db.read() as tx:
        uris = await followers.list_partial_followers(tx, signer, call.site.links.base)
    if followers.compute_digest(uris) != digest:
        async with call.services.db.write() as tx:
            await followers.enqueue_synchronization(tx, signer, url, digest)
