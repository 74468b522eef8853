"""What an app got as the source of a status can be sent back, and nothing changes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.kit.api import Api
from tests.kit.nodes import Start

PATH = "/api/v1/statuses"
PIECES = (
    "word", "@bob", "@nobody@far.test", "#Tag", "https://far.test/a?b=c&d", "é", "👩‍👩‍👧‍👦", "<b>", "&amp;",
    "\n", "\n\n", "  ", "`code @bob`", "- item", "# heading", "> said", "\t", "**bold**",
    "[x](https://far.test/)", "\u200b", "--- ", ":)",
)  # fmt: skip
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"spoiler_text": "careful,  there"},
    {"sensitive": True},
    {"content_type": "text/markdown"},
    {"poll": {"options": ["one", "two"], "expires_in": 3600}},
    {"title": "An article"},
    {"title": "An article", "summary": "What it is  about"},
    {"title": "An article", "spoiler_text": "violence"},
    {"title": "An article", "sensitive": True},
    {"visibility": "direct"},
    {"local_only": True},
)
SHOWN = (
    "content",
    "spoiler_text",
    "sensitive",
    "edited_at",
    "title",
    "summary",
    "language",
    "visibility",
    "tags",
)


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_put_of_the_source_changes_nothing(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("bob")
    api, chance = Api(node, await node.create_token(ann)), random.Random(7)
    for kind in KINDS * 4:
        text = "x " + " ".join(chance.choices(PIECES, k=chance.randint(1, 12)))
        posted = await api.post(PATH, status=text, **kind)
        source = await api.get(f"{PATH}/{posted['id']}/source")
        as_apps_do = {"status": source["text"], "spoiler_text": source["spoiler_text"]}
        everything = {
            "status": source["text"],
            **{name: source[name] for name in source if name not in ("id", "text")},
        }
        for body in (as_apps_do, {**as_apps_do, "sensitive": posted["sensitive"]}, everything):
            answer = await api.request("PUT", f"{PATH}/{posted['id']}", json=body)
            assert answer.status == 200, answer.body
            for field in SHOWN:
                assert answer.body.get(field) == posted.get(field), (field, kind, text, body)
        assert len(await api.get(f"{PATH}/{posted['id']}/history")) == 1


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_article_edited_by_an_app_keeps_its_summary_and_warning(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    plain = await api.post(PATH, status="the text", title="T", summary="about it")
    assert (plain["spoiler_text"], plain["summary"]) == ("", "about it")
    edited = (
        await api.request("PUT", f"{PATH}/{plain['id']}", json={"status": "new text", "spoiler_text": ""})
    ).body
    assert (edited["spoiler_text"], edited["summary"]) == ("", "about it")
    assert "new text" in edited["content"]
    warned = (await api.request("PUT", f"{PATH}/{plain['id']}", json={"spoiler_text": "violence"})).body
    assert (warned["spoiler_text"], warned["sensitive"]) == ("violence", True)
    assert "summary" not in warned
    cleared = (
        await api.request("PUT", f"{PATH}/{plain['id']}", json={"spoiler_text": "", "sensitive": False})
    ).body
    assert (cleared["spoiler_text"], cleared["sensitive"]) == ("", False)
    assert cleared["summary"] == "new text", "the excerpt of an article without a summary"
    history = await api.get(f"{PATH}/{plain['id']}/history")
    assert [version["spoiler_text"] for version in history] == ["", "", "violence", ""]


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_article_without_a_summary_never_keeps_an_old_excerpt(start: Start) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    posted = await api.post(PATH, status="the first text", title="T")
    assert posted["summary"] == "the first text"
    edited = (await api.request("PUT", f"{PATH}/{posted['id']}", json={"status": "the second text"})).body
    assert edited["summary"] == "the second text"
