"""Who may publish what: the origin rules of FEP-fe34.

An origin is scheme, host and port. An object is believed from the origin of its id, and what it names as
its author, owner or actor must be of that origin. Everything else is fetched from its own address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from activitypub.document import MAX_URI
from activitypub.errors import AuthorityError

DEFAULT_PORTS = {"https": 443, "http": 80}


def normalize_host(host: str) -> str:
    """Return a host name as it is compared: lower case, punycode, no dot at the end; '' if it is none."""
    host = host.strip().rstrip(".").lower()
    if not host or len(host) > 253:
        return ""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def origin(uri: str) -> tuple[str, str, int]:
    """Return scheme, normalized host and port. Raises AuthorityError if `uri` is not an absolute web address.

    Addresses with a user in them have no origin that we accept.
    """
    if len(uri) > MAX_URI or not uri.isprintable() or "\\" in uri or " " in uri:
        raise AuthorityError(f"not an address: {uri[:80]!r}")
    try:
        parts = urlsplit(uri)
        port = parts.port
        host = normalize_host(parts.hostname or "")
    except ValueError as error:
        raise AuthorityError(f"not an address: {uri[:80]!r}") from error
    if parts.scheme not in DEFAULT_PORTS or not host or parts.username is not None:
        raise AuthorityError(f"not an address: {uri[:80]!r}")
    return parts.scheme, host, port or DEFAULT_PORTS[parts.scheme]


def host_of(uri: str) -> str:
    """Return the host, with its port unless it is the default: how peers are named. Raises AuthorityError."""
    scheme, host, port = origin(uri)
    return host if port == DEFAULT_PORTS[scheme] else f"{host}:{port}"


def same_origin(first: str, *others: str) -> bool:
    """Return True if all are absolute web addresses of one origin."""
    try:
        wanted = origin(first)
        return all(origin(other) == wanted for other in others)
    except AuthorityError:
        return False


def require_same_origin(first: str, *others: str) -> None:
    """Raise AuthorityError unless all are of one origin."""
    for other in others:
        if not same_origin(first, other):
            raise AuthorityError(f"{other[:120]!r} is not of the origin of {first[:120]!r}")


def without_fragment(uri: str) -> str:
    """Return the address of the document that holds an object."""
    return uri.partition("#")[0]
