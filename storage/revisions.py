"""Revisions of the schema that this program knows, read from the names in its migrations without Alembic."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"
REVISION = re.compile(r'^(revision|down_revision)\b[^=]*= "(\w+)"', re.MULTILINE)


# Of the line before the first release, which had four digits each; earlier ones cannot be upgraded.
LAST_DEVELOPMENT_REVISION = "0026"
DEVELOPMENT_REVISION = re.compile(r"00[0-2]\d")


class SchemaAge(Enum):
    """The age of a schema, seen from this program, which can use or upgrade the first only."""

    USABLE = "usable"
    TOO_OLD = "too old"
    NEWER = "newer"


@cache
def _read_revisions() -> dict[str, set[str]]:
    """Return the revisions that this program knows, and those that others build on."""
    names: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in VERSIONS.glob("*.py"):
        for word, revision in REVISION.findall(path.read_text(encoding="utf-8")):
            names[word].add(revision)
    return names


def read_newest_revision() -> str:
    """Return the newest revision that this program knows: the one that no other builds on."""
    names = _read_revisions()
    (newest,) = names["revision"] - names["down_revision"]
    return newest


def judge_revision(revision: str) -> SchemaAge:
    """Return whether this program can use a schema, or upgrade it."""
    if revision in _read_revisions()["revision"] or revision == LAST_DEVELOPMENT_REVISION:
        return SchemaAge.USABLE
    return SchemaAge.TOO_OLD if DEVELOPMENT_REVISION.fullmatch(revision) else SchemaAge.NEWER
