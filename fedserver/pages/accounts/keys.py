"""Keys of members, linked by an identity proof (FEP-c390): a text to sign, and the signature of it."""

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
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, Question, Routes

routes = Routes("pages")


class KeyFormParams(Struct, frozen=True):
    csrf: str = ""
    key: str = ""
    created: int = 0
    signature: str = ""
    statement: str = ""


def _render_page(
    call: Call[KeyFormParams], problem: str, statement: dict[str, Any] | None, to_sign: bytes
) -> web.Response:
    return call.render(
        "keys.html",
        status=422 if problem else 200,
        problem=problem,
        done="done" in call.request.query,
        params=call.params,
        proof=statement,
        text=json.dumps(statement, indent=2) if statement is not None else "",
        signed=to_sign.hex(),
        created=call.params.created or call.tx.now,
        linked=identity_proofs.list_by_account(call.account),
    )


@routes.get("/settings/keys", html=True, auth=USER, requires_recent_auth=True, params=KeyFormParams)
async def show(call: Call[KeyFormParams]) -> web.Response:
    return _render_page(call, "", None, b"")


@routes.post("/settings/keys", html=True, auth=USER, requires_recent_auth=True, params=KeyFormParams)
async def link_key(call: Call[KeyFormParams]) -> web.StreamResponse:
    """Show what to sign with a key; then link it by the signature, or by a statement signed elsewhere."""
    params, now, actor = call.params, call.tx.now, call.account.uri
    statement, to_sign = None, b""
    try:
        if params.statement.strip():
            proof = fep_c390.parse_statement(params.statement, actor, now)
        else:
            created = params.created if 0 < params.created <= now else now
            subject = fep_c390.parse_subject(params.key)
            statement, to_sign = fep_c390.build_statement(subject, actor, created)
            if not params.signature.strip():
                return _render_page(call, "", statement, to_sign)
            signed_statement = fep_c390.with_signature(statement, _parse_signature(params.signature))
            proof = fep_c390.verify(signed_statement, actor, now)
        row = identity_proofs.IdentityProof(proof.subject, proof.created, proof.document)
        await identity_proofs.add(call.tx, call.account, row)
    except fep_c390.SignatureError as error:
        return _render_page(call, _describe_error(params, str(error)), statement, to_sign)
    except InvalidError as error:
        return _render_page(call, error.message, statement, to_sign)
    return call.see_other("/settings/keys?done=1")


def _describe_error(params: KeyFormParams, reason: str) -> str:
    """Return what people can do about a key, statement or signature that is not accepted."""
    if params.statement.strip():
        return gettext(
            "The statement is not valid. Please check that it is about this account, is signed with the key "
            "that it names, and has not expired."
        )
    if reason.startswith("bad-key"):
        return gettext("Please enter the did:key of an Ed25519 key. It begins with did:key:z6Mk.")
    return gettext("The signature is not valid. Please sign the text below with this key and try again.")


def _parse_signature(text: str) -> bytes:
    """Return the 64 bytes of base64, hexadecimal, or base58 after a z (multibase); b'' for anything else."""
    text = "".join(text.split())
    try:
        if len(text) == 128:
            return bytes.fromhex(text)
        if text.startswith("z") and len(text) != 88:
            return fep_c390.decode_multibase(text)
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
    except (ValueError, binascii.Error):
        return b""


@routes.post(
    "/settings/keys/forget",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=KeyFormParams,
    question=Question("Remove this key? It no longer proves that this account is yours."),
)
async def unlink_key(call: Call[KeyFormParams]) -> web.StreamResponse:
    await identity_proofs.remove(call.tx, call.account, call.params.key)
    return call.see_other("/settings/keys?done=1")
