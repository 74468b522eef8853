"""`GET /metrics` in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats).

It has an address of its own, so that it is never reached from outside by mistake. Depths of queues are read
from the database for each answer; without the database the answer holds the other metrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder

from fedserver.runtime.collectors import CacheCollector, QueueCollector
from fedserver.runtime.services import Services
from storage.errors import DatabaseUnavailableError
from storage.rows.kernel import QueueRow

LoadDepths = Callable[[], Awaitable[Mapping[str, QueueRow]]]
# Prometheus gives up after 10 s by default; a slow database must not cost it the other metrics.
TIMEOUT_S = 5.0


def build(services: Services, load_depths: LoadDepths) -> web.Application:
    """Return the application that answers on the address of the metrics: `GET /metrics`, nothing else."""
    registry = services.metrics.registry
    queue_collector = QueueCollector(services)
    registry.register(queue_collector)
    registry.register(CacheCollector(services))
    ProcessCollector(registry=registry)

    async def metrics(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                queue_collector.queues = await load_depths()
        except (DatabaseUnavailableError, TimeoutError):
            queue_collector.queues = None
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        # Some 20 ms of text: in a thread, so that requests are answered in between.
        text = await asyncio.to_thread(encode, registry)
        return web.Response(body=text, headers={"Content-Type": content_type})

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    return application
