"""A node as the last revision of the development line left it, and what it served then.

`fixtures/README.md` says what is in it. The databases are SQL that either database runs as it stands.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from tests.kit import databases
from tests.kit.api import Api
from tests.kit.nodes import TestNode

FIXTURES = Path(__file__).parent / "fixtures"
# What must stay the same of an answer. The other keys may change with the program that answers.
KEPT_KEYS = {
    "account", "acct", "act", "ancestors", "bookmarked", "content", "created_at", "descendants",
    "description", "display_name", "edited_at", "error", "favourited", "favourites_count", "followers_count",
    "hash", "id", "in_reply_to_id", "keyword", "keywords", "media_attachments", "mentions", "name", "number",
    "options", "poll", "previous", "quoted_status", "reblog", "reblogs_count", "replies_count", "seals",
    "spoiler_text", "status", "statuses_count", "tags", "text", "title", "type", "uri", "username",
    "visibility", "voted", "votes_count",
}  # fmt: skip


def read_script(name: str) -> str:
    """Return the SQL of one fixture."""
    return gzip.decompress((FIXTURES / f"{name}.sql.gz").read_bytes()).decode()


async def load_database(kind: str, name: str, folder: Path) -> str:
    """Make a database from a fixture and return its URL."""
    script = read_script(f"{name}.{kind}")
    if kind == "sqlite":
        path = folder / f"{name}.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return f"sqlite:{path}"
    url = databases.new_bare_postgres()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()
    return url


def read_answers(kind: str) -> dict[str, Any]:
    """Return the tokens of the fixture's members, and what each path answered to them."""
    text = gzip.decompress((FIXTURES / f"0026.{kind}.json.gz").read_bytes())
    answers: dict[str, Any] = json.loads(text)
    return answers


async def ask_all(node: TestNode, tokens: dict[str, str], paths: dict[str, list[str]]) -> dict[str, Any]:
    """Ask each path as each member beside it ('' for nobody): `NAME PATH` -> status and what is kept."""
    answers: dict[str, Any] = {}
    for path, names in paths.items():
        for name in names:
            answer = await Api(node, tokens.get(name, "")).request("GET", path)
            answers[f"{name} {path}"] = [answer.status, keep(answer.body)]
    return answers


def keep(body: Any) -> Any:
    """Return an answer without the keys that may change."""
    if isinstance(body, dict):
        return {key: keep(value) for key, value in body.items() if key in KEPT_KEYS}
    if isinstance(body, list):
        return [keep(part) for part in body]
    return body
