"""The profile in the settings: everything is kept after an error, which stands at its field."""

from __future__ import annotations

from typing import Any

from fedserver.domain.accounts import accounts, profiles
from storage.rows.accounts import AccountRow
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/profile"
PICTURES = f"{PATH}/pictures"


async def begin(start: Start) -> tuple[TestNode, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    return node, ann, await log_in_visitor(node, "ann")


async def load(node: TestNode, ann: AccountRow) -> Any:
    async with node.db.read() as tx:
        return await accounts.get(tx, ann.id)


async def test_profile_is_saved_and_shown_again(start: Start) -> None:
    node, ann, visitor = await begin(start)
    changes = {
        "display_name": "Ann Lee",
        "note": "I mend lamps",
        "bot": "1",
        "show_media": None,
        "attribution_domains": "news.example\nhttps://blog.example/",
        "names[]": ["Site", "Town"],
        "values[]": ["https://ann.example", "Bern"],
    }
    page = await send(visitor, PATH, PATH, changes)
    assert page.path == PATH
    assert '<div class="done" role="status"' in page.text
    assert "Saved." in page.text
    row = await load(node, ann)
    assert (row.display_name, row.kind, row.shows_media, row.shows_featured) == (
        "Ann Lee", "Service", False, True,
    )  # fmt: skip
    assert profiles.decode_domains(row) == ["news.example", "blog.example"]
    assert [field.source for field in profiles.decode_fields(row)] == ["https://ann.example", "Bern"]
    # What is stored is what the form begins with, so that saving again changes nothing.
    await send(visitor, await visitor.open(PATH), PATH, {})
    again = await load(node, ann)
    assert (again.kind, again.fields, again.attribution_domains) == (
        row.kind,
        row.fields,
        row.attribution_domains,
    )


async def test_errors_stand_at_their_fields_and_nothing_is_lost(start: Start) -> None:
    node, ann, visitor = await begin(start)
    written = {"display_name": "Ann", "note": "x" * 2_001, "bot": "1", "names[]": ["A"], "values[]": ["B"]}
    page = await send(visitor, PATH, PATH, written)
    assert page.status == 422
    assert 'id="note-problem"' in page.text
    assert 'aria-describedby="note-problem"' in page.text
    kept = dict(read_form(page, PATH).pairs)
    assert (kept["display_name"], kept["note"], kept["bot"]) == ("Ann", "x" * 2_001, "1")
    assert 'value="A"' in page.text
    page = await send(visitor, page, PATH, {"note": "short", "attribution_domains": "not a domain"})
    assert page.status == 422
    assert 'id="attribution_domains-problem"' in page.text
    assert "one on each line" in page.text
    assert (await load(node, ann)).display_name == ""


async def test_pictures_have_descriptions_and_are_removed(start: Start) -> None:
    node, ann, visitor = await begin(start)
    files = {"avatar": make_picture(), "header": make_picture()}
    page = await send(visitor, PATH, PICTURES, {"avatar_alt": "Ann laughs"}, files)
    assert "Saved." in page.text
    row = await load(node, ann)
    assert row.avatar_key
    assert row.header_key
    assert row.avatar_alt == "Ann laughs"
    page = await send(visitor, page, PICTURES, {"avatar_remove": "1", "header_alt": "A lake"})
    row = await load(node, ann)
    assert (row.avatar_key, row.avatar_alt, row.header_alt) == ("", "", "A lake")
    assert row.header_key
    assert "avatar_remove" not in read_form(page, PICTURES).names


async def test_file_that_is_no_picture_is_refused_at_its_field(start: Start) -> None:
    node, ann, visitor = await begin(start)
    page = await send(visitor, PATH, PICTURES, {"avatar_alt": "Ann"}, {"avatar": b"no picture"})
    assert page.status == 422
    assert 'id="avatar-problem"' in page.text
    assert dict(read_form(page, PICTURES).pairs)["avatar_alt"] == "Ann"
    assert (await load(node, ann)).avatar_alt == ""
