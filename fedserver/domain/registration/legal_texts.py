"""The privacy policy and the terms of service: Markdown files of the admins, rendered when they changed.

The terms lie in a folder, one file for each version, named by the day from which it holds (`2026-01-31.md`).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.text.markup import render_markdown

MAX_BYTES = 1_000_000


class PrivacyPolicyText(Struct, frozen=True):
    """A text and when it was last changed (ms UTC)."""

    html: str
    updated_at: int


class TermsVersion(Struct, frozen=True):
    """A version of the terms of service."""

    html: str
    effective_from: date
    is_effective: bool
    succeeded_by: date | None


def get_privacy_policy(site: NodeContext) -> PrivacyPolicyText:
    """Raises NotFound if there is none."""
    path = site.config.community.privacy_policy_file
    if not path:
        raise NotFoundError
    return PrivacyPolicyText(_render(site, Path(path)), _read_modified_at(Path(path)) // 1_000_000)


def get_terms(site: NodeContext, today: date, wanted: date | None = None) -> TermsVersion:
    """The terms of a day that a version is named by; else those that hold today, or are the first to come.

    Raises NotFound if there are none.
    """
    folder = site.config.community.terms_folder
    versions = _list_versions(Path(folder)) if folder else []
    held = [day for day in versions if day <= today]
    chosen = wanted or (held[-1] if held else versions[0] if versions else None)
    if chosen is None or chosen not in versions:
        raise NotFoundError
    later = next((day for day in versions if day > chosen), None)
    return TermsVersion(
        _render(site, Path(folder) / f"{chosen.isoformat()}.md"), chosen, chosen <= today, later
    )


def _list_versions(folder: Path) -> list[date]:
    found = []
    for path in folder.glob("????-??-??.md"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found)


def _read_modified_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise NotFoundError from error


def _render(site: NodeContext, path: Path) -> str:
    return _render_cached(str(path), _read_modified_at(path), site.links.base)


@lru_cache(maxsize=8)
def _render_cached(path: str, _changed_at: int, base: str) -> str:
    try:
        text = Path(path).read_bytes()[:MAX_BYTES].decode("utf-8", "replace")
    except OSError as error:
        raise NotFoundError from error
    return render_markdown(text, {}, lambda name: f"{base}/tags/{name}", article=True)
