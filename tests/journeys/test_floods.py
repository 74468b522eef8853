"""More than a node can want: what costs nothing is answered, what is too much is put off."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from activitypub import activities
from fedserver.federation import inbox
from tests.kit import tls
from tests.kit.forgers import Peer, post, signed
from tests.kit.nodes import Start

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


async def test_too_much_at_an_inbox(start: Start, names: tls.Names, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = await start("alpha.test", requests=1)  # so that an address may ask a hundred times as a peer
    async with Peer(names, "beta.test") as beta:
        # Accounts that we never knew are gone: nobody is asked for their keys, nothing is kept.
        async def gone(number: int) -> int:
            uri = f"{beta.base}/users/{number}"
            body = msgspec.json.encode(activities.delete_actor(f"{uri}#delete", uri))
            return (await post(alpha, body, signed(alpha, body, f"{uri}#main-key")))[0]

        assert set(await asyncio.gather(*(gone(number) for number in range(90)))) == {202}
        assert beta.asked == [] and await alpha.settle() == 0

        # A full queue says when to come again, and takes it then.
        eve = beta.actor("eve")
        body = msgspec.json.encode(activities.like(f"{eve}/1", eve, f"{alpha.base}/x", alpha.base))
        headers = {**signed(alpha, body, f"{eve}#main-key"), "Content-Type": "application/activity+json"}
        with monkeypatch.context() as full:
            full.setattr(inbox, "MOST_WAITING", 0)
            async with alpha.http.post("/inbox", data=body, headers=headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert (await post(alpha, body, headers))[0] == 202

        # One address has so many requests and no more; before its signature is looked at.
        for _ in range(9):
            status, _ = await post(alpha, body, headers)
        assert status == 429
        async with alpha.http.post("/inbox", data=body, headers=headers) as answer:
            assert 0 < int(answer.headers["Retry-After"]) <= 300
        alpha.clock.forward(seconds=300)
        assert (await post(alpha, body, headers))[0] == 202
