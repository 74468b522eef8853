"""A moderator with Mastodon.py: its admin calls against a real node."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import requests
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from tests.journeys.test_clients import _sessions, beside, local_names
from tests.kit.nodes import Start, TestNode

__all__ = ["local_names"]  # a fixture
SCOPES = "read write follow push admin:read admin:write"


async def client(node: TestNode, name: str, role: str = "member") -> tuple[Mastodon, Any]:
    row = await node.create_member(name, role)
    session = requests.Session()
    _sessions.append(session)
    token = await node.create_token(row, SCOPES)
    made = await beside([node], lambda: Mastodon(access_token=token, api_base_url=node.base, session=session))
    return made, row


@pytest.mark.usefixtures("local_names")
async def test_mastodon_py_moderates_accounts_and_reports(start: Start) -> None:
    node = await start("alpha.test", rules=("Be kind",))
    mod, _ = await client(node, "mod", "admin")
    ann, _ = await client(node, "ann")
    bob, bob_row = await client(node, "bob")
    post = await beside([node], lambda: bob.status_post("buy #now"))

    def accounts_and_reports() -> None:
        found = mod.admin_accounts_v2(origin="local", username="b")
        assert [account.username for account in found] == ["bob"]
        assert found[0].email == "bob@mail.test"
        assert mod.admin_accounts_v1()[0]["account"]["acct"] == "bob"
        filed = ann.report(
            bob_row.id, status_ids=[post.id], comment="spam", category="violation", rule_ids=[1]
        )
        assert filed.category == "violation"
        [report] = mod.admin_reports()
        assert report.target_account.username == "bob"
        assert report.statuses[0].id == post.id
        assert mod.admin_report_assign(report).assigned_account.username == "mod"
        assert mod.admin_report_unassign(report).assigned_account is None
        mod.admin_account_moderate(bob_row.id, "silence", report_id=report, text="Calm down")
        assert mod.admin_account(bob_row.id).silenced
        assert mod.admin_reports() == []
        assert mod.admin_report_reopen(report).action_taken is False
        assert mod.admin_report_resolve(report).action_taken
        assert mod.admin_account_unsilence(bob_row.id).silenced is False
        warned = next(
            notification for notification in bob.notifications() if notification.type == "moderation_warning"
        )
        assert warned.moderation_warning.text == "Calm down"
        with pytest.raises(MastodonAPIError):
            ann.admin_account(bob_row.id)

    def peers_and_addresses() -> None:
        block = mod.admin_create_domain_block("bad.example", "suspend", public_comment="Spam")
        assert mod.admin_domain_blocks()[0].domain == "bad.example"
        assert mod.admin_update_domain_block(block, severity="silence").severity == "silence"
        mod.admin_delete_domain_block(block)
        allow = mod.admin_create_domain_allow("good.example")
        assert mod.admin_domain_allow(allow).domain == "good.example"
        mod.admin_delete_domain_allow(allow)
        email = mod.admin_create_email_domain_block("bad.example")
        assert len(mod.admin_email_domain_block(email).history) == 7
        mod.admin_delete_email_domain_block(email)
        ip = mod.admin_create_ip_block("203.0.113.0/24", "sign_up_block", expires_in=60)
        assert mod.admin_update_ip_block(ip, severity="no_access").severity == "no_access"
        mod.admin_delete_ip_block(ip)
        hashed = mod.admin_create_canonical_email_block(email="e.v.e@mail.test")
        assert mod.admin_test_canonical_email_block("eve@mail.test")[0].id == hashed.id
        mod.admin_delete_canonical_email_block(hashed)
        with pytest.raises(MastodonNotFoundError):
            mod.admin_canonical_email_block(hashed)

    def numbers_and_trends() -> None:
        now = datetime.datetime.fromtimestamp(node.clock.now / 1000, datetime.UTC)
        [measure] = mod.admin_measures(now - datetime.timedelta(days=2), now, new_users=True)
        assert int(measure.total) == 3
        assert len(measure.data) == 3
        [dimension] = mod.admin_dimensions(now - datetime.timedelta(days=2), now, software_versions=True)
        assert {value.key for value in dimension.data} > {"fedserver"}
        assert len(mod.admin_retention(now - datetime.timedelta(days=1), now)) == 2
        [tag] = mod.admin_trending_tags()
        assert tag.name == "now"

    for chapter in (accounts_and_reports, peers_and_addresses, numbers_and_trends):
        await beside([node], chapter)
