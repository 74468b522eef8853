"""Reading the files that people bring along, as Mastodon writes them: comma-separated, one entry a line.

With a first line of names the columns may stand in any order; without it they stand as Mastodon has them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError

MAX_LINES, MAX_CELL_LENGTH = 20_000, 2_048
# The columns of each kind, in Mastodon's order and words; what follows the first ones may be missing.
COLUMNS = {
    "following": ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    "blocking": ("Account address",),
    "muting": ("Account address", "Hide notifications"),
    "domain_blocking": ("#domain",),
    "bookmarks": ("#uri",),
    "lists": ("List name", "Account address"),
}
FALSE_VALUES = ("false", "f", "0", "off", "no")
_ACCOUNT = re.compile(r"@?[\w.-]{1,200}(@[\w.:-]{1,253})?", re.ASCII)
_DOMAIN = re.compile(r"[^\s/@,]{1,253}")


class ImportLine(Struct, frozen=True):
    """A line with its number (from 1), its cells in our order, and what is wrong with it."""

    number: int
    cells: tuple[str, ...]
    problem: str = ""


def parse(kind: str, data: bytes) -> list[ImportLine]:
    """The lines of a file that say something. Raises Invalid, with line numbers, for one of another kind."""
    columns = COLUMNS[kind]
    rows = _parse_rows(data)
    if not rows:
        raise InvalidError("base", "The file has no lines")
    places = _find_columns(columns, rows[0][1])
    if places is not None:
        rows = rows[1:]
    found = [_parse_line(kind, number, cells, places) for number, cells in rows]
    bad = [each for each in found if each.problem]
    if bad and len(bad) == len(found):
        told = "; ".join(f"line {each.number}: {each.problem}" for each in bad[:5])
        raise InvalidError("base", f"The file is not of this kind: {told}")
    if not found:
        raise InvalidError("base", "The file has nothing but names of columns")
    return found


def _parse_rows(data: bytes) -> list[tuple[int, list[str]]]:
    """Line numbers and cells. Raises Invalid for what is no such text, or too much of it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        raise InvalidError("base", f"The file is not UTF-8 text: line {number}") from error
    if "\0" in text:
        number = text[: text.index("\0")].count("\n") + 1
        raise InvalidError("base", f"The file is not text: line {number}")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(each.strip() for each in cells):
                found.append((reader.line_num, [each.strip() for each in cells[:20]]))
            if len(found) > MAX_LINES + 1:
                raise InvalidError("base", f"The file has more than {MAX_LINES} lines")
    except csv.Error as error:
        raise InvalidError("base", f"Line {reader.line_num + 1} cannot be read: {error}") from error
    return found


def _find_columns(columns: Sequence[str], first: Sequence[str]) -> list[int] | None:
    """Where each column stands if the first line names them; None if it does not."""
    named = [each.lower() for each in first]
    if not any(each.lower() in named for each in columns):
        return None
    return [named.index(each.lower()) if each.lower() in named else -1 for each in columns]


def _parse_line(kind: str, number: int, cells: Sequence[str], places: Sequence[int] | None) -> ImportLine:
    places = places if places is not None else range(len(COLUMNS[kind]))
    ours = tuple(cells[each] if 0 <= each < len(cells) else "" for each in places)
    if any(len(each) > MAX_CELL_LENGTH for each in ours):
        return ImportLine(number, tuple(each[:200] for each in ours), "is too long")
    return ImportLine(number, ours, _find_problem(kind, ours))


def _find_problem(kind: str, cells: Sequence[str]) -> str:
    subject = cells[-1] if kind == "lists" else cells[0]
    if kind == "domain_blocking":
        return "" if _DOMAIN.fullmatch(subject) and "." in subject else f"{subject[:80]!r} is no domain"
    if kind == "bookmarks":
        web = subject.startswith(("https://", "http://")) and " " not in subject
        return "" if web else f"{subject[:80]!r} is no address of a post"
    if kind == "lists" and not cells[0]:
        return "it names no list"
    return "" if _ACCOUNT.fullmatch(subject) else f"{subject[:80]!r} is no account"


def format_handle(site: NodeContext, username: str, domain: str) -> str:
    """An account as such files name it: ours with our domain."""
    return f"{username}@{domain or site.links.domain}"


def parse_bool(cell: str, *, default: bool) -> bool:
    """What a cell says that may be true or false, or empty."""
    return default if not cell else cell.lower() not in FALSE_VALUES


def render(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A file of these rows; without a header where Mastodon writes none."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return target.getvalue().encode()
