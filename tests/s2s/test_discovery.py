"""WebFinger, host-meta and NodeInfo: how peers find an actor and what the node is."""

from __future__ import annotations

import pytest

from tests.kit.nodes import Start

WEBFINGER = "/.well-known/webfinger?resource="


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("acct:ann@alpha.test", "https://alpha.test/users/ann"),
        ("acct:ANN@alpha.test", "https://alpha.test/users/ann"),
        ("https://alpha.test/users/ann", "https://alpha.test/users/ann"),
        ("https://alpha.test/@ann", "https://alpha.test/users/ann"),
        ("acct:alpha.test@alpha.test", "https://alpha.test/actor"),
        ("https://alpha.test/", "https://alpha.test/actor"),
    ],
)
async def test_webfinger_known_subject_leads_to_its_actor(start: Start, resource: str, expected: str) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    async with node.http.get(WEBFINGER + resource) as response:
        jrd = await response.json(content_type=None)
    assert [link["href"] for link in jrd["links"] if link["rel"] == "self"] == [expected]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("acct:bob@alpha.test", 404),
        ("acct:ann@beta.test", 404),
        ("https://beta.test/users/ann", 404),
        ("ann", 400),
    ],
)
async def test_webfinger_unknown_subject_is_refused(start: Start, resource: str, expected: int) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    async with node.http.get(WEBFINGER + resource) as response:
        assert response.status == expected


async def test_host_meta_names_webfinger(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/.well-known/host-meta") as response:
        assert "https://alpha.test/.well-known/webfinger?resource={uri}" in await response.text()


async def test_nodeinfo_index_leads_to_documents_with_our_name(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/.well-known/nodeinfo") as response:
        index = await response.json(content_type=None)
    versions = [link["href"] for link in index["links"] if "nodeinfo" in link["rel"]]
    assert versions
    for address in versions:
        async with node.http.get(address.removeprefix("https://alpha.test")) as response:
            document = await response.json(content_type=None)
        assert document["software"]["name"] == "fedserver"
        assert document["metadata"]["upstream"] == {"name": "mastodon"}


async def test_nodeinfo_of_an_unknown_version_is_not_found(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/nodeinfo/9.9") as response:
        assert response.status == 404
