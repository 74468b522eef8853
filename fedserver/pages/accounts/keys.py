"""A key that a member holds: what is to be signed with it, and the signature pasted back."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from aiohttp import web
from msgspec import Struct

from activitypub import identity_proofs as fep_c390
from fedserver.domain.accounts import identity_proofs
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.html import see_other

routes = Routes("pages")


class KeyFormParams(Struct, frozen=True):
    csrf: str = ""
    key: str = ""
    created: int = 0
    signature: str = ""
    statement: str = ""


def _render_page(
    call: Call[KeyFormParams], problem: str, made: dict[str, Any] | None, signed: bytes
) -> web.Response:
    return call.render(
        "keys.html",
        status=422 if problem else 200,
        problem=problem,
        done="done" in call.request.query,
        params=call.params,
        made=made,
        text=json.dumps(made, indent=2) if made is not None else "",
        signed=signed.hex(),
        created=call.params.created or call.tx.now,
        linked=identity_proofs.list_by_account(call.account),
    )


@routes.get("/settings/keys", html=True, auth=USER, requires_recent_auth=True, params=KeyFormParams)
async def show(call: Call[KeyFormParams]) -> web.Response:
    return _render_page(call, "", None, b"")


@routes.post("/settings/keys", html=True, auth=USER, requires_recent_auth=True, params=KeyFormParams)
async def link_key(call: Call[KeyFormParams]) -> web.StreamResponse:
    """First the key, to be told what to sign; then the signature, or a statement signed elsewhere."""
    params, now, actor = call.params, call.tx.now, call.account.uri
    made, signed = None, b""
    try:
        if params.statement.strip():
            proof = fep_c390.parse_statement(params.statement, actor, now)
        else:
            created = params.created if 0 < params.created <= now else now
            subject = fep_c390.parse_subject(params.key)
            made, signed = fep_c390.build_statement(subject, actor, created)
            if not params.signature.strip():
                return _render_page(call, "", made, signed)
            whole = fep_c390.with_signature(made, _parse_signature(params.signature))
            proof = fep_c390.verify(whole, actor, now)
        kept = identity_proofs.IdentityProof(proof.subject, proof.created, proof.document)
        await identity_proofs.add(call.tx, call.account, kept)
    except fep_c390.SignatureError as error:
        return _render_page(call, _describe_error(str(error)), made, signed)
    except InvalidError as error:
        return _render_page(call, error.reason, made, signed)
    return see_other("/settings/keys?done=1")


def _describe_error(reason: str) -> str:
    if reason.startswith("bad-key"):
        return "This is no did:key of an Ed25519 key: it begins with did:key:z6Mk"
    return f"The signature does not hold: {reason}"


def _parse_signature(text: str) -> bytes:
    """64 bytes as people copy them: base64, hexadecimal, or base58 after a z; b'' for anything else."""
    text = "".join(text.split())
    try:
        if len(text) == 128:
            return bytes.fromhex(text)
        if text.startswith("z") and len(text) != 88:
            return fep_c390.decode_multibase(text)
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
    except (ValueError, binascii.Error):
        return b""


@routes.post("/settings/keys/forget", html=True, auth=USER, requires_recent_auth=True, params=KeyFormParams)
async def unlink_key(call: Call[KeyFormParams]) -> web.StreamResponse:
    await identity_proofs.remove(call.tx, call.account, call.params.key)
    return see_other("/settings/keys?done=1")
