"""Who may publish what: the origin rules of FEP-fe34.

An origin is scheme, host and port. An object is believed from the origin of its id, and what it names as
its author, owner or actor must be of that origin. Everything else is fetched from its own address.
"""

from __future__ import annotations

from activitypub.errors import AuthorityError
from addresses.hosts import find_host, parse_origin


def origin(uri: str) -> tuple[str, str, int]:
    """Return scheme, normalized host and port. Raises AuthorityError if `uri` is not an absolute web address.

    Addresses with a user in them have no origin that we accept.
    """
    parsed = parse_origin(uri)
    if parsed is None:
        raise AuthorityError(f"not an address: {uri[:80]!r}")
    return parsed


def host_of(uri: str) -> str:
    """Return the host, with its port unless it is the default: how peers are named. Raises AuthorityError."""
    host = find_host(uri)
    if not host:
        raise AuthorityError(f"not an address: {uri[:80]!r}")
    return host


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
