"""Lists of peers: of two that name a peer each keeps what it brought; partners are left alone."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import partners, peer_files, peer_lists, peers
from storage.engine import Database
from storage.queries.peers import partners as partner_queries
from storage.rows.peers import PartnerRow, PeerListRow
from tests.kit import people

HOSTILE = (
    '"spam.test\n","suspend"\nsp\x01am.test\n../etc\nhttps://a.test/\n*.wild.test,silence\n[::1],suspend\n'
    "ünser.test,suspend\n.test\na..test\nspam.test,silence\n# a comment\n"
)


async def receive(database: Database, here: NodeContext, row: PeerListRow, *names: str) -> None:
    async with database.write() as tx:
        await peer_lists.receive(tx, here, row.id, "\n".join(names).encode(), "")


async def brought(database: Database) -> dict[str, int | None]:
    """Return the domains with a decision, and the list that each comes from."""
    async with database.read() as tx:
        return {row.domain: row.list_id for row in await peers.list_with_decision(tx)}


async def test_peer_lists_never_override_each_other_or_partners(
    database: Database, here: NodeContext
) -> None:
    async with database.write() as tx:
        ada, _ = await members.create_approved(
            tx, here, "ada", "ada@m.test", "x", people.new_keys(), role="admin"
        )
        pat = await people.create_remote_account(tx, "pat", "partner.test")
        await partner_queries.upsert_partner(
            tx,
            PartnerRow(1, "partner.test", pat.id, "agreed", True, "u", '["local"]', "", 1, 1, None, "", None),
        )
        wish = peer_lists.PeerListRequest("https://a.test/l", "A", applies_itself=True, max_changes=3)
        first = await peer_lists.subscribe(tx, here, ada, wish)
        second = await peer_lists.subscribe(
            tx, here, ada, peer_lists.PeerListRequest("https://b.test/l", "B")
        )
    for row in (first, second):
        await receive(database, here, row, "both.test", f"only{row.title.lower()}.test", "partner.test")
        async with database.write() as tx:
            found = await peer_lists.get(tx, row.id)
            assert await peer_lists.confirm(tx, here, ada, row.id, peer_lists.fingerprint(found), set()) in (
                1,
                2,
            )
    assert await brought(database) == {
        "both.test": first.id, "onlya.test": first.id, "onlyb.test": second.id,
    }  # fmt: skip
    await receive(database, here, first, "onlya.test", "partner.test")
    assert (await brought(database))["both.test"] == second.id, "the other list takes its place"
    async with database.write() as tx:
        await peer_lists.unsubscribe(tx, ada, second.id, keep_decisions=True)
    assert (await brought(database))["both.test"] is None, "as if decided by hand"
    async with database.write() as tx:
        await peers.decide(tx, ada, "partner.test", peers.PeerDecision("block"))
        (partner,) = await partners.list_all(tx)
        assert partner.state == "ended", "a person may"
        await audit_log.verify(tx)


def test_peer_file_with_unusable_names_skips_them() -> None:
    found = peer_files.parse(HOSTILE, "block")
    assert {each.domain: each.policy for each in found.entries} == {
        "spam.test": "block", "wild.test": "limit", "xn--nser-zra.test": "block",
    }  # fmt: skip
    assert found.unusable == 6
    assert [each.policy for each in peer_files.parse("domain\nA.Test.\n", "allow").entries] == ["allow"]
