"""Who may speak about what: the origin rules of FEP-fe34.

An origin is scheme, host and port. An object is believed from the origin of its id, and what it names as
its author, owner or actor must be of that origin. Everything else is fetched from where it lives.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from activitypub.document import MAX_URI
from activitypub.errors import AuthorityError

DEFAULT_PORTS = {"https": 443, "http": 80}


def normalize_host(host: str) -> str:
    """A host name as it is compared: lower case, IDN as punycode, no dot at the end. '' if it is none."""
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
    """Scheme, normal host and port. Raises AuthorityError if `uri` is not an absolute web address.

    Addresses with a user in them have no origin we accept.
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
    """The host, with its port unless it is the default: how we name a peer. Raises AuthorityError."""
    scheme, host, port = origin(uri)
    return host if port == DEFAULT_PORTS[scheme] else f"{host}:{port}"


def same_origin(first: str, *others: str) -> bool:
    """True if all are absolute web addresses of one origin."""
    try:
        wanted = origin(first)
        return all(origin(other) == wanted for other in others)
    except AuthorityError:
        return False


def require_same_origin(first: str, *others: str) -> None:
    """Raises AuthorityError unless all are of one origin."""
    for other in others:
        if not same_origin(first, other):
            raise AuthorityError(f"{other[:120]!r} is not of the origin of {first[:120]!r}")


def without_fragment(uri: str) -> str:
    """The address of the document in which something is found."""
    return uri.partition("#")[0]
