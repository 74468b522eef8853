"""NodeInfo 2.0 and 2.1 (FEP-f1d5, FEP-0151), and the link to the instance actor (FEP-2677)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from activitypub.document import Document

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
VERSIONS = ("2.0", "2.1")
APPLICATION = "https://www.w3.org/ns/activitystreams#Application"


class Usage(Struct, frozen=True):
    """Counts of members and posts."""

    members: int
    active_month: int
    active_half_year: int
    posts: int


def write_index(base: str, instance_actor: str) -> Document:
    """Return `/.well-known/nodeinfo`."""
    links = [{"rel": SCHEMA + version, "href": f"{base}/nodeinfo/{version}"} for version in VERSIONS]
    return {"links": [*links, {"rel": APPLICATION, "href": instance_actor}]}


def write_nodeinfo(
    version: str,
    software: str,
    usage: Usage | None,
    *,
    open_registrations: bool,
    repository: str,
    metadata: dict[str, Any],
) -> Document:
    """Return the document of schema `version`; `software` is our own version.

    `repository` is the address of its source code, which 2.0 has no place for. `usage` is None where it is
    not for everyone: the schema leaves each number to the node.
    """
    about: Document = {"name": "fedserver", "version": software}
    if version != "2.0":
        about["repository"] = repository
    return {
        "version": version,
        "software": about,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": open_registrations,
        "usage": _write_usage(usage),
        "metadata": metadata,
    }


def _write_usage(usage: Usage | None) -> Document:
    if usage is None:
        return {"users": {}}
    return {
        "users": {
            "total": usage.members,
            "activeMonth": usage.active_month,
            "activeHalfyear": usage.active_half_year,
        },
        "localPosts": usage.posts,
        "localComments": 0,
    }


def content_type(version: str) -> str:
    """Return the media type of a NodeInfo document."""
    return f'application/json; profile="{SCHEMA}{version}#"; charset=utf-8'
