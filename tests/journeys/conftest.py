"""Fixtures of journeys: a node with a member, and an actor of other software that writes to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.relationships import follows
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer, deliver


class Correspondence:
    """Ann on alpha.test, and Eve on beta.test, whom nobody follows yet."""

    def __init__(self, node: TestNode, ann: AccountRow, api: Api, beta: StubPeer, eve: str) -> None:
        self.node, self.ann, self.api, self.beta, self.eve = node, ann, api, beta, eve
        self._count = 0

    async def follow(self) -> None:
        """Have Ann follow Eve, who accepts."""
        account = await self.node.node.services.resolver.resolve_account("@eve@beta.test")
        assert account is not None
        async with self.node.db.write() as tx:
            await follows.follow(tx, self.node.site, self.ann, account)
            await follows.receive_answer(tx, account, self.ann.id, None, accepted=True)

    def make_note(self, number: int = 1, **more: Any) -> Document:
        """Return a public note of Eve."""
        uri = f"{self.eve}/notes/{number}"
        note = {
            "id": uri, "type": "Note", "attributedTo": self.eve, "content": "<p>text</p>", "to": [PUBLIC],
            "published": "2026-11-02T10:00:00Z",
        }  # fmt: skip
        return {**note, **more}

    async def send(self, kind: str, object_: Any, **more: Any) -> int:
        """Deliver an activity of Eve, which the node has carried out then; return the status."""
        self._count += 1
        uri = f"{self.eve}#activities/{self._count}"
        status = await deliver(
            self.node, {"id": uri, "type": kind, "actor": self.eve, "object": object_, **more}
        )
        await self.node.settle()
        return status

    async def find_post(self, number: int = 1) -> PostRow | None:
        """Return the stored row of a note of Eve."""
        async with self.node.db.read() as tx:
            row: PostRow | None = await post_queries.find_by_uri(tx, f"{self.eve}/notes/{number}")
        return row

    async def load_status(self, number: int = 1, api: Api | None = None) -> dict[str, Any]:
        """Return a note of Eve as Ann sees it, or who else `api` is of."""
        row = await self.find_post(number)
        assert row is not None
        status: dict[str, Any] = await (api or self.api).get(f"/api/v1/statuses/{row.id}")
        return status

    async def list_mentions(self) -> list[str]:
        """Return the URIs of the posts of whose mentions Ann is notified, the newest first."""
        entries = await self.api.get("/api/v1/notifications", **{"types[]": "mention"})
        return [entry["status"]["uri"] for entry in entries]

    async def list_conversations(self) -> list[str]:
        """Return the URIs of the last posts of Ann's conversations, the newest first."""
        return [entry["last_status"]["uri"] for entry in await self.api.get("/api/v1/conversations")]


@pytest.fixture
async def mail(start: Start, names: tls.LoopbackResolver) -> AsyncIterator[Correspondence]:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta:
        eve = beta.serve_actor("eve")
        yield Correspondence(alpha, ann, Api(alpha, await alpha.create_token(ann)), beta, eve)
