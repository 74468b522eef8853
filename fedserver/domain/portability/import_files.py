"""CSV files of other servers and of spreadsheets, in Mastodon's formats: one entry per line.

With a header the columns may be in any order; without one they are in Mastodon's order. The delimiter is the
one with which the most lines make sense.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from msgspec import Struct

from addresses.handles import normalize_username, parse_handle
from addresses.hosts import normalize_host, normalize_url
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text import csv_files
from fedserver.text.locales import gettext

MAX_LINES, MAX_CELL_LENGTH = 20_000, 2_048
MAX_COLUMNS = 20  # further cells of a line are ignored
MAX_REPORTED = 5  # bad lines that an error names
# The columns of each kind, with Mastodon's names and in its order; only the first one is required.
COLUMNS = {
    "following": ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    "blocking": ("Account address",),
    "muting": ("Account address", "Hide notifications"),
    "domain_blocking": ("#domain",),
    "bookmarks": ("#uri",),
    "lists": ("List name", "Account address"),
}
BOOLEAN_COLUMNS = {"Show boosts", "Notify on new posts", "Hide notifications"}

# As Misskey writes what Mastodon has no column for, in files without a header: `bob@x.test,withReplies=true`
NAMED_VALUE = re.compile(r"[A-Za-z]+=")


class ImportLine(Struct, frozen=True):
    """A line with its number (from 1), its cells in the order of COLUMNS, and what is wrong with it."""

    number: int
    cells: tuple[str, ...]
    problem: str = ""


def parse(kind: str, data: bytes) -> list[ImportLine]:
    """Return the lines of a file that are not empty.

    Raises InvalidError, with line numbers, if none of them is of this kind.
    """
    lines = _find_best_lines(kind, _decode(data))
    bad_lines = [line for line in lines if line.problem]
    if bad_lines and len(bad_lines) == len(lines):
        raise InvalidError("base", _describe_bad_lines(bad_lines[:MAX_REPORTED]))
    if not lines:
        raise InvalidError(
            "base", gettext("The file has a header but no entries. Please choose another one.")
        )
    return lines


def _find_best_lines(kind: str, text: str) -> list[ImportLine]:
    """Return the lines by the delimiter that leaves the fewest bad ones. Raises InvalidError."""
    candidates: list[list[ImportLine]] = []
    errors: list[InvalidError] = []
    for delimiter in csv_files.DELIMITERS:
        try:
            candidates.append(_parse_lines(kind, text, delimiter))
        except InvalidError as error:
            errors.append(error)
            continue
        if not any(line.problem for line in candidates[-1]):
            break
    if not candidates:
        raise errors[0]
    return min(candidates, key=lambda lines: sum(bool(line.problem) for line in lines))


def _describe_bad_lines(lines: Sequence[ImportLine]) -> str:
    """Return one sentence for the file and one for each line."""
    sentences = [gettext("The file does not hold what you chose.")]
    sentences += [
        gettext("Line %(number)s: %(problem)s", number=line.number, problem=line.problem) for line in lines
    ]
    return " ".join(sentences)


def _decode(data: bytes) -> str:
    try:
        return csv_files.decode(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidError(
            "base",
            gettext("The file is not UTF-8 text (line %(number)s). Please choose a CSV file.", number=line),
        ) from error


def _parse_lines(kind: str, text: str, delimiter: str) -> list[ImportLine]:
    """Return the lines that are not empty, without the header. Raises InvalidError."""
    rows = _parse_rows(text, delimiter)
    if not rows:
        raise InvalidError("base", gettext("The file is empty. Please choose another one."))
    positions = _find_columns(COLUMNS[kind], rows[0][1])
    if positions is not None:
        rows = rows[1:]
    return [_parse_line(kind, number, cells, positions) for number, cells in rows]


def _parse_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return line numbers and cells. Raises InvalidError for files that are not CSV, or are too long."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells[:MAX_COLUMNS]]))
            if len(rows) > MAX_LINES + 1:  # one is the header
                raise InvalidError(
                    "base",
                    gettext(
                        "The file has too many lines. Please split it: %(max)s are possible.", max=MAX_LINES
                    ),
                )
    except csv.Error as error:
        raise InvalidError(
            "base",
            gettext("Line %(number)s of the file is not valid CSV.", number=reader.line_num + 1),
        ) from error
    return rows


def _find_columns(columns: Sequence[str], first_line: Sequence[str]) -> list[int] | None:
    """Return the position of each column (-1 if it is missing); None if the first line is not a header."""
    header = [cell.lower() for cell in first_line]
    if not any(column.lower() in header for column in columns):
        return None
    return [header.index(column.lower()) if column.lower() in header else -1 for column in columns]


def _parse_line(kind: str, number: int, cells: Sequence[str], positions: Sequence[int] | None) -> ImportLine:
    is_headless = positions is None
    positions = positions if positions is not None else range(len(COLUMNS[kind]))
    ordered = tuple(cells[position] if 0 <= position < len(cells) else "" for position in positions)
    if is_headless:
        ordered = (ordered[0], *("" if NAMED_VALUE.match(cell) else cell for cell in ordered[1:]))
    if any(len(cell) > MAX_CELL_LENGTH for cell in ordered):
        return ImportLine(number, tuple(cell[:200] for cell in ordered), gettext("This is too long."))
    return ImportLine(number, ordered, _find_problem(kind, ordered))


def _find_problem(kind: str, cells: Sequence[str]) -> str:
    """Return what is wrong with a line, '' if nothing is."""
    return _find_bad_subject(kind, cells) or _find_bad_boolean(kind, cells)


def _find_bad_boolean(kind: str, cells: Sequence[str]) -> str:
    for column, cell in zip(COLUMNS[kind], cells, strict=True):
        if column in BOOLEAN_COLUMNS:
            try:
                csv_files.parse_bool(cell, default=True)
            except ValueError:
                return gettext(
                    "“%(text)s” in the column “%(column)s” is neither true nor false.",
                    text=cell[:80],
                    column=column,
                )
    return ""


def _find_bad_subject(kind: str, cells: Sequence[str]) -> str:
    subject = cells[-1] if kind == "lists" else cells[0]
    shown = subject[:80]
    if kind == "domain_blocking":
        return "" if "." in normalize_host(subject) else gettext("“%(text)s” is not a domain.", text=shown)
    if kind == "bookmarks":
        return (
            "" if normalize_url(subject) else gettext("“%(text)s” is not the address of a post.", text=shown)
        )
    if kind == "lists" and not cells[0]:
        return gettext("The name of the list is missing.")
    is_account = parse_handle(subject) or normalize_username(subject.removeprefix("@"))
    return "" if is_account else gettext("“%(text)s” is not an account.", text=shown)


def format_handle(site: NodeContext, username: str, domain: str) -> str:
    """Return the handle of an account as these files hold it: local ones with our domain."""
    return f"{username}@{domain or site.links.domain}"


def normalize_address(site: NodeContext, kind: str, cells: Sequence[str]) -> str:
    """Return what a line names, in the form in which it is compared with what exists."""
    if kind == "bookmarks":
        return cells[0]
    if kind == "domain_blocking":
        return normalize_host(cells[0])
    account = cells[-1] if kind == "lists" else cells[0]
    name, _, domain = account.removeprefix("@").lower().partition("@")
    handle = format_handle(site, name, normalize_host(domain))
    return f"{cells[0]}\n{handle}" if kind == "lists" else handle


def parse_bool(cell: str, *, default: bool) -> bool:
    """Return the value of a cell that is true or false; the default for an empty one. Raises InvalidError."""
    try:
        return csv_files.parse_bool(cell, default=default)
    except ValueError as error:
        raise InvalidError(
            "base",
            "has a text where true or false is wanted",
            message=gettext("“%(text)s” is neither true nor false.", text=cell[:80]),
        ) from error


def render(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a CSV file in UTF-8; an empty header is left out."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return target.getvalue().encode()
