"""Dimensions: one statement each, largest values first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, desc, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import BigInteger

from storage.engine import ReadTx
from storage.tables.accounts import accounts
from storage.tables.auth import apps
from storage.tables.content import media, post_tags
from storage.tables.posts import posts
from storage.tables.relationships import follows


class database_bytes(ColumnElement[int]):
    """The size of the database in bytes, as an SQL function."""

    inherit_cache = True
    type = BigInteger()


@compiles(database_bytes, "sqlite")
def _bytes_sqlite(element: database_bytes, compiler: SQLCompiler, **kw: Any) -> str:
    return "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())"


@compiles(database_bytes, "postgresql")
def _bytes_postgresql(element: database_bytes, compiler: SQLCompiler, **kw: Any) -> str:
    return "pg_database_size(current_database())"


class database_version(ColumnElement[str]):
    """Kind and version of the database, separated by a space, as an SQL function."""

    inherit_cache = True
    type = Text()


@compiles(database_version, "sqlite")
def _version_sqlite(element: database_version, compiler: SQLCompiler, **kw: Any) -> str:
    return "('SQLite ' || sqlite_version())"


@compiles(database_version, "postgresql")
def _version_postgresql(element: database_version, compiler: SQLCompiler, **kw: Any) -> str:
    return "('PostgreSQL ' || current_setting('server_version'))"


_published = (
    posts.c.published_at >= bindparam("start"),
    posts.c.published_at < bindparam("end"),
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
)


def _select_top(key: Any, source: Any, *conditions: Any) -> Any:
    amount = func.count().label("amount")
    return (
        select(key.label("key"), amount)
        .select_from(source)
        .where(*conditions)
        .group_by(key)
        .order_by(desc(amount), key)
        .limit(bindparam("limit"))
    )


_language = func.coalesce(posts.c.language, "und")
_by_author = posts.join(accounts, accounts.c.id == posts.c.account_id)
_tagged = _by_author.join(post_tags, post_tags.c.post_id == posts.c.id)
_has_tag = post_tags.c.tag_id == bindparam("tag_id")
_is_on_domain = accounts.c.domain == bindparam("domain")
STATEMENTS: dict[str, Any] = {
    "languages": _select_top(_language, posts, *_published, posts.c.local),
    "sources": _select_top(
        func.coalesce(apps.c.name, ""),
        posts.outerjoin(apps, apps.c.id == posts.c.app_id),
        *_published,
        posts.c.local,
    ),
    "servers": _select_top(accounts.c.domain, _by_author, *_published, accounts.c.domain != ""),
    "tag_servers": _select_top(accounts.c.domain, _tagged, *_published, _has_tag),
    "tag_languages": _select_top(_language, _tagged, *_published, _has_tag),
    "instance_accounts": _select_top(
        accounts.c.username,
        follows.join(accounts, accounts.c.id == follows.c.target_id),
        _is_on_domain,
        accounts.c.suspended_at.is_(None),
    ),
    "instance_languages": _select_top(_language, _by_author, *_published, _is_on_domain),
}
LOAD_SPACE_USAGE = select(
    database_bytes(), select(func.coalesce(func.sum(media.c.bytes), 0)).scalar_subquery()
)
LOAD_DATABASE_VERSION = select(database_version())


async def load(tx: ReadTx, name: str, **params: Any) -> list[tuple[str, int]]:
    """Return keys and amounts, largest first; `params` are limit, and start, end, tag_id or domain."""
    return [(row[0], int(row[1])) for row in await tx.all(STATEMENTS[name], **params)]


async def load_space_usage(tx: ReadTx) -> tuple[int, int]:
    """Return the size of the database and of media files, in bytes."""
    row = await tx.one(LOAD_SPACE_USAGE)
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


async def load_database_version(tx: ReadTx) -> tuple[str, str]:
    """Return kind and version of the database."""
    kind, _, number = str(await tx.value(LOAD_DATABASE_VERSION)).partition(" ")
    return kind, number
