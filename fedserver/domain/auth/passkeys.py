"""Passkeys (WebAuthn level 3): to log in without a password, as a second step, and to reauthenticate.

Each challenge belongs to one browser and can be answered once. No attestation is asked for. As the only
factor, the authenticator must have verified its owner, by a fingerprint or a PIN; as a second step, its
presence is enough.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from fedserver.domain.auth import challenges, security_mails, two_factor
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.on_demand import on_demand
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.queries.auth import passkeys as passkey_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow, PasskeyRow

webauthn = on_demand("webauthn")
helpers = on_demand("webauthn.helpers")
structs = on_demand("webauthn.helpers.structs")

MAX_NAME = 60  # characters
MAX_PASSKEYS = 20  # all of them are listed in the options of each registration
MAX_ANSWER_LENGTH = 20_000  # of an answer, in characters


class _Response(Struct, frozen=True, rename="camel"):
    client_data: str = msgspec.field(name="clientDataJSON")
    user_handle: str | None = None


class _Answer(Struct, frozen=True):
    """The parts of a browser's answer that are read here; the library reads all of it."""

    id: str
    response: _Response


class _ClientData(Struct, frozen=True):
    challenge: str


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_client_data = msgspec.json.Decoder(_ClientData).decode


async def list_by_member(tx: ReadTx, member: MemberRow) -> list[PasskeyRow]:
    """Return the passkeys of a member."""
    return await passkey_queries.list_by_member(tx, member.id)


async def create_registration_options(
    tx: Tx, site: NodeContext, member: MemberRow, account: AccountRow, holder: str
) -> str:
    """Return options for `navigator.credentials.create`, as JSON.

    Raises InvalidError with too many passkeys.
    """
    existing = await list_by_member(tx, member)
    if len(existing) >= MAX_PASSKEYS:
        raise InvalidError("passkeys", f"are {MAX_PASSKEYS} already. Please remove one first.")
    token = await challenges.create(tx, challenges.NEW_PASSKEY, holder, member_id=member.id)
    options = webauthn.generate_registration_options(
        rp_id=site.links.hostname,
        rp_name=site.config.community.title,
        user_id=_to_user_handle(member.id),
        user_name=account.username,
        user_display_name=account.display_name or account.username,
        challenge=webauthn.base64url_to_bytes(token),
        exclude_credentials=_to_descriptors(existing),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    return str(webauthn.options_to_json(options))


def _to_user_handle(member_id: int) -> bytes:
    """Return the user handle of a member: a number that reveals nothing."""
    return str(member_id).encode()


def _to_descriptors(rows: list[PasskeyRow]) -> list[Any]:
    ids = (webauthn.base64url_to_bytes(row.credential_id) for row in rows)
    return [structs.PublicKeyCredentialDescriptor(id=credential_id) for credential_id in ids]


async def register(
    tx: Tx, site: NodeContext, member: MemberRow, holder: str, credential: str, name: str
) -> PasskeyRow:
    """Register a new passkey. Raises NotFoundError, InvalidError."""
    token, _ = _parse_answer(credential)
    challenge = await challenges.consume(tx, challenges.NEW_PASSKEY, token, holder)
    if challenge.member_id != member.id:
        raise NotFoundError
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(token),
            expected_rp_id=site.links.hostname,
            expected_origin=site.links.base,
        )
    except Exception as error:
        # Untrusted keys and certificates reach deep into the libraries: any error means that it is invalid.
        raise InvalidError("passkey", "was not accepted. Please try again.") from error
    row = PasskeyRow(
        id=tx.new_id(),
        member_id=member.id,
        credential_id=helpers.bytes_to_base64url(verified.credential_id),
        public_key=helpers.bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        name=clean_line("name", name, MAX_NAME) or gettext("Passkey"),
        created_at=tx.now,
        used_at=None,
    )
    if len(row.credential_id) > 1_400 or not await passkey_queries.insert(tx, row):
        raise InvalidError("passkey", "is registered already")
    await security_mails.enqueue(tx, member, "passkey_added")
    return row


