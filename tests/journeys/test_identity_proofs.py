"""A member's own key (FEP-c390): signed for on a page, told to peers, shown there once it was checked."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activitypub import identity_proofs as fep_c390
from activitypub.keys import load_private
from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.accounts import identity_proofs
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from tests.journeys.test_federation import follow, settle
from tests.kit import keys
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor


def make_key(name: str) -> tuple[str, Ed25519PrivateKey]:
    """Return a did:key and its private key."""
    private, public = keys.ed25519(name)
    key = load_private(private)
    assert isinstance(key, Ed25519PrivateKey)
    return f"did:key:{public}", key


def proof_of(subject: str, document: str = "{}") -> identity_proofs.IdentityProof:
    return identity_proofs.IdentityProof(subject, 1, document)


async def read_fields(node: TestNode, handle: str) -> list[tuple[str, bool]]:
    found = await Api(node).get("/api/v1/accounts/lookup", acct=handle)
    return [(field["value"], field["verified_at"] is not None) for field in found["fields"]]


async def actor_of(node: TestNode) -> Any:
    async with node.http.get("/users/ann", headers={"Accept": ACTIVITY_JSON}) as answer:
        return json.loads(await answer.read())


async def test_identity_proof_is_federated_and_removed(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    visitor = Visitor(alpha)
    await visitor.log_in("ann")
    (subject, key), (second, other) = make_key("own"), make_key("second")
    page = await visitor.fill_in("/settings/keys", "key", key="did:key:z6Mkwrong")
    assert page.status == 422
    assert "no did:key" in page.text
    page = await visitor.fill_in("/settings/keys", "key", key=subject.removeprefix("did:key:"))
    (data,) = re.findall(r'readonly value="([0-9a-f]{128})"', page.text)
    alpha.clock.forward(seconds=60)  # signing takes a while
    wrong = await visitor.fill_in(page, "signature", signature=other.sign(bytes.fromhex(data)).hex())
    assert wrong.status == 422
    assert "does not hold" in wrong.text
    assert data in wrong.text
    page = await visitor.fill_in(wrong, "signature", signature=key.sign(bytes.fromhex(data)).hex())
    assert page.status == 200
    assert subject in page.text

    # A statement that was signed elsewhere; one about someone else is refused.
    made, signed = fep_c390.build_statement(second, ann.uri, alpha.clock())
    statement = json.dumps(fep_c390.with_signature(made, other.sign(signed)))
    foreign, signed = fep_c390.build_statement(second, bob.uri, alpha.clock())
    theirs = json.dumps(fep_c390.with_signature(foreign, other.sign(signed)))
    for text, words in (("{", "cannot be read"), (theirs, "does not name this account")):
        page = await visitor.submit_action("/settings/keys", "/settings/keys", statement=text)
        assert page.status == 422
        assert words in page.text
    assert (
        second in (await visitor.submit_action("/settings/keys", "/settings/keys", statement=statement)).text
    )
    await settle(alpha, beta)
    reader = Visitor(beta)
    await reader.log_in("bob")
    for node, looking, handle in ((alpha, visitor, "ann"), (beta, reader, "ann@alpha.test")):
        assert await read_fields(node, handle) == [(subject, True), (second, True)]
        text = (await looking.open(f"/@{handle}")).text
        assert text.count('class="verified"') == 2
        assert subject in text

    # What a peer says counts only with a signature, and is gone when it says it no longer.
    actor = await actor_of(alpha)
    assert [attachment["subject"] for attachment in actor["attachment"]] == [subject, second]
    await visitor.submit_action("/settings/keys", "/settings/keys/forget", key=subject)
    await settle(alpha, beta)
    assert await read_fields(beta, "ann@alpha.test") == [(second, True)]
    stolen = json.dumps(actor["attachment"][1] | {"subject": subject})
    forged = proof_of(subject, stolen)
    async with alpha.db.write() as tx:
        await identity_proofs.add(tx, ann, forged)
    await settle(alpha, beta)
    assert await read_fields(beta, "ann@alpha.test") == [(second, True)]
    async with alpha.db.write() as tx:
        for number in range(3):
            await identity_proofs.add(tx, ann, proof_of(str(number)))
        with pytest.raises(InvalidError):
            await identity_proofs.add(tx, ann, proof_of("six"))
        with pytest.raises(NotFoundError):
            await identity_proofs.remove(tx, ann, "none")
