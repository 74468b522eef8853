"""Rows of archives."""

from msgspec import Struct


class ArchiveRow(Struct, frozen=True, gc=False):
    """An archive that is being made, was made (`name`), or could not be (no name)."""

    id: int
    account_id: int
    name: str
    bytes: int
    created_at: int
    finished_at: int | None
