"""A node that is running follows what `fedserver peer` decides in another process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner

from fedserver.cli.commands import main
from tests.journeys.test_crash import command
from tests.kit.nodes import Start, TestNode


async def follows(node: TestNode, host: str, policy: str) -> None:
    """Until the node knows the decision; each round asks the database."""
    async with asyncio.timeout(10):
        while node.node.services.policies.find(host) != policy:
            await node.settle()


async def test_peer_decision_of_the_cli_reaches_a_running_node(start: Start, tmp_path: Path) -> None:
    node = await start("alpha.test")
    config = node.site.config
    (tmp_path / "fedserver.toml").write_text(
        f'[node]\ndomain = "alpha.test"\nbase_url = "https://alpha.test"\n'
        f'data_dir = "{config.node.data_dir}"\n[database]\nurl = "{config.database.url}"\n'
    )
    assert "few seconds" in await command("peer", "block", "beta.test", folder=tmp_path)
    await follows(node, "www.beta.test", "block")
    # The others in this process: to start one costs more than all that it does.
    for verb, policy in (("limit", "limit"), ("allow", "allow"), ("remove", "")):
        asked = ["peer", verb, "beta.test", "--config", str(tmp_path / "fedserver.toml")]
        result = await asyncio.to_thread(CliRunner().invoke, main, asked)
        assert result.exit_code == 0
        assert "few seconds" in result.output
        await follows(node, "www.beta.test", policy)
