"""An archive holds everything that a member owns; what it leaves out is named here, with the reason."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import aiohttp

from fedserver.domain.portability import archives, belongings, exports
from fedserver.federation.archives import create_archive
from storage.queries.portability import belongings as belonging_queries
from storage.schema import metadata
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import establish_follow
from tests.kit.pictures import make_picture

# Tables with rows of an account or a member that other files of the archive hold.
ELSEWHERE = {
    "follows", "blocks", "mutes", "domain_mutes", "bookmarks",  # as CSV
    "posts", "likes", "quotes", "keys",  # outbox.json, likes.json, actor.json
}  # fmt: skip
LEFT_OUT = {
    "archives": "the archives themselves",
    "imports": "what came in is where it was put",
    "coauthors": "articles of others, which name their authors on this node only",
    "home_entries": "posts of others, in the order of their dates",
    "notifications": "made from what others did",
    "notification_requests": "made from what others did",
    "conversations": "the posts are in outbox.json, those of others are theirs",
    "mentions": "part of the posts",
    "idempotency_keys": "of use for a week",
    "suggestion_dismissals": "of use on this node only",
    "announcement_reads": "of use on this node only",
    "announcement_reactions": "of use on this node only",
    "notification_permissions": "follows from notifications of this node",
    "notification_policies": "of use on this node only",
    "push_subscriptions": "of devices, which subscribe anew",
    "email_subscriptions": "addresses that others trusted to this node, not to the member",
    "documents": "what waits to be sent",
    "reports": "for the moderators",
    "appeals": "for the moderators",
    "moderation_notes": "by the moderators",
    "member_accounts": "which account is whose",
    "invitations": "valid on this node only",
    "one_time_links": "secret", "sessions": "secret", "challenges": "secret", "second_steps": "secret",
    "recovery_codes": "secret", "passkeys": "secret", "identities": "secret", "codes": "secret",
    "tokens": "secret",
    "member_days": "figures", "member_addresses": "IP addresses, kept for moderators for a while",
    "severances": "follows that a decision about a peer ended, listed by the client API",
    "partners": "of the node", "act_posts": "of the public log",
    "canonical_email_blocks": "by the moderators",
}  # fmt: skip


def test_every_table_with_an_owner_is_in_the_archive_or_left_out_with_a_reason() -> None:
    statements = [str(kind.statement) for kind in belonging_queries.KINDS.values()]
    covered = {name for statement in statements for name in re.findall(r"(?:FROM|JOIN) (\w+)", statement)}
    owned = {
        table.name
        for table in metadata.tables.values()
        if {"account_id", "member_id"} & set(table.columns.keys()) and table.name != "tombstones"
    }
    assert owned - covered - ELSEWHERE - LEFT_OUT.keys() == set()
    assert set(exports.KINDS) & set(belonging_queries.KINDS) <= {"lists"}


async def upload(api: Api, text: str) -> str:
    form = aiohttp.FormData({"description": text})
    form.add_field("file", make_picture(), filename="fox.png", content_type="image/png")
    return str((await api.request("POST", "/api/v2/media", data=form)).body["id"])


async def make_archive(node: TestNode, account: Any) -> zipfile.ZipFile:
    services = node.node.services
    async with node.db.write() as tx:
        row = await archives.request(tx, account)
    await create_archive(node.db, node.site, services.store, row.id)
    async with node.db.read() as tx:
        row = await archives.get(tx, account, row.id)
    data = (services.store.root / ".apart" / row.name.rpartition("/")[2]).read_bytes()
    return zipfile.ZipFile(io.BytesIO(data))


async def test_archive_holds_what_is_not_published(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    file_id, later_file_id = await upload(api, "a fox"), await upload(api, "a hen")
    quoted = await node.publish(ann, "quoted")
    await node.publish(
        ann, "## Not *yet*", state="draft", kind="Article", title="Soon", content_type="text/markdown",
        media_ids=(int(file_id),), quoted_id=quoted,
    )  # fmt: skip
    await api.post(
        "/api/v1/statuses", status="later", scheduled_at="2026-12-24T12:00:00Z", media_ids=[later_file_id]
    )
    archive = await make_archive(node, ann)
    (draft,) = json.loads(archive.read("drafts.json"))
    assert (draft["title"], draft["source"], draft["kind"]) == ("Soon", "## Not *yet*", "Article")
    assert draft["quoted_uri"] == f"{ann.uri}/statuses/{quoted}"
    (file,) = draft["files"]
    assert file["description"] == "a fox"
    assert archive.read(file["file"])
    (scheduled,) = json.loads(archive.read("scheduled.json"))
    assert scheduled["draft"]["text"] == "later"
    assert archive.read(scheduled["files"][0]["file"])
    assert json.loads(archive.read("outbox.json"))["totalItems"] == 1


async def test_archive_holds_lists_filters_notes_and_the_like(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    api = Api(node, await node.create_token(ann))
    await establish_follow(node.db, node.site, ann, bob)
    theirs = await node.publish(bob, "of Bob")
    own = (await api.post("/api/v1/statuses", status="first"))["id"]
    await api.request("PUT", f"/api/v1/statuses/{own}", json={"status": "second"})
    await api.post("/api/v1/lists", title="Empty")
    listed = (await api.post("/api/v1/lists", title="Friends", exclusive=True))["id"]
    await api.post(f"/api/v1/lists/{listed}/accounts", account_ids=[str(bob.id)])
    filter_id = (await api.post("/api/v2/filters", title="No foxes", context=["home"]))["id"]
    await api.post(f"/api/v2/filters/{filter_id}/keywords", keyword="fox", whole_word=True)
    await api.post(f"/api/v2/filters/{filter_id}/statuses", status_id=str(theirs))
    await api.post(f"/api/v1/accounts/{bob.id}/note", comment="met in Ghent")
    await api.post(f"/api/v1/accounts/{bob.id}/pin")
    await api.post("/api/v1/tags/fox/follow")
    await api.post("/api/v1/featured_tags", name="hen")
    await api.post(f"/api/v1/statuses/{own}/pin")
    await api.post(f"/api/v1/statuses/{own}/mute")
    await api.post("/api/v1/markers", home={"last_read_id": str(theirs)})
    archive = await make_archive(node, ann)

    def read(kind: str) -> Any:
        return json.loads(archive.read(f"{kind}.json"))

    uri, bobs = f"{ann.uri}/statuses/{own}", f"{bob.uri}/statuses/{theirs}"
    assert [(entry["title"], entry["accounts"]) for entry in read("lists")] == [
        ("Empty", []), ("Friends", [{"account": "bob@alpha.test"}]),
    ]  # fmt: skip
    (entry,) = read("filters")
    assert (entry["contexts"], entry["keywords"]) == (["home"], [{"keyword": "fox", "whole_word": True}])
    assert entry["posts"] == [{"uri": bobs}]
    assert read("notes") == [{"account": "bob@alpha.test", "note": "met in Ghent"}]
    assert read("featured_accounts") == [{"account": "bob@alpha.test"}]
    assert (read("followed_tags"), read("featured_tags")) == ([{"name": "fox"}], [{"name": "hen"}])
    assert (read("pins"), read("muted_threads")) == ([{"uri": uri}], [{"uri": uri}])
    assert [(edit["uri"], edit["source"]) for edit in read("edits")] == [(uri, "first")]
    assert read("markers")[0]["last_read_id"] == theirs
    (account,) = read("account")
    assert (account["email"], account["settings"]["theme"]) == ("ann@mail.test", "auto")
    assert set(belongings.PARTS) <= {name.removesuffix(".json") for name in archive.namelist()}
