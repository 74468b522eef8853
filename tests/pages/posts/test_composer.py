"""The form of a post without JavaScript: files, a time, a quote; errors at their fields, and nothing lost."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from fedserver.domain.content import autosaves
from fedserver.domain.posts import scheduled_posts
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.timelines import post_views
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.forms import read_fields
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor

FIRST_PAGE = Page()
PROBLEM = re.compile(
    r'<p class="field-problem" id="problem-(\w+)" role="alert">.*?<span>([^<]+)</span>', re.S
)


async def begin(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, ann, bob, await log_in_visitor(node, "ann")


async def send(
    visitor: Visitor,
    page: VisitedPage | str,
    files: Sequence[bytes] = (),
    action: str = "/write",
    **changes: str,
) -> VisitedPage:
    """Send the form of a post as a browser does, with these fields changed (by name, without brackets)."""
    shown = await visitor.open(page) if isinstance(page, str) else page
    body = aiohttp.FormData(quote_fields=False)
    fields = read_fields(shown.text, action)
    known = {name for name, _ in fields}
    for name, value in [*fields, *((name, value) for name, value in changes.items() if name not in known)]:
        body.add_field(name, changes.get(name, value), content_type="text/plain")
    for number, data in enumerate(files or [b""]):
        filename = f"{number}.png" if data else ""
        body.add_field("files[]", data, filename=filename, content_type="application/octet-stream")
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(action, data=body, headers=headers, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)


def replace(page: VisitedPage, name: str, *values: str) -> VisitedPage:
    """Return a page whose textareas of a list are filled in."""
    text = page.text
    for value in values:
        text = re.sub(
            rf'(name="{re.escape(name)}"[^>]*)>([^<]*)(?=</textarea>)',
            rf"\1 done>{html.escape(value)}",
            text,
            count=1,
        )
        text = text.replace(f'name="{name}"', f'name="_{name}"', 1)
    return VisitedPage(page.status, page.path, text.replace(f'name="_{name}"', f'name="{name}"'))


async def load(node: TestNode, page: VisitedPage, author: AccountRow) -> post_views.PostView:
    assert page.status == 200, PROBLEM.findall(page.text)
    async with node.db.read() as tx:
        return await post_views.get(tx, int(page.path.rpartition("/")[2]), author.id)


def list_files(page: VisitedPage) -> list[str]:
    return re.findall(r'name="media_ids\[\]" value="(\d+)"', page.text)


async def test_files_are_added_described_ordered_and_published(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    page = await send(
        visitor, "/write", [make_picture("teal"), make_picture("red")], text="Two", decision="add"
    )
    assert page.status == 200
    first, second = list_files(page)
    page = await send(visitor, page, [b"no picture"], decision="add")
    assert [field for field, _ in PROBLEM.findall(page.text)] == ["files"]
    assert list_files(page) == [first, second]
    page = await send(visitor, page, decision=f"up:{second}")
    assert list_files(page) == [second, first]
    page = await send(visitor, page, [make_picture("blue")], decision="add")
    page = await send(visitor, page, decision=f"remove:{first}")
    third = list_files(page)[1]
    assert list_files(page) == [second, third]
    # Who cannot see them learns nothing about them: the form asks once, and keeps everything.
    page = await send(visitor, replace(page, "descriptions[]", "A <red> field"), decision="publish")
    assert "Publish without a description" in page.text
    page = await send(visitor, page, undescribed="1", decision="publish")
    view = await load(node, page, ann)
    assert [(str(file.id), file.description) for file in view.media] == [
        (second, "A <red> field"),
        (third, ""),
    ]

    # They change with an edit, their descriptions and focus too.
    path = f"/edit/{view.post.id}"
    page = await visitor.open(path)
    assert list_files(page) == [second, third]
    text = page.text.replace(
        'name="focus_x[]" min="-1" max="1" step="0.01" value="0"', 'name="focus_x[]" value="0.5"'
    )
    page = replace(VisitedPage(200, path, text), "descriptions[]", "Red", "Blue")
    view = await load(node, await send(visitor, page, action=path), ann)
    assert [(file.description, file.focus_x) for file in view.media] == [("Red", 0.5), ("Blue", 0.5)]
    assert view.post.edited_at is not None
    page = await send(visitor, path, action=path, decision=f"remove:{second}")
    view = await load(node, await send(visitor, page, action=path), ann)
    assert [str(file.id) for file in view.media] == [third]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("text", {"text": " "}),
        ("text", {"text": "α" * 10_000}),
        ("poll", {"options[]": "Tea"}),
        ("publish_at", {"publish_at": "2026-01-01T10:00"}),
        ("publish_at", {"publish_at": "tomorrow"}),
        ("zone", {"publish_at": "2027-01-01T10:00", "zone": "../../etc/passwd"}),
        ("visibility", {"visibility": "partners"}),
        ("replies", {"replies": "friends"}),
        ("quotes", {"quotes": "friends"}),
    ],
)
async def test_error_stands_at_its_field_and_nothing_is_lost(
    start: Start, field: str, changes: dict[str, str]
) -> None:
    _, _, _, visitor = await begin(start)
    values = {"text": "Kept <words>", "summary": "Kept warning", "language": "fr", **changes}
    files = [make_picture()] if changes.get("text") != " " else []
    page = await send(visitor, "/write", files, **values, undescribed="1")
    assert page.status == 422
    assert [name for name, _ in PROBLEM.findall(page.text)] == [field]
    assert f'aria-errormessage="problem-{field}"' in page.text
    kept = dict(read_fields(page.text, "/write"))
    expected = {"summary": "Kept warning", "language": "fr", "text": values["text"]}
    assert {name: kept[name] for name in expected} == expected
    assert len(list_files(page)) == len(files)


async def test_post_is_scheduled_in_a_zone_listed_and_cancelled(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    page = await send(visitor, "/write", text="Later", publish_at="2026-12-24T18:30", zone="Europe/Berlin")
    assert page.path == "/drafts"
    assert "The post is scheduled." in page.text
    async with node.db.read() as tx:
        (scheduled,) = await scheduled_posts.list_by_author(tx, ann, FIRST_PAGE)
    assert scheduled.row.publish_at == 1_798_133_400_000  # 17:30 UTC
    assert "Later" in page.text
    action = f"/drafts/scheduled/{scheduled.row.id}"
    page = await send(visitor, page, action=action, publish_at="2026-01-01T00:00", zone="UTC")
    assert page.status == 422
    assert "at least five minutes" in page.text
    page = await send(visitor, "/drafts", action=action, publish_at="2027-01-01T00:00", zone="UTC")
    async with node.db.read() as tx:
        (scheduled,) = await scheduled_posts.list_by_author(tx, ann, FIRST_PAGE)
    assert scheduled.row.publish_at == 1_798_761_600_000
    await visitor.submit_action("/drafts", f"{action}/delete")
    async with node.db.read() as tx:
        assert await scheduled_posts.list_by_author(tx, ann, FIRST_PAGE) == []


async def test_post_is_quoted_if_its_author_allows_it(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    quotable = await node.publish(bob, "Please quote me")
    closed = await node.publish(bob, "Please do not", quote_policy="nobody")
    page = await visitor.open(f"/write?quote={quotable}")
    assert '<blockquote class="quoted"' in page.text
    view = await load(node, await send(visitor, page, text="Look", quotes="followers"), ann)
    assert view.quote is not None
    assert view.quote.row.quoted_id == quotable
    page = await visitor.open(f"/write?quote={closed}")
    assert page.status == 422
    assert "does not allow you to quote it" in page.text
    assert "<blockquote" not in page.text
    page = await send(visitor, f"/write?quote={quotable}", text="Alone", decision="unquote")
    view = await load(node, await send(visitor, page), ann)
    assert view.quote is None


async def test_form_that_is_sent_twice_leads_to_one_post(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    page = await visitor.open("/write")
    first, second = await send(visitor, page, text="Once"), await send(visitor, page, text="Once")
    assert (await load(node, first, ann)).post.id == (await load(node, second, ann)).post.id
    other = await send(visitor, page, text="Back, and written anew")
    assert other.path != first.path
    # The short form at home as well.
    home = await visitor.open("/home")
    sent = [await send(visitor, home, text="Short") for _ in range(2)]
    assert sent[0].path == sent[1].path


async def test_saved_text_is_filled_in_until_it_is_published(start: Start) -> None:
    node, ann, bob, visitor = await begin(start)
    question = await node.publish(bob, "Who knows?")
    answer_path = f"/write?reply_to={question}"
    page = await send(visitor, answer_path, text="@bob I", visibility="local", decision="save")
    assert page.path == "/drafts"
    assert answer_path.replace("&", "&amp;") in page.text
    page = await visitor.open(answer_path)
    assert "This is the draft that you saved" in page.text
    kept = dict(read_fields(page.text, "/write"))
    assert (kept["text"], kept["visibility"], kept["reply_to"]) == ("@bob I", "local", str(question))
    assert "I" not in dict(read_fields((await visitor.open("/write")).text, "/write"))["text"]
    view = await load(node, await send(visitor, page, text="@bob I do"), ann)
    assert view.post.in_reply_to_id == question
    async with node.db.read() as tx:
        assert await autosaves.list_by_author(tx, ann) == []
    # A change of a post that is not saved; after another change it is out of date.
    path = f"/edit/{view.post.id}"
    await send(visitor, path, action=path, text="@bob I do not", decision="save")
    assert dict(read_fields((await visitor.open(path)).text, path))["text"] == "@bob I do not"
    await visitor.submit_action(path, "/write/autosave/discard")
    assert dict(read_fields((await visitor.open(path)).text, path))["text"] == "@bob I do"


async def test_shared_text_joins_what_was_saved(start: Start) -> None:
    _, _, _, visitor = await begin(start)
    await send(visitor, "/write", text="My own", decision="save")
    page = await visitor.open("/write?title=A+page&text=A+page&url=https://x.test/")
    assert dict(read_fields(page.text, "/write"))["text"] == "My own\n\nA page\n\nhttps://x.test/"


async def test_poll_of_a_post_changes_and_stays(start: Start) -> None:
    node, ann, _, visitor = await begin(start)
    post_id = await node.publish(ann, "Which?", poll=NewPoll(("Tea", "Coffee"), 86_400))
    path = f"/edit/{post_id}"

    async def change(**changes: Any) -> post_views.PostView:
        return await load(node, await send(visitor, path, action=path, **changes), ann)

    before = (await change(text="Which one?")).poll
    assert before is not None
    assert [option.title for option in before.options] == ["Tea", "Coffee"]
    after = (await change(multiple="1")).poll
    assert after is not None
    assert after.poll.multiple
    assert abs((after.poll.expires_at or 0) - (before.poll.expires_at or 0)) < 60_000
    page = await send(visitor, path, action=path, **{"options[]": ""})
    assert [field for field, _ in PROBLEM.findall(page.text)] == ["poll"]


async def test_scheduled_post_is_changed_in_its_place(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    form = {"publish_at": "2026-12-24T18:30", "zone": "UTC"}
    await send(visitor, "/write", text="Lunch at one", **form)
    (edit,) = set(re.findall(r"/drafts/scheduled/\d+/edit", (await visitor.open("/drafts")).text))
    page = await visitor.open(edit)
    assert "Lunch at one" in page.text
    assert 'name="publish_at" value="2026-12-24T18:30" data-moment="1798137000000"' in page.text
    stale = page
    page = await send(visitor, page, action="/write", text="Lunch at two")
    assert page.path == "/drafts"
    assert "Lunch at two" in page.text
    assert "Lunch at one" not in page.text
    again = await send(visitor, stale, action="/write", text="Lunch at three")
    assert "is no longer waiting" in again.text
    assert "Lunch at three" in again.text
    async with node.db.read() as tx:
        (scheduled,) = await scheduled_posts.list_by_author(tx, ann, Page())
    assert scheduled.draft.text == "Lunch at two"
    assert scheduled.row.publish_at == 1_798_137_000_000
    assert (await (await log_in_visitor(node, "ann")).open("/drafts/scheduled/1/edit")).status == 404
