"""Markdown files with front matter, as static site generators write them (Jekyll, Hugo).

Front matter is a block of YAML between lines of `---`, or of TOML between lines of `+++`. Of YAML only what
is used there is read: texts, dates, and lists of texts.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

MAX_FRONT_MATTER_LINES = 200
MAX_TAGS = 20
TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")


class MarkdownFile(Struct, frozen=True):
    """An article from a file; `published_at` (ms UTC) is None if the file names no time."""

    title: str
    text: str
    description: str = ""
    tags: tuple[str, ...] = ()
    published_at: int | None = None


def read_markdown_file(data: bytes) -> MarkdownFile:
    """Read a file. Raises UnicodeDecodeError if it is not UTF-8."""
    source = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    fields, text = _split_front_matter(source)
    title = _to_line(fields.get("title"))
    heading = TITLE.match(text)
    if heading is not None and (not title or heading[1] == title):
        title, text = heading[1], text[heading.end() :]
    description = next(
        (line for name in ("description", "summary", "excerpt") if (line := _to_line(fields.get(name)))), ""
    )
    tags = fields.get("tags", fields.get("keywords"))
    names = tags if isinstance(tags, list) else re.split(r"[,\s]+", str(tags or ""))
    return MarkdownFile(
        title,
        text.strip("\n"),
        description,
        tuple(dict.fromkeys(line for name in names if (line := _to_line(name))))[:MAX_TAGS],
        _to_moment(fields.get("date")),
    )


def _split_front_matter(source: str) -> tuple[dict[str, Any], str]:
    """Return the fields and the text after them; a block that is neither is part of the text."""
    mark, _, rest = source.partition("\n")
    mark = mark.rstrip()
    lines = rest.split("\n")
    end = next((n for n, line in enumerate(lines[:MAX_FRONT_MATTER_LINES]) if line.rstrip() == mark), -1)
    if mark not in ("---", "+++") or end < 0:
        return {}, source
    block, text = lines[:end], "\n".join(lines[end + 1 :])
    if mark == "---":
        return _parse_yaml(block), text
    try:
        return tomllib.loads("\n".join(block)), text
    except tomllib.TOMLDecodeError:
        return {}, source


def _parse_yaml(lines: list[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    name = ""
    for line in lines:
        if name and (item := re.match(r"\s*-\s+(.*)", line)):
            former = fields.get(name)
            fields[name] = [*(former if isinstance(former, list) else []), _unquote(item[1])]
        elif field := re.match(r"([A-Za-z_][\w-]*)\s*:\s*(.*)", line):
            name, value = field[1].lower(), field[2].strip()
            is_list = value.startswith("[") and value.endswith("]")
            fields[name] = [_unquote(part) for part in value[1:-1].split(",")] if is_list else _unquote(value)
        elif name and line[:1] in " \t" and isinstance(fields[name], str):
            fields[name] = f"{fields[name].lstrip('>|-')} {line.strip()}".strip()
    return fields


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].replace(f"\\{value[0]}", value[0])
    return value.partition(" #")[0].strip()


def _to_line(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _to_moment(value: Any) -> int | None:
    """Return a date as ms UTC, None if it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d|Z)$", r"\1", value.strip()))
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime):
        return None
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1000)
