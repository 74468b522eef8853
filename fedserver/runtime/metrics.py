"""What a node counts of itself, in types of prometheus_client; `docs/operating.md` lists the names.

Each node has a registry of its own, as several may share a process in tests and demos. Label values come from
us (methods, route templates, outcomes), never from a peer or a path, so that their number is bounded.
"""

from __future__ import annotations

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from fedserver.version import VERSION

# Bounds in seconds: dense around the 10 ms that most requests take, up to the slowest uploads.
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# Statement budgets of docs/performance.md lie between 2 and 20.
STATEMENT_BUCKETS = (0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0, 40.0)
ROUTE_LABELS = ("method", "route")

# A second series for each counter, which says when it was created, is of no use to us: a restart resets all.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


class RouteMetrics:
    """The requests of one method and route template. Children are looked up once, as that takes longest."""

    __slots__ = ("_requests", "_route", "_statuses", "seconds", "statements")

    def __init__(self, metrics: NodeMetrics, method: str, route: str) -> None:
        self._route = (method, route)
        self._requests = metrics.requests
        self._statuses: dict[int, Counter] = {}
        self.seconds = metrics.request_seconds.labels(method, route)
        self.statements = metrics.request_statements.labels(method, route)

    def count(self, status: int) -> None:
        """Count a request that was answered with `status`."""
        counter = self._statuses.get(status)
        if counter is None:
            counter = self._statuses[status] = self._requests.labels(*self._route, str(status))
        counter.inc()


class NodeMetrics:
    """The metrics of one node since its start."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        Info("fedserver_build", "The program.", registry=registry).info({"version": VERSION})
        self.requests = Counter(
            "fedserver_http_requests",
            "Requests that were answered.",
            (*ROUTE_LABELS, "status"),
            registry=registry,
        )
        self.request_seconds = Histogram(
            "fedserver_http_request_duration_seconds",
            "Until the answer was ready; without streams.",
            ROUTE_LABELS,
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.request_statements = Histogram(
            "fedserver_http_request_statements",
            "Statements that a request took.",
            ROUTE_LABELS,
            buckets=STATEMENT_BUCKETS,
            registry=registry,
        )
        self.deliveries = Counter(
            "fedserver_deliveries", "Attempts to deliver, by outcome.", ("outcome",), registry=registry
        )
        self.activities = Counter(
            "fedserver_activities",
            "Activities of peers that were processed.",
            ("type", "outcome"),
            registry=registry,
        )
        self.mails = Counter("fedserver_mails", "Attempts to send mail.", ("outcome",), registry=registry)
        self.streams_open = Gauge(
            "fedserver_streams_open", "Connections that listen to streams.", registry=registry
        )
        self.events_lost = Counter(
            "fedserver_events_lost", "Events that a stream should have sent and did not.", registry=registry
        )
