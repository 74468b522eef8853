"""A request as signatures see it: method, target, host, header fields in order, body."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct


class SignedRequest(Struct, frozen=True):
    """A request that was received, or that will be sent.

    `target` is the raw path with query, `base` scheme and host (`https://commons.example`), as the public
    sees them; `headers` maps lower-case names to their values in order.
    """

    method: str
    base: str
    target: str
    headers: dict[str, list[str]]
    body: bytes = b""

    @property
    def host(self) -> str:
        """Return host and port."""
        return self.base.partition("://")[2]

    @property
    def url(self) -> str:
        """Return the full address."""
        return self.base + self.target

    def field(self, name: str) -> str | None:
        """Return all values of a header, joined by commas (RFC 9110 §5.3), None if it is absent."""
        values = self.headers.get(name)
        return None if values is None else ", ".join(value.strip() for value in values)


def fields(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return header fields by lower-case name, with repetitions in order."""
    values_by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        values_by_name.setdefault(name.lower(), []).append(value)
    return values_by_name
