"""The revision that gives accounts the hosts that they are on, on a database that has such accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.alembic_upgrade import LAST_DEVELOPMENT_REVISION
from storage.upgrade import upgrade
from tests.kit.schemas import query
from tests.storage.development_line import load_database

PEER = (
    "INSERT INTO peers (domain, policy, rejects_media, reason, decided_at, first_seen_at, scheme, failures, "
    "software, decision_id, rejects_reports, public_comment, obfuscates) "
    "VALUES ('{0}', '{1}', FALSE, '', {2}, 1, '', 0, '', {2}, FALSE, '', FALSE)"
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("domain", "decided", "policy", "expected"),
    [
        ("beta.test", "beta.test", "block", ("", None, None)),
        ("other.test", "far.test", "block", (" beta.test ", None, None)),
        ("other.test", "other.test", "block", (" beta.test ", None, 77)),
        ("sub.other.test", "other.test", "limit", (" beta.test ", 77, None)),
        ("other.test:8443", "other.test", "limit", (" beta.test ", 77, None)),
        ("other.test", "beta.test", "block", (" beta.test ", None, 77)),
    ],
)
async def test_other_hosts_of_stored_accounts_are_known_and_decided_about(
    kind: str, tmp_path: Path, domain: str, decided: str, policy: str, expected: tuple[object, ...]
) -> None:
    url = await load_database(kind, LAST_DEVELOPMENT_REVISION, tmp_path)
    where = "uri = 'https://beta.test/users/bob'"
    await query(url, f"UPDATE accounts SET domain = '{domain}' WHERE {where}")
    await query(url, f"DELETE FROM peers WHERE domain = '{decided}'")
    await query(url, PEER.format(decided, policy, 77))
    await upgrade(url)
    selected = "SELECT other_hosts, silenced_at, suspended_at FROM accounts WHERE"
    assert await query(url, f"{selected} {where}") == [expected]
    assert await query(url, f"{selected} domain = '' AND other_hosts <> ''") == []
