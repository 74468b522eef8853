"""`GET /metrics` in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats).

On an address of its own, so that it is never reached from outside by mistake. Figures of the queues are read
from the database when they are asked for; without it the others are still told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from math import inf

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from fedserver.version import VERSION
from fedserver.web.metrics import Histogram, NodeMetrics
from fedserver.web.services import Services
from storage.errors import DatabaseUnavailableError
from storage.rows.kernel import QueueRow

LoadDepths = Callable[[], Awaitable[Mapping[str, QueueRow]]]
ROUTE_LABELS = ("method", "route")
TIMEOUT_S = 5.0


class NodeCollector(Collector):
    """The figures of a node, as metric families. `queues` is what the last look found."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.queues: Mapping[str, QueueRow] | None = None

    def collect(self) -> Iterator[Metric]:
        metrics = self._services.metrics
        yield InfoMetricFamily("fedserver_build", "The program.", value={"version": VERSION})
        yield from _collect_requests(metrics)
        yield from self._collect_queues()
        yield _build_counter(
            "fedserver_deliveries", "Tries to deliver, by outcome.", ("outcome",),
            [((outcome,), count) for outcome, count in list(metrics.deliveries.items())],
        )  # fmt: skip
        yield _build_counter(
            "fedserver_activities", "Activities of peers that were processed.", ("type", "outcome"),
            list(metrics.activities.items()),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "fedserver_streams_open", "Connections that listen to streams.", value=metrics.streams_open
        )
        yield CounterMetricFamily(
            "fedserver_events_lost",
            "Events that a stream should have told and did not.",
            value=metrics.events_lost,
        )
        yield from self._collect_caches()

    def _collect_queues(self) -> Iterator[Metric]:
        found = self.queues
        yield GaugeMetricFamily(
            "fedserver_database_up", "1 if the database answered just now.", value=int(found is not None)
        )
        items = GaugeMetricFamily("fedserver_queue_items", "What is owed.", labels=("queue", "state"))
        oldest = GaugeMetricFamily(
            "fedserver_queue_oldest_seconds", "For how long the first has been due.", labels=("queue",)
        )
        silent = GaugeMetricFamily("fedserver_peers_silent", "Peers that do not answer.")
        held = GaugeMetricFamily("fedserver_deliveries_held", "Deliveries that wait for such peers.")
        for name, row in (found or {}).items():
            if row.silent is not None:
                silent.add_metric((), row.silent[0])
                held.add_metric((), row.silent[1])
            for state in ("due", "waiting", "dead"):
                items.add_metric((name, state), getattr(row, state))
            if name == "tasks":
                items.add_metric((name, "unknown"), row.unknown)
            since = row.oldest_due_at
            age = 0 if since is None else max(0, self._services.db.clock() - since) / 1000
            oldest.add_metric((name,), age)
        yield from (items, oldest, silent, held)

    def _collect_caches(self) -> Iterator[Metric]:
        rooms = dict(self._services.db.caches.caches)
        keys = {"public_keys": self._services.authenticator, "private_keys": self._services.keyring}
        yield _build_counter(
            "fedserver_cache_lookups", "Whether caches knew.", ("cache", "result"),
            [
                ((name, result), getattr(cache, result))
                for name, cache in (*keys.items(), *rooms.items())
                for result in ("hits", "misses")
            ],
        )  # fmt: skip
        entries = GaugeMetricFamily("fedserver_cache_entries", "What caches hold.", labels=("cache",))
        for name, room in rooms.items():
            entries.add_metric((name,), len(room))
        yield entries


def _build_counter(
    name: str, text: str, labels: tuple[str, ...], found: Iterable[tuple[tuple[str, ...], int]]
) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in found:
        family.add_metric(values, count)
    return family


def _collect_requests(metrics: NodeMetrics) -> Iterator[Metric]:
    counted = CounterMetricFamily(
        "fedserver_http_requests", "Requests that were answered.", labels=(*ROUTE_LABELS, "status")
    )
    seconds = HistogramMetricFamily(
        "fedserver_http_request_duration_seconds",
        "Until the answer was ready; without streams.",
        labels=ROUTE_LABELS,
    )
    statements = HistogramMetricFamily(
        "fedserver_http_request_statements", "Statements that a request took.", labels=ROUTE_LABELS
    )
    for route, figures in list(metrics.routes.items()):
        for status, count in list(figures.statuses.items()):
            counted.add_metric((*route, str(status)), count)
        seconds.add_metric(route, *_to_buckets(figures.seconds))
        statements.add_metric(route, *_to_buckets(figures.statements))
    yield counted
    yield seconds
    yield statements


def _to_buckets(histogram: Histogram) -> tuple[list[tuple[str, float]], float]:
    """Prometheus counts in each bucket what is in the smaller ones, too."""
    found: list[tuple[str, float]] = []
    sum_so_far = 0
    for bound, count in zip((*histogram.bounds, inf), histogram.counts, strict=True):
        sum_so_far += count
        found.append(("+Inf" if bound == inf else str(bound), sum_so_far))
    return found, histogram.total


def build(services: Services, load_depths: LoadDepths) -> web.Application:
    """What answers on the address of the metrics: `GET /metrics`, nothing else."""
    registry = CollectorRegistry()
    collector = NodeCollector(services)
    registry.register(collector)
    ProcessCollector(registry=registry)

    async def metrics(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                collector.queues = await load_depths()
        except (DatabaseUnavailableError, TimeoutError):
            collector.queues = None
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        # Some 20 ms of text: in a thread, so that requests are answered in between.
        text = await asyncio.to_thread(encode, registry)
        return web.Response(body=text, headers={"Content-Type": kind})

    application = web.Application()
    application.router.add_get("/metrics", metrics)
    return application