async def create_authentication_options(
    tx: Tx, site: NodeContext, holder: str, member: MemberRow | None, *, require_user_verification: bool
) -> str:
    """Return options for `navigator.credentials.get`, as JSON; with `member` for their passkeys only."""
    rows = await list_by_member(tx, member) if member is not None else []
    token = await challenges.create(tx, challenges.PASSKEY, holder, member_id=member.id if member else None)
    user_verification = (
        structs.UserVerificationRequirement.REQUIRED
        if require_user_verification
        else structs.UserVerificationRequirement.PREFERRED
    )
    options = webauthn.generate_authentication_options(
        rp_id=site.links.hostname,
        challenge=webauthn.base64url_to_bytes(token),
        allow_credentials=_to_descriptors(rows),
        user_verification=user_verification,
    )
    return str(webauthn.options_to_json(options))


async def verify(
    tx: Tx,
    site: NodeContext,
    holder: str,
    credential: str,
    member: MemberRow | None,
    *,
    require_user_verification: bool,
) -> MemberRow | None:
    """Return the owner of the passkey that answered.

    Returns None if the answer is not valid or, with `member`, the passkey is another member's.
    """
    try:
        token, answer = _parse_answer(credential)
        challenge = await challenges.consume(tx, challenges.PASSKEY, token, holder)
    except DomainError:
        return None
    row = await passkey_queries.find_by_credential(tx, answer.id)
    if row is None or challenge.member_id != (member.id if member else None):
        return None
    handle = answer.response.user_handle
    if handle and handle != helpers.bytes_to_base64url(_to_user_handle(row.member_id)):
        return None
    sign_count = _verify_signature(
        site, row, token, credential, require_user_verification=require_user_verification
    )
    if sign_count is None or (member is not None and row.member_id != member.id):
        return None
    if not await passkey_queries.mark_used(tx, row, sign_count):
        return None
    return await member_queries.find(tx, row.member_id)


def _verify_signature(
    site: NodeContext, row: PasskeyRow, token: str, credential: str, *, require_user_verification: bool
) -> int | None:
    """Return the authenticator's signature counter, None if its answer is not valid."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(token),
            expected_rp_id=site.links.hostname,
            expected_origin=site.links.base,
            credential_public_key=webauthn.base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
            require_user_verification=require_user_verification,
        )
    except Exception:
        # Whatever the libraries below raise, the answer is not accepted.
        return None
    return int(verified.new_sign_count)


def _parse_answer(credential: str) -> tuple[str, _Answer]:
    """Return the challenge that an answer names, and the answer. Raises InvalidError."""
    try:
        if len(credential) > MAX_ANSWER_LENGTH:
            raise InvalidError("passkey", "could not be read. Please try again.")
        answer = _decode_answer(credential)
        data: Any = webauthn.base64url_to_bytes(answer.response.client_data)
        return _decode_client_data(data).challenge, answer
    except (ValueError, RecursionError) as error:
        raise InvalidError("passkey", "could not be read. Please try again.") from error


async def rename(tx: Tx, member: MemberRow, passkey_id: int, name: str) -> None:
    """Rename a passkey. Raises NotFoundError for another member's, InvalidError for an empty name."""
    name = clean_line("name", name, MAX_NAME)
    if not name:
        raise InvalidError("name", "can't be blank", "ERR_BLANK")
    if not await passkey_queries.rename(tx, passkey_id, member.id, name):
        raise NotFoundError


async def remove(tx: Tx, member: MemberRow, passkey_id: int) -> None:
    """Remove a passkey. With the last one a second step that needs passkeys is turned off.

    Raises NotFoundError for another member's.
    """
    if not await passkey_queries.delete_by_id(tx, passkey_id, member.id):
        raise NotFoundError
    await security_mails.enqueue(tx, member, "passkey_removed")
    state = await two_factor.load_state(tx, member)
    if state.on and not state.app and not state.passkeys:
        await two_factor.disable(tx, member)
