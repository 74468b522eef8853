"""Two members whose requests are recorded, for the test that asks every endpoint."""

from __future__ import annotations

from typing import Any

from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode


class EndpointWorld:
    """Two members of one node, Ann and Bob, with a token each; `nobody` asks without one."""

    def __init__(self, node: TestNode, ann_token: str, bob_token: str, ann_id: str, bob_id: str) -> None:
        self.node = node
        self.requested: set[tuple[str, str]] = set()
        self.ann = Api(node, ann_token, self.requested)
        self.bob = Api(node, bob_token, self.requested)
        self.nobody = Api(node, "", self.requested)
        self.ann_id, self.bob_id = ann_id, bob_id


async def start_world(start: Start) -> EndpointWorld:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann", role="owner"), await node.create_member("bob")
    return EndpointWorld(
        node, await node.create_token(ann), await node.create_token(bob), str(ann.id), str(bob.id)
    )


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in found]
