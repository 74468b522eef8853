"""Signs of life are asked for every second by whoever watches over a node."""

from __future__ import annotations

from tests.kit.nodes import Start


async def test_health_check_every_second_is_never_refused(start: Start) -> None:
    node = await start("alpha.test", requests=10)
    for path in ("/livez", "/readyz", "/health"):
        for _ in range(15):
            async with node.http.get(path) as answer:
                assert answer.status == 200, path
