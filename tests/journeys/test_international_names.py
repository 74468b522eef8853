"""Handles and hosts in other scripts and spellings, and malformed ones, at every place that takes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from fedserver.domain.registration import email_blocks
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, Document, StubPeers, make_actor
from tests.kit.visitors import log_in_visitor

BOOKS, SHOWN_BOOKS = "xn--bcher-kva.test", "bücher.test"
READER = f"https://{BOOKS}/users/leser"
NOTE = f"https://{BOOKS}/notes/1"
# What people type, paste and script into fields for hosts, handles and addresses.
ODD_HOSTS = [
    *(
        "",
        " ",
        ".",
        "..",
        "a..b",
        "xn--",
        "xn--a",
        "xn--a.test",
        "xn--zz-.test",
        "a" * 64 + ".test",
        "ü" * 80,
    ),
    *(".".join(["a" * 50] * 6), "x" * 3_000, "-a.test", "a b.test", "a\nb.test", "a\0b.test", "a@b.test"),
    *(
        "1א.test",
        "א1٢.test",
        "a\u202eb.test",
        "a\u200db.test",
        "[",
        "[::1",
        "[::1]:x",
        "::1",
        "1.2.3",
        "0x7f.1",
    ),
    *(
        "a.test:",
        "a.test:0",
        "a.test:99999",
        "a.test:x",
        "user:pw@a.test",
        "a.test/../b",
        "a.test?x#y",
        "\\a.test",
    ),
    *(
        "*.a.test",
        "'\"<b>.test",
        "💩.test",
        "ﬀ.test",
        "ＵＰＰＥＲ．test",
        "\u0301a.test",
        "%c3%bc.test",
        "müller.test",
    ),
]


def make_note() -> Document:
    return {
        "id": NOTE,
        "type": "Note",
        "attributedTo": READER,
        "content": "<p>Ein Buch</p>",
        "to": [PUBLIC],
        "published": "2026-01-01T00:00:00Z",
    }


@pytest.fixture
async def books(names: tls.LoopbackResolver) -> AsyncIterator[StubPeers]:
    async with StubPeers(names, BOOKS) as peers:
        peers.serve(make_actor(READER, "leser"), make_note())
        yield peers


async def open_api(node: TestNode, username: str = "ann", role: str = "member") -> Api:
    scopes = "read write follow push admin:read admin:write"
    return Api(node, await node.create_token(await node.create_member(username, role), scopes))


@pytest.mark.parametrize(
    "text",
    [
        f"https://{SHOWN_BOOKS}/users/leser",
        f"HTTPS://{SHOWN_BOOKS.upper()}:443/users/leser",
        f"@leser@{SHOWN_BOOKS}",
        f"leser@{SHOWN_BOOKS.title()}",
        f"@leser@{BOOKS.upper()}",
        "@leser@bu\u0308cher.test",
    ],
)
async def test_remote_account_is_found_by_any_spelling_of_its_host(
    start: Start, books: StubPeers, text: str
) -> None:
    api = await open_api(await start("alpha.test"))
    found = await api.get("/api/v2/search", q=text, resolve="true")
    assert [(one["acct"], one["uri"]) for one in found["accounts"]] == [(f"leser@{SHOWN_BOOKS}", READER)]
    if "://" not in text:
        assert (await api.get("/api/v1/accounts/lookup", acct=text))["uri"] == READER
        assert [one["uri"] for one in await api.get("/api/v1/accounts/search", q=text)] == [READER]


async def test_post_is_found_by_its_address_in_another_script(start: Start, books: StubPeers) -> None:
    api = await open_api(await start("alpha.test"))
    found = await api.get("/api/v2/search", q=f"https://{SHOWN_BOOKS}/notes/1", resolve="true")
    assert [one["uri"] for one in found["statuses"]] == [NOTE]
    assert found["statuses"][0]["account"]["acct"] == f"leser@{SHOWN_BOOKS}"


async def test_mention_of_a_host_in_another_script_is_linked_and_delivered(
    start: Start, books: StubPeers
) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    status = await api.post("/api/v1/statuses", status=f"Hallo @leser@{SHOWN_BOOKS}, gelesen?")
    assert [(one["acct"], one["username"]) for one in status["mentions"]] == [
        (f"leser@{SHOWN_BOOKS}", "leser")
    ]
    assert f'href="{READER}"' in status["content"]
    source = await api.get(f"/api/v1/statuses/{status['id']}/source")
    assert source["text"] == f"Hallo @leser@{SHOWN_BOOKS}, gelesen?"
    await node.settle()
    note = next(activity["object"] for activity in books.received if activity["type"] == "Create")
    mentions = [tag for tag in note["tag"] if tag["type"] == "Mention"]
    assert mentions == [{"type": "Mention", "href": READER, "name": f"@leser@{BOOKS}"}]


async def test_pages_of_an_account_open_in_both_spellings(start: Start, books: StubPeers) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    await api.get("/api/v2/search", q=f"@leser@{SHOWN_BOOKS}", resolve="true")
    for host in (BOOKS, SHOWN_BOOKS, SHOWN_BOOKS.upper()):
        async with node.http.get(f"/@leser@{host}", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, READER)


async def test_names_in_headers_are_percent_encoded(start: Start, books: StubPeers) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    visitor = await log_in_visitor(node, "ann")
    query = {"q": f"@leser@{SHOWN_BOOKS}"}
    async with visitor.http.get("/search", params=query, allow_redirects=False) as response:
        assert response.headers["Location"] == "/@leser@b%C3%BCcher.test"
    await api.post("/api/v1/statuses", status="#größe #größe")
    listed = await api.request("GET", "/api/v1/timelines/tag/gr%C3%B6%C3%9Fe")
    assert f"<{node.base}/api/v1/timelines/tag/gr%C3%B6%C3%9Fe?" in listed.headers["Link"]
    for name in ("x%0aSet-Cookie:y", "x%0d%0a", "%00"):
        assert (await api.request("GET", f"/api/v1/timelines/tag/{name}")).status < 500
        async with node.http.get(f"/@{name}", allow_redirects=False) as response:
            assert response.status < 500


@pytest.mark.parametrize("host", ["ALPHA.test", "alpha.TEST:443", "alpha.test."])
async def test_own_host_in_capitals_is_this_node(start: Start, host: str) -> None:
    node = await start("alpha.test")
    api = await open_api(node)
    account = await node.create_member("bob")
    assert (await api.get("/api/v1/accounts/lookup", acct=f"bob@{host}"))["acct"] == "bob"
    found = await api.get("/api/v2/search", q=f"@bob@{host}", resolve="true")
    assert [one["acct"] for one in found["accounts"]] == ["bob"]
    status = await api.post("/api/v1/statuses", status=f"Hi @bob@{host.rstrip('.')}!")
    assert [one["acct"] for one in status["mentions"]] == ["bob"]
    async with node.http.get("/.well-known/webfinger", params={"resource": f"acct:bob@{host}"}) as response:
        assert (await response.json(content_type=None))["subject"] == "acct:bob@alpha.test"
    address = f"HTTPS://{host}/@bob"
    async with node.http.get("/.well-known/webfinger", params={"resource": address}) as response:
        assert (await response.json(content_type=None))["subject"] == "acct:bob@alpha.test"
    found = await api.get("/api/v2/search", q=address, resolve="true")
    assert [one["id"] for one in found["accounts"]] == [str(account.id)]


async def test_node_in_another_script_answers_in_both_spellings(start: Start) -> None:
    node = await start(BOOKS)
    api = await open_api(node, "leser")
    assert (await api.get("/api/v1/accounts/lookup", acct=f"leser@{SHOWN_BOOKS}"))["acct"] == "leser"
    for resource in (f"acct:leser@{SHOWN_BOOKS}", f"acct:leser@{BOOKS}", f"https://{SHOWN_BOOKS}/@leser"):
        async with node.http.get("/.well-known/webfinger", params={"resource": resource}) as response:
            assert (await response.json(content_type=None))["subject"] == f"acct:leser@{BOOKS}"
    async with node.http.get("/@leser") as response:
        assert f"@leser@{SHOWN_BOOKS}" in await response.text()


@pytest.mark.parametrize("entered", [SHOWN_BOOKS, SHOWN_BOOKS.upper(), BOOKS, f" {BOOKS}. "])
async def test_blocks_of_a_domain_hold_in_any_spelling(start: Start, books: StubPeers, entered: str) -> None:
    node = await start("alpha.test")
    api = await open_api(node, "mod", "admin")
    await api.post("/api/v1/domain_blocks", domain=entered)
    assert await api.get("/api/v1/domain_blocks") == [BOOKS]
    assert (await api.request("DELETE", "/api/v1/domain_blocks", json={"domain": entered})).status == 200
    assert await api.get("/api/v1/domain_blocks") == []
    block = await api.post("/api/v1/admin/domain_blocks", domain=entered, severity="suspend")
    assert block["domain"] == BOOKS
    await node.settle()
    assert (await api.get("/api/v2/search", q=READER, resolve="true"))["accounts"] == []
    email_block = await api.post("/api/v1/admin/email_domain_blocks", domain=entered)
    assert email_block["domain"] == BOOKS
    async with node.db.read() as tx:
        with pytest.raises(email_blocks.EmailBlockedError):
            await email_blocks.check(tx, f"eve@mail.{SHOWN_BOOKS}")


# A path with an odd host in it, for each way in.
READS = [
    ("/api/v2/search", "q", "https://{}/@x", {"resolve": "true"}),
    ("/api/v2/search", "q", "@x@{}", {"resolve": "true"}),
    ("/api/v2/search", "q", "x from:@x@{}", {}),
    ("/api/v1/accounts/search", "q", "x@{}", {"resolve": "true"}),
    ("/api/v1/accounts/lookup", "acct", "x@{}", {}),
    ("/api/v2/admin/accounts", "by_domain", "{}", {}),
    ("/.well-known/webfinger", "resource", "acct:ann@{}", {}),
    ("/.well-known/webfinger", "resource", "https://{}/@ann", {}),
    ("/search", "q", "@x@{}", {}),
    ("/search", "q", "https://{}/@x", {}),
    ("/authorize_interaction", "uri", "acct:x@{}", {}),
    ("/authorize_interaction", "uri", "https://{}/@x", {}),
    ("/admin/peers", "domain", "{}", {}),
    ("/admin/accounts", "q", "x@{}", {}),
]
WRITES: list[tuple[str, dict[str, Any]]] = [
    ("/api/v1/domain_blocks", {"domain": "{}"}),
    ("/api/v1/admin/domain_blocks", {"domain": "{}", "severity": "silence"}),
    ("/api/v1/admin/domain_allows", {"domain": "{}"}),
    ("/api/v1/admin/email_domain_blocks", {"domain": "{}"}),
    ("/api/v1/admin/canonical_email_blocks", {"email": "x@{}"}),
    ("/api/v1/admin/canonical_email_blocks/test", {"email": "x@{}"}),
    (
        "/api/v1/admin/measures",
        {
            "keys": ["instance_accounts"],
            "start_at": "2026-01-01",
            "end_at": "2026-01-02",
            "instance_accounts": {"domain": "{}"},
        },
    ),
    ("/api/v1/statuses", {"status": "Hi @x@{} and https://{}/x"}),
    ("/api/v1/apps", {"client_name": "x", "redirect_uris": "https://{}/cb", "website": "https://{}/"}),
    ("/api/v1/accounts/aliases", {"acct": "x@{}"}),
]


def fill(value: Any, host: str) -> Any:
    if isinstance(value, dict):
        return {name: fill(inner, host) for name, inner in value.items()}
    return value.replace("{}", host) if isinstance(value, str) else value


async def test_odd_host_gets_a_clear_answer_everywhere(start: Start) -> None:
    node = await start("alpha.test")
    api = await open_api(node, "mod", "owner")
    visitor = await log_in_visitor(node, "mod")
    for host in ODD_HOSTS:
        for path, name, text, more in READS:
            query = {name: text.format(host), **more}
            if path.startswith(("/api/", "/.well-known/")):
                status = (await api.request("GET", path, params=query)).status
            else:
                async with visitor.http.get(path, params=query, allow_redirects=False) as response:
                    status = response.status
            assert status < 500, (path, text, host)
        for path, body in WRITES:
            answer = await api.request("POST", path, json=fill(body, host))
            assert answer.status < 500, (path, host, answer.body)
            assert answer.status != 422 or answer.body["error"]
        async with visitor.http.get(f"/@x@{quote(host, safe='')}", allow_redirects=False) as response:
            assert response.status < 500, host
        await api.request("DELETE", "/api/v1/domain_blocks", json={"domain": host})
