"""Rows of moving, exports and imports."""

from msgspec import Struct


class ArchiveRow(Struct, frozen=True, gc=False):
    """An archive that is being made, was made (`name`), or could not be (no name)."""

    id: int
    account_id: int
    name: str
    bytes: int
    created_at: int
    finished_at: int | None


class ImportRow(Struct, frozen=True, gc=False):
    """A file that is being carried out, or was; `overwrites`: what it does not name goes."""

    id: int
    account_id: int
    kind: str
    overwrites: bool
    filename: str
    total: int
    done: int
    failed: int
    created_at: int
    finished_at: int | None


class ImportLineRow(Struct, frozen=True, gc=False):
    """A line of it, which waits or has a problem; `cells` is JSON."""

    id: int
    import_id: int
    number: int
    cells: str
    address: str
    problem: str
