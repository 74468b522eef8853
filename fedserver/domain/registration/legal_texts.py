"""The privacy policy and the terms of service: Markdown files of the admins, rendered when they changed.

The terms lie in a folder, one file for each version, named by the day from which it holds (`2026-01-31.md`).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import NotFound
from fedserver.text.markup import render_markdown

MOST_BYTES = 1_000_000


class Policy(Struct, frozen=True):
    """A text and when it was last changed (ms UTC)."""

    html: str
    updated_at: int


class Terms(Struct, frozen=True):
    """A version of the terms of service."""

    html: str
    holds_from: date
    holds: bool
    succeeded_by: date | None


def privacy_policy(site: Site) -> Policy:
    """Raises NotFound if there is none."""
    path = site.config.community.privacy_policy_file
    if not path:
        raise NotFound
    return Policy(_html(site, Path(path)), _changed(Path(path)) // 1_000_000)


def terms(site: Site, today: date, wanted: date | None = None) -> Terms:
    """The terms of a day that a version is named by; else those that hold today, or are the first to come.

    Raises NotFound if there are none.
    """
    folder = site.config.community.terms_folder
    versions = _versions(Path(folder)) if folder else []
    held = [day for day in versions if day <= today]
    chosen = wanted or (held[-1] if held else versions[0] if versions else None)
    if chosen is None or chosen not in versions:
        raise NotFound
    later = next((day for day in versions if day > chosen), None)
    return Terms(_html(site, Path(folder) / f"{chosen.isoformat()}.md"), chosen, chosen <= today, later)


def _versions(folder: Path) -> list[date]:
    found = []
    for path in folder.glob("????-??-??.md"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise NotFound from error


def _html(site: Site, path: Path) -> str:
    return _rendered(str(path), _changed(path), site.links.base)


@lru_cache(maxsize=8)
def _rendered(path: str, _changed_at: int, base: str) -> str:
    try:
        text = Path(path).read_bytes()[:MOST_BYTES].decode("utf-8", "replace")
    except OSError as error:
        raise NotFound from error
    return render_markdown(text, {}, lambda name: f"{base}/tags/{name}", article=True)
