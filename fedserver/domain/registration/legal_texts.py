"""The privacy policy and the terms of service: Markdown files of the admins, rendered when they change.

The terms are in a folder, one file per version, named by the day it takes effect (`2026-01-31.md`).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.text.markup import render_markdown

MAX_BYTES = 1_000_000  # more of a file is not read: it is rendered in the request


class PrivacyPolicyText(Struct, frozen=True):
    """A rendered text and when its file was last modified (ms UTC)."""

    html: str
    updated_at: int


class TermsVersion(Struct, frozen=True):
    """A version of the terms of service, with the day the next one takes effect."""

    html: str
    effective_from: date
    is_effective: bool
    succeeded_by: date | None


def get_privacy_policy(site: NodeContext) -> PrivacyPolicyText:
    """Return the privacy policy. Raises NotFoundError if there is none."""
    path = site.config.community.privacy_policy_file
    if not path:
        raise NotFoundError
    return PrivacyPolicyText(_render(site, Path(path)), _read_modified_at(Path(path)) // 1_000_000)


def get_terms(site: NodeContext, today: date, effective_from: date | None = None) -> TermsVersion:
    """Return the version of a day; without one the version in effect, or the first one to come.

    Raises NotFoundError if there are none.
    """
    folder = site.config.community.terms_folder
    versions = _list_versions(Path(folder)) if folder else []
    effective = [day for day in versions if day <= today]
    chosen = effective_from or (effective[-1] if effective else versions[0] if versions else None)
    if chosen is None or chosen not in versions:
        raise NotFoundError
    successor = next((day for day in versions if day > chosen), None)
    html = _render(site, Path(folder) / f"{chosen.isoformat()}.md")
    return TermsVersion(html, chosen, chosen <= today, successor)


def _list_versions(folder: Path) -> list[date]:
    days = []
    for path in folder.glob("????-??-??.md"):
        try:
            days.append(date.fromisoformat(path.stem))
        except ValueError:
            continue  # another file of the admin
    return sorted(days)


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
    return render_markdown(text, article=True, base=f"{base}/")
