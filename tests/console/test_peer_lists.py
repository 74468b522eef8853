"""Lists of peers by real HTTP: shown, applied as far as it was wanted, taken back where a list did it."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from fedserver.domain.peers import peers
from fedserver.domain.relationships import follows
from storage.queries.accounts import accounts as account_queries
from storage.rows.peers import PeerRow
from tests.console.test_console import form_to, log_in, read, submit
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.sites import StubSite

HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
FILE = (
    "\ufeff" + HEAD + "spam.test,suspend,false,false,Sells <b>,false\nloud.test,silence,true,false,,true\n"
    "mine.test,silence,false,false,,false\nhid***.test,suspend,,,,\ntest,suspend,,,,\nalpha.test,suspend,,,,\n"
    "odd.test,destroy,,,,\n"
)


async def begin(start: Start) -> TestNode:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("ada", "admin")
    async with node.db.write() as tx:
        fay = await create_remote_account(tx, "fay", "www.spam.test")
        await follows.receive(tx, fay, ann, f"{fay.uri}#follow")
        await peers.decide(tx, None, "mine.test", peers.PeerDecision("block", "by hand"))
    await log_in(node, "ada")
    return node


async def decided(node: TestNode) -> dict[str, PeerRow]:
    async with node.db.read() as tx:
        return {row.domain: row for row in await peers.list_with_decision(tx)}


async def upload(node: TestNode, text: str | bytes, kind: str = "block") -> tuple[int, str]:
    """Return status and text of the page that shows what a file would change."""
    form = form_to(await read(node, "/admin/peer-lists"), "/admin/peer-lists/file")
    data = aiohttp.FormData({**form.values, "kind": kind})
    data.add_field("file", text, filename="peers.csv", content_type="text/csv")
    async with node.http.post("/admin/peer-lists/file", data=data) as answer:
        return answer.status, await answer.text()


async def test_peer_file_is_previewed_imported_and_exported(start: Start) -> None:
    node = await begin(start)
    _, page = await upload(node, FILE)
    assert "2 new" in page
    assert "1 changed" in page
    assert "1 skipped" in page
    assert "3 rows without a host name" in page
    assert "1 follower lost" in page
    assert "Sells &lt;b&gt;" in page
    assert "<strong>hid" not in page
    assert set(await decided(node)) == {"mine.test"}, "it was only shown"
    form = form_to(page, "/admin/peer-lists/file")
    assert form.values["leave[]"] == "mine.test", "what becomes milder is left if nobody says otherwise"
    values = {**form.values, "text": FILE, "leave[]": "mine.test"}
    async with node.http.post("/admin/peer-lists/file", data=values, allow_redirects=False) as answer:
        assert answer.status == 303
    found = await decided(node)
    assert {name: row.policy for name, row in found.items()} == {
        "spam.test": "block", "loud.test": "limit", "mine.test": "block",
    }  # fmt: skip
    assert found["loud.test"].rejects_media
    assert found["spam.test"].public_comment == "Sells <b>"
    async with node.db.read() as tx:
        fay = await account_queries.find_by_uri(tx, "https://www.spam.test/users/fay")
    assert fay is not None
    assert fay.suspended_at is not None
    written = await read(node, "/admin/peer-lists/blocks.csv")
    assert written == HEAD + (
        "loud.test,silence,true,false,,true\nmine.test,suspend,false,false,,false\n"
        "spam.test,suspend,false,false,Sells <b>,false\n"
    )
    assert "nothing to change" in (await upload(node, written))[1]
    assert "1 new" in (await upload(node, "good.test\n", "allow"))[1]
    for wrong, text in (
        (b"\x81\xff", "not a text file"), ("", "No domain was found"),
        ("a.test\n" * 10_001, "too many rows"), ("x" * 1_000_001, "too large"),
    ):  # fmt: skip
        status, page = await upload(node, wrong)
        assert status == 422
        assert text in page, page
    assert "List imported from a file" in await read(node, "/admin/log")
    await node.create_member("mod", "moderator")
    await log_in(node, "mod")
    assert "loud.test" in await read(node, "/admin/peer-lists/blocks.csv")
    page = await read(node, "/admin/peer-lists")
    async with node.http.post(
        "/admin/peer-lists", data=form_to(page, "/admin/peer-lists").values, allow_redirects=False
    ) as answer:
        assert answer.status == 403, "only admins follow lists"


def serve(site: StubSite, *names: str) -> None:
    """Replace the list, with another ETag."""
    text = HEAD + "".join(f"{name},suspend,,,why {name},\n" for name in names)
    site.pages["/l.csv"] = web.Response(text=text, headers={"ETag": f'"{"-".join(names)}"'})


async def next_day(node: TestNode) -> None:
    node.clock.forward(days=1)
    await node.settle()
    await node.settle()


async def test_peer_list_is_applied_as_it_was_shown(start: Start, names: tls.LoopbackResolver) -> None:
    node = await begin(start)
    async with StubSite(names, "lists.test", {}) as site:
        serve(site, "spam.test", "mine.test", "left.test", "hand.test")
        where = await submit(
            node, "/admin/peer-lists", "/admin/peer-lists", url="https://lists.test/l.csv", title="Ours <i>",
            applies_itself="0",
        )  # fmt: skip
        await node.settle()
        page = await read(node, where)
        assert "3 new" in page
        assert "1 follower lost" in page
        assert "Ours &lt;i&gt;" in page
        assert set(await decided(node)) == {"mine.test"}
        assert "1 waiting for your review" in await read(node, "/admin/peers")
        assert "1</strong> list of peers to review" in await read(node, "/admin")
        await submit(node, where, f"{where}/confirm", **{"leave[]": "left.test"})
        found = await decided(node)
        assert set(found) == {"spam.test", "hand.test", "mine.test"}
        assert found["mine.test"].list_id is None
        spam = found["spam.test"]
        assert (spam.list_id, spam.reason, spam.public_comment) == (
            int(where.rpartition("/")[2]), "Ours <i>", "why spam.test",
        )  # fmt: skip
        await next_day(node)
        assert site.requested_paths == ["/l.csv"] * 2
        assert "There is nothing to change" in await read(node, where)

        await submit(node, "/admin/peers", "/admin/peers", domain="hand.test", policy="limit")
        serve(site, "mine.test", "left.test", "more.test")
        await next_day(node)
        assert "1 withdrawn" in await read(node, where)
        assert "spam.test" in await decided(node)
        await submit(node, where, f"{where}/confirm", **{"leave[]": ""})
        found = await decided(node)
        assert set(found) == {"hand.test", "mine.test", "more.test"}
        assert found["hand.test"].policy == "limit"

        await submit(node, where, f"{where}/change", max_changes="1")
        serve(site, "more.test", "new.test")
        await next_day(node)
        assert "new.test" in await decided(node), "one change applies by itself"
        for wrong in ("", "<html>"):
            site.pages["/l.csv"] = web.Response(text=wrong)
            await next_day(node)
            assert "could not be fetched" in await read(node, where)
            assert "new.test" in await decided(node)
        serve(site, "new.test", "x.test")
        await next_day(node)
        assert not {"x.test"} & set(await decided(node)), "two changes wait"
        page = form_to(await read(node, where), f"{where}/confirm")
        async with node.http.post(page.action, data={**page.values, "seen": "1"}) as answer:
            assert answer.status == 422
            assert "has changed in the meantime" in await answer.text()
        end = form_to(await read(node, where), f"{where}/end")
        values = {"csrf": end.values["csrf"]}
        async with node.http.post(end.action, data=values, allow_redirects=False) as answer:
            assert answer.status == 303
        assert set(await decided(node)) == {"hand.test", "mine.test"}
    log = await read(node, "/admin/log")
    assert "List applied" in log
    assert "Unsubscribed from the list" in log
    assert "No longer on the list" in log
