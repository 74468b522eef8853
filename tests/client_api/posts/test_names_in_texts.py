"""Who is mentioned and which hashtags a post has: what its text links, in every answer, and for peers."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from tests.journeys.test_federation import follow, settle
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

MARKDOWN = "text/markdown"
CASES: list[tuple[str, str, list[str], list[str]]] = [
    ("text/plain", "see .@alice for this", ["alice"], []),
    ("text/plain", "cc:@alice", ["alice"], []),
    ("text/plain", "hi,@alice", ["alice"], []),
    ("text/plain", "#one,#two", [], ["one", "two"]),
    ("text/plain", "mail alice@peer.example", [], []),
    (MARKDOWN, "```\nping @alice #x\n```", [], []),
    (MARKDOWN, "    @alice #x in an indented block", [], []),
    (MARKDOWN, "`@alice` and #real", [], ["real"]),
    (
        MARKDOWN,
        "<code>@alice #x</code>, [@alice #x](https://x.test) \\@alice <!-- @alice --> #real",
        [],
        ["real"],
    ),
    (MARKDOWN, "<details><summary>#one</summary>@alice</details>", ["alice"], ["one"]),
]


class World:
    """A node with Ann, who writes, and Alice, who may be mentioned."""

    def __init__(self, node: TestNode, ann: Api, alice: Api) -> None:
        self.node, self.ann, self.alice = node, ann, alice

    async def check(self, status: dict[str, Any], mentions: list[str], tags: list[str]) -> None:
        """Check that the text links, the API lists, notifications tell and peers get exactly these names."""
        content = status["content"]
        assert [mention["username"] for mention in status["mentions"]] == mentions
        assert [tag["name"] for tag in status["tags"]] == tags
        assert re.findall(r'class="u-url mention"[^>]*>@<span>(\w+)', content) == mentions
        assert re.findall(r'class="mention hashtag"[^>]*>#<span>(\w+)', content) == tags
        notified = await self.alice.get("/api/v1/notifications", **{"types[]": "mention"})
        assert (status["id"] in [one["status"]["id"] for one in notified]) is bool(mentions)
        path = status["uri"].removeprefix(self.node.base)
        headers = {"Accept": "application/activity+json"}
        async with self.node.http.get(path, headers=headers) as answer:
            document = await answer.json(content_type=None)
        named = {
            kind: [tag["name"] for tag in document["tag"] if tag["type"] == kind]
            for kind in ("Mention", "Hashtag")
        }
        assert named == {
            "Mention": [f"@{name}@alpha.test" for name in mentions],
            "Hashtag": [f"#{name}" for name in tags],
        }
        audience = {*document["to"], *document["cc"]}
        assert (f"{self.node.base}/users/alice" in audience) is bool(mentions)
        for tag in ("one", "two", "x", "real"):
            timeline = await self.ann.get(f"/api/v1/timelines/tag/{tag}")
            assert (status["id"] in [one["id"] for one in timeline]) is (tag in tags), tag


async def begin(start: Start) -> World:
    node = await start("alpha.test")
    ann, alice = await node.create_member("ann"), await node.create_member("alice")
    return World(node, Api(node, await node.create_token(ann)), Api(node, await node.create_token(alice)))


@pytest.mark.parametrize(("content_type", "text", "mentions", "tags"), CASES)
async def test_names_of_a_status_are_those_that_its_text_links(
    start: Start, content_type: str, text: str, mentions: list[str], tags: list[str]
) -> None:
    world = await begin(start)
    status = await world.ann.post("/api/v1/statuses", status=text, content_type=content_type)
    await world.check(status, mentions, tags)
    article = await world.ann.post("/api/v1/statuses", status=text, content_type=content_type, title="A")
    await world.check(article, mentions, tags)
    plain = await world.ann.post("/api/v1/statuses", status="x")
    edited = await world.ann.put(f"/api/v1/statuses/{plain['id']}", status=text, content_type=content_type)
    assert [mention["username"] for mention in edited["mentions"]] == mentions
    assert [tag["name"] for tag in edited["tags"]] == tags


async def test_edit_with_a_content_type_that_is_not_offered_is_refused(start: Start) -> None:
    world = await begin(start)
    status = await world.ann.post("/api/v1/statuses", status="x")
    answer = await world.ann.request(
        "PUT", f"/api/v1/statuses/{status['id']}", json={"status": "y", "content_type": "text/html"}
    )
    assert answer.status == 422


async def test_names_in_a_profile_are_linked_in_note_and_fields(start: Start) -> None:
    world = await begin(start)
    account = await world.ann.request(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={
            "note": "with .@alice,#one",
            "fields_attributes": [
                {"name": "Editor", "value": "cc:@alice"},
                {"name": "Mail", "value": "a@alice"},
            ],
        },
    )
    for html in (account.body["note"], account.body["fields"][0]["value"]):
        assert html.count('class="u-url mention"') == 1
    assert "mention" not in account.body["fields"][1]["value"]
    assert account.body["note"].count("hashtag") == 1


async def test_accounts_named_in_code_are_not_looked_for(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, _ = await alpha.create_member("ann"), await beta.create_member("bob")
    api = Api(alpha, await alpha.create_token(ann))
    await api.post("/api/v1/statuses", status="`@bob@beta.test`", content_type=MARKDOWN)
    assert beta.requested_paths == []
    status = await api.post("/api/v1/statuses", status="cc:@bob@beta.test", content_type=MARKDOWN)
    assert [mention["acct"] for mention in status["mentions"]] == ["bob@beta.test"]


SOURCES = [
    ("[about](/about)", 'href="{base}/about"'),
    ("![p](/media/p.png)", 'src="{base}/media/p.png"'),
    ("H<sub>2</sub>O", "H<sub>2</sub>O"),
    ("<details><summary>more</summary>text</details>", "<details>"),
    ("- [ ] open\n- [x] done", "checkbox"),
    ("[to](#part)\n\n## Part", 'id="user-content-part"'),
    ("[to](#part)\n\n## Part", 'href="{base}/@ann/a#user-content-part"'),
]


async def test_markdown_of_an_article_is_the_same_on_the_page_in_the_api_and_for_peers(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    api = Api(alpha, await alpha.create_token(ann))
    text = "\n\n".join(dict.fromkeys(source for source, _ in SOURCES)) + "\n\na <!-- not shown --> b"
    status = await api.post("/api/v1/statuses", status=text, title="A", content_type=MARKDOWN)
    await settle(alpha, beta)
    [received] = await Api(beta, await beta.create_token(bob)).get("/api/v1/timelines/home")
    answers = {"api": status["content"], "peer": received["content"]}
    for where, path, accept in (
        ("page", "/@ann/a", "text/html"),
        ("document", status["uri"].removeprefix(alpha.base), "application/activity+json"),
    ):
        async with alpha.http.get(path, headers={"Accept": accept}) as answer:
            body = await answer.text()
        answers[where] = msgspec.json.decode(body)["content"] if where == "document" else body
    for where, html in answers.items():
        for _, wanted in SOURCES:
            if where != "peer" or "src=" not in wanted:
                assert wanted.format(base=alpha.base) in html, (where, wanted)
        assert "not shown" not in html
