"""Signs of life are asked for every second by those who watch over a node."""

from __future__ import annotations

import pytest

from tests.kit.nodes import Start

PATHS = ("/livez", "/readyz", "/health")


async def test_health_check_every_second_is_never_refused(start: Start) -> None:
    node = await start("alpha.test", requests=10)
    for path in PATHS:
        for _ in range(15):
            async with node.http.get(path) as answer:
                assert answer.status == 200, path


@pytest.mark.parametrize("path", PATHS)
async def test_health_check_answers_ok_as_mastodon_does(start: Start, path: str) -> None:
    node = await start("alpha.test")
    for accept, kind, body in (
        ("*/*", "text/plain", "OK"),
        ("text/html", "text/plain", "OK"),
        ("application/json", "application/json", '{"status":"OK"}'),
    ):
        async with node.http.get(path, headers={"Accept": accept}) as answer:
            assert (answer.status, answer.content_type, await answer.text()) == (200, kind, body)
            assert "Accept" in answer.headers["Vary"]
