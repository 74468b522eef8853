"""Metrics that are computed for each answer: depths of the queues and sizes of the caches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fedserver.federation.authenticate import Authenticator
from fedserver.runtime.services import Services
from storage.cache import LruCache
from storage.rows.kernel import QueueRow

STATES = ("due", "waiting", "dead")


class QueueCollector(Collector):
    """The depths of the queues. `queues` is what the last read found, None if the database did not answer."""

    def __init__(self, services: Services) -> None:
        self._clock = services.db.clock
        self.queues: Mapping[str, QueueRow] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield a family for each figure of the queues; without the database they are empty."""
        yield GaugeMetricFamily(
            "fedserver_database_up",
            "1 if the database answered just now.",
            value=int(self.queues is not None),
        )
        items = GaugeMetricFamily("fedserver_queue_items", "What is pending.", labels=("queue", "state"))
        oldest = GaugeMetricFamily(
            "fedserver_queue_oldest_seconds", "For how long the first has been due.", labels=("queue",)
        )
        silent = GaugeMetricFamily("fedserver_peers_silent", "Peers that do not answer.")
        held = GaugeMetricFamily("fedserver_deliveries_held", "Deliveries that wait for such peers.")
        for name, row in (self.queues or {}).items():
            if row.silent is not None:
                silent.add_metric((), row.silent[0])
                held.add_metric((), row.silent[1])
            for state in STATES:
                items.add_metric((name, state), getattr(row, state))
            if name == "tasks":
                items.add_metric((name, "unknown"), row.unknown)
            due_at = row.oldest_due_at
            oldest.add_metric((name,), 0 if due_at is None else max(0, self._clock() - due_at) / 1000)
        yield from (items, oldest, silent, held)


class CacheCollector(Collector):
    """Hits, misses and sizes of the caches of one process."""

    def __init__(self, services: Services) -> None:
        self._registry = services.db.caches
        self._keys: dict[str, Authenticator | LruCache] = {
            "public_keys": services.authenticator,
            "private_keys": services.keyring.cache,
        }

    def collect(self) -> Iterator[Metric]:
        """Yield the lookups and the entries of each cache."""
        caches = dict(self._registry.caches)
        lookups = CounterMetricFamily(
            "fedserver_cache_lookups", "Whether caches knew.", labels=("cache", "result")
        )
        for name, cache in {**self._keys, **caches}.items():
            lookups.add_metric((name, "hits"), cache.hits)
            lookups.add_metric((name, "misses"), cache.misses)
        entries = GaugeMetricFamily("fedserver_cache_entries", "What caches hold.", labels=("cache",))
        for name, lru_cache in caches.items():
            entries.add_metric((name,), len(lru_cache))
        yield from (lookups, entries)
