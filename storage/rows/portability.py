"""Rows of archives and imports."""

from msgspec import Struct


class ArchiveRow(Struct, frozen=True, gc=False):
    """An archive; once it is finished, `name` is that of its file, '' if it failed."""

    id: int
    account_id: int
    name: str
    bytes: int
    created_at: int
    finished_at: int | None


class ImportRow(Struct, frozen=True, gc=False):
    """An imported file. If `overwrites` is set, entries that the file does not name are removed."""

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
    """A line that was not processed yet, or failed with `problem`; `cells` is JSON."""

    id: int
    import_id: int
    number: int
    cells: str
    address: str
    problem: str
