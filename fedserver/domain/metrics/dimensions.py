"""What is used most on the node, and how much room it takes.

docs.joinmastodon.org/methods/admin/dimensions
"""

from __future__ import annotations

import platform

from msgspec import Struct

from fedserver.domain.metrics.measures import DAY, Span, Subject, params_of
from fedserver.version import VERSION
from storage.engine import Tx
from storage.queries.metrics import dimensions as dimension_queries

NAMES = (*dimension_queries.STATEMENTS, "space_usage", "software_versions")
TIMELESS = ("instance_accounts",)


class Entry(Struct, frozen=True):
    """One of a dimension: `key` for programs, `name` for people; `unit` is bytes or ''."""

    key: str
    name: str
    amount: str
    unit: str = ""


async def dimension(tx: Tx, here: str, name: str, over: Span, subject: Subject, limit: int) -> list[Entry]:
    """One of NAMES: one statement; `here` is what this node is called among servers. Raises Invalid."""
    if name == "space_usage":
        return await _space(tx)
    if name == "software_versions":
        return await _versions(tx)
    params: dict[str, int | str] = {**params_of(name, subject), "limit": limit}
    if name not in TIMELESS:
        params |= {"start": over.first * DAY, "end": (over.last + 1) * DAY}
    found = await dimension_queries.load(tx, name, **params)
    if name == "sources":
        return [Entry(key or "web", key or "Website", str(amount)) for key, amount in found]
    return [Entry(key or here, key or here, str(amount)) for key, amount in found]


async def _space(tx: Tx) -> list[Entry]:
    database, files = await dimension_queries.space(tx)
    kind, _ = await dimension_queries.version(tx)
    return [
        Entry(kind.lower(), kind, str(database), "bytes"),
        Entry("media", "Media storage", str(files), "bytes"),
    ]


async def _versions(tx: Tx) -> list[Entry]:
    kind, number = await dimension_queries.version(tx)
    return [
        Entry("fedserver", "fedserver", VERSION),
        Entry("python", "Python", platform.python_version()),
        Entry(kind.lower(), kind, number),
    ]
