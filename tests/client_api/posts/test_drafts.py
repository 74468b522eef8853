"""Drafts by API: listed, recognized, changed and published."""

from __future__ import annotations

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start

PATH = "/api/v1/statuses"
DRAFTS = "/api/fedserver/v1/drafts"


async def test_draft_is_listed_changed_and_published(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    api, other = Api(node, await node.create_token(ann)), Api(node, await node.create_token(bob))
    note = await api.post(PATH, status="a note", draft=True)
    article = await api.post(PATH, status="long", title="Title", draft=True)
    assert (note["draft"], article["draft"]) == (True, True)
    assert [draft["id"] for draft in await api.get(DRAFTS)] == [article["id"], note["id"]]
    assert await other.get(DRAFTS) == []
    assert (await other.request("GET", f"{PATH}/{article['id']}")).status == 404
    changed = await api.request("PUT", f"{PATH}/{article['id']}", json={"status": "longer", "draft": True})
    assert (changed.body["id"], changed.body["draft"]) == (article["id"], True)
    body = {"draft": False, "visibility": "private"}
    published = await api.request("PUT", f"{PATH}/{article['id']}", json=body)
    assert published.status == 200
    assert "draft" not in published.body
    assert published.body["visibility"] == "private"
    assert "longer" in published.body["content"]
    assert [draft["id"] for draft in await api.get(DRAFTS)] == [note["id"]]
    shown = await api.get(f"/api/v1/accounts/{ann.id}/statuses")
    assert [status["id"] for status in shown] == [published.body["id"]]
    published = await api.request("PUT", f"{PATH}/{note['id']}", json={"draft": False})
    assert published.body["uri"] in [status["uri"] for status in await other.get("/api/v1/timelines/public")]
    assert await api.get(DRAFTS) == []


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_published_status_never_becomes_a_draft(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    posted = await api.post(PATH, status="a note")
    answer = await api.request("PUT", f"{PATH}/{posted['id']}", json={"status": "other", "draft": True})
    assert answer.status == 422
    assert "published" in answer.body["error"]
    ignored = await api.request(
        "PUT", f"{PATH}/{posted['id']}", json={"visibility": "direct", "draft": False}
    )
    assert (ignored.status, ignored.body["visibility"]) == (200, "public")
