"""Requests counted by method and route template."""

from __future__ import annotations

from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fedserver.runtime.counted_database import count_statements
from fedserver.runtime.metrics import NodeMetrics, RouteMetrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"


class RequestCounter:
    """The metrics of routes, looked up by their resource, which is quicker than by their text."""

    def __init__(self, metrics: NodeMetrics) -> None:
        self._metrics = metrics
        self._by_route: dict[tuple[str, str], RouteMetrics] = {}
        self._by_resource: dict[tuple[str, web.AbstractResource | None], RouteMetrics] = {}

    def get_route(self, request: web.Request) -> RouteMetrics:
        """Return where a request is counted; those that match no route share one, whatever their path.

        Anyone may invent methods and paths, so that neither may become a label.
        """
        resource = request.match_info.route.resource
        metrics = self._by_resource.get((request.method, resource))
        if metrics is None:
            method = request.method if request.method in METHODS else "other"
            route = UNMATCHED if resource is None else resource.canonical.rstrip("/") or "/"
            metrics = self._by_route.get((method, route))
            if metrics is None:
                metrics = self._by_route[method, route] = RouteMetrics(self._metrics, method, route)
            if request.method in METHODS:
                self._by_resource[request.method, resource] = metrics
        return metrics


def build_middleware(metrics: NodeMetrics) -> Middleware:
    """Return the middleware that counts requests.

    Streams have no duration, as they last until the client leaves.
    """
    counter = RequestCounter(metrics)

    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = counter.get_route(request)
        started = perf_counter()
        status = 500
        streamed = False
        with count_statements() as statements:
            try:
                response = await handler(request)
                status, streamed = response.status, response.prepared
                return response
            except web.HTTPException as error:
                status = error.status
                raise
            finally:
                route.count(status)
                if not streamed:
                    route.seconds.observe(perf_counter() - started)
                    route.statements.observe(statements.value)

    return measure
