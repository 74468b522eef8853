"""Top values of the node's figures, and its use of storage.

See docs.joinmastodon.org/methods/admin/dimensions.
"""

from __future__ import annotations

import platform

from msgspec import Struct

from fedserver.domain.metrics.measures import DAY_MS, MeasureSubject, Span, to_params
from fedserver.text.locales import gettext
from fedserver.version import VERSION
from storage.engine import ReadTx
from storage.queries.metrics import dimensions as dimension_queries

NAMES = (*dimension_queries.STATEMENTS, "space_usage", "software_versions")
UNDATED = ("instance_accounts",)  # dimensions of the present, without a span


class DimensionEntry(Struct, frozen=True):
    """An entry of a dimension: `key` for programs, `name` for people; `unit` is bytes or ''."""

    key: str
    name: str
    amount: str
    unit: str = ""


async def load_dimension(
    tx: ReadTx, server_name: str, name: str, span: Span, subject: MeasureSubject, limit: int
) -> list[DimensionEntry]:
    """Return a dimension of NAMES; `server_name` stands for this node among peers.

    Raises InvalidError.
    """
    if name == "space_usage":
        return await _load_space_usage(tx)
    if name == "software_versions":
        return await _load_versions(tx)
    params: dict[str, int | str] = {**to_params(name, subject), "limit": limit}
    if name not in UNDATED:
        params |= {"start": span.first * DAY_MS, "end": (span.last + 1) * DAY_MS}
    rows = await dimension_queries.load(tx, name, **params)
    if name == "sources":
        return [DimensionEntry(key or "web", key or gettext("Website"), str(amount)) for key, amount in rows]
    return [DimensionEntry(key or server_name, key or server_name, str(amount)) for key, amount in rows]


async def _load_space_usage(tx: ReadTx) -> list[DimensionEntry]:
    database, files = await dimension_queries.load_space_usage(tx)
    kind, _ = await dimension_queries.load_database_version(tx)
    return [
        DimensionEntry(kind.lower(), kind, str(database), "bytes"),
        DimensionEntry("media", gettext("Media storage"), str(files), "bytes"),
    ]


async def _load_versions(tx: ReadTx) -> list[DimensionEntry]:
    kind, number = await dimension_queries.load_database_version(tx)
    return [
        DimensionEntry("fedserver", "fedserver", VERSION),
        DimensionEntry("python", "Python", platform.python_version()),
        DimensionEntry(kind.lower(), kind, number),
    ]
