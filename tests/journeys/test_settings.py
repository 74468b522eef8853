"""Settings of a node with several processes: each sees a change by another, and a restart keeps it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedserver.domain.settings import node_settings
from tests.kit import databases, nodes, tls
from tests.kit.api import Api
from tests.kit.clock import Clock
from tests.kit.nodes import TestNode

MAX_WAIT_S = 2.0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_change_on_one_process_is_seen_on_another(
    kind: str, tmp_path: Path, names: tls.LoopbackResolver
) -> None:
    url = nodes.new_database(kind, tmp_path, "alpha.test")

    async def start() -> TestNode:
        node = await nodes.start_node("alpha.test", tmp_path, names, Clock(), url)
        node.node.runner.start(only_watch=True)
        return node

    first, second = await start(), await start()
    try:
        ann = await first.create_member("ann", "owner")
        member = await first.load_member(ann)
        values = {
            "community.title": "Library",
            "community.hue": 10,
            "registration.mode": "closed",
            "federation.mode": "closed",
            "limits.post_characters": 77,
            "limits.requests_per_5_minutes": 90_000,
        }
        # What a page or answer was made of before must not be shown again.
        assert (await Api(second).get("/api/v2/instance"))["title"] == "Node alpha.test"
        is_applied = asyncio.Event()
        second.node.services.settings.follow(lambda _config: is_applied.set())
        async with first.db.write() as tx:
            await node_settings.change(tx, first.site, member, values, "we moved")
        async with asyncio.timeout(MAX_WAIT_S):
            await is_applied.wait()
        assert second.node.services.policies.is_closed
        answer = await Api(second).request("GET", "/api/v2/instance")
        assert answer.headers["X-RateLimit-Limit"] == "90000"
        instance = answer.body
        assert (instance["title"], instance["registrations"]["enabled"]) == ("Library", False)
        assert instance["configuration"]["statuses"]["max_characters"] == 77
        async with second.http.get("/about") as page:
            text = await page.text()
        assert "About Library" in text
        stylesheet = text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        async with second.http.get(stylesheet) as css:
            assert "immutable" in css.headers["Cache-Control"]
    finally:
        await first.close()
        await second.close()
    third = await start()
    try:
        assert third.site.config.community.title == "Library"
        # The configuration still says otherwise, which the operator is told at each start.
        assert "community.title" in third.node.ignored
    finally:
        await third.close()
    if kind == "postgresql":
        databases.release(url)
