"""A client of the client API for tests: real HTTP, JSON in and out, with a token or without."""

from __future__ import annotations

from typing import Any

from fedserver.node import list_endpoints
from tests.kit.nodes import TestNode


class ApiAnswer:
    """A status, headers and the parsed body of one answer."""

    def __init__(self, status: int, headers: Any, body: Any) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Api:
    """Asks `node` as the owner of `token`. `asked` holds the declared (method, path) of every request."""

    def __init__(self, node: TestNode, token: str = "", asked: set[tuple[str, str]] | None = None) -> None:
        self.node = node
        self.requested = asked
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def request(self, method: str, path: str, **options: Any) -> ApiAnswer:
        """Send one request; the options are aiohttp's (`json`, `data`, `params`)."""
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.node.http.request(method, path, headers=headers, **options) as response:
            if self.requested is not None:
                self.requested.add((method, self._find_declared_path(method, path)))
            json = response.content_type == "application/json"
            body = await response.json() if json else await response.text()
            return ApiAnswer(response.status, response.headers, body)

    def _find_declared_path(self, method: str, path: str) -> str:
        """Return the declared path of an address; fixed segments win over parameters, as in the router."""
        resources = list(self.node.node.application.router.resources())
        if any(resource.get_info().get("path") == path for resource in resources):
            return path
        for resource in resources:
            pattern = resource.get_info().get("pattern")
            if (
                pattern is not None
                and pattern.fullmatch(path)
                and method in {route.method for route in resource}
            ):
                return resource.canonical
        return path

    async def get(self, path: str, **params: Any) -> Any:
        """Return the body of a GET that succeeds."""
        return self._require_success(await self.request("GET", path, params=params))

    async def post(self, path: str, **body: Any) -> Any:
        """Return the body of the response to a POST with a JSON body that succeeds."""
        return self._require_success(await self.request("POST", path, json=body))

    async def put(self, path: str, **body: Any) -> Any:
        return self._require_success(await self.request("PUT", path, json=body))

    async def patch(self, path: str, **body: Any) -> Any:
        return self._require_success(await self.request("PATCH", path, json=body))

    async def delete(self, path: str, **body: Any) -> Any:
        return self._require_success(await self.request("DELETE", path, json=body))

    @staticmethod
    def _require_success(answer: ApiAnswer) -> Any:
        assert answer.status < 300, (answer.status, answer.body)
        return answer.body


def list_declared_endpoints() -> set[tuple[str, str]]:
    """Return method and path of every endpoint of the client API."""
    return {endpoint.route_key for endpoint in list_endpoints() if endpoint.surface == "client_api"}
