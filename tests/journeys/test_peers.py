"""A node that is running follows what `fedserver peer` decides in another process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.journeys.test_crash import command
from tests.kit.nodes import Start, TestNode


async def follows(node: TestNode, host: str, policy: str) -> None:
    """Until the node knows the decision; each round asks the database."""
    async with asyncio.timeout(10):
        while node.node.services.policies.of(host) != policy:
            await node.settle()


async def test_decisions_of_the_command_line_reach_a_running_node(start: Start, tmp_path: Path) -> None:
    node = await start("alpha.test")
    url = node.site.config.database.url
    (tmp_path / "fedserver.toml").write_text(f'[database]\nurl = "{url}"\n')
    for verb, policy in (("block", "block"), ("limit", "limit"), ("allow", "allow"), ("remove", "")):
        assert "few seconds" in await command("peer", verb, "beta.test", folder=tmp_path)
        await follows(node, "www.beta.test", policy)
