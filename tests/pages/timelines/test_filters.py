"""Filters in the settings: made, changed, deleted; a post begins one; what they hide on pages."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.timelines import filters
from fedserver.domain.timelines.filters import FilterView
from storage.rows.accounts import AccountRow
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor

PATH = "/settings/filters"
NEW = f"{PATH}/new"


async def begin(start: Start) -> tuple[TestNode, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    return node, ann, await log_in_visitor(node, "ann")


async def load(node: TestNode, ann: AccountRow) -> Sequence[FilterView]:
    async with node.db.read() as tx:
        return await filters.list_by_account(tx, ann)


async def test_filter_is_made_changed_and_deleted(start: Start) -> None:
    node, ann, visitor = await begin(start)
    assert "Make a filter" in (await visitor.open(PATH)).text
    words = {
        "keywords[0][keyword]": "dragon",
        "keywords[1][keyword]": "cave",
        "keywords[1][whole_word]": None,
    }
    form = await visitor.open(NEW)
    made = await send(visitor, form, PATH, {**words, "expires_in": "86400", "filter_action": "hide"})
    assert made.path == PATH
    assert "The filter is saved." in made.text
    await send(visitor, form, PATH, {**words, "expires_in": "86400"})  # sent twice
    [view] = await load(node, ann)
    assert view.filter.title == "dragon"
    assert view.filter.action == "hide"
    assert view.filter.expires_at is not None
    assert 0 < node.clock() + 86_400_000 - view.filter.expires_at < 10_000
    assert [(row.keyword, row.whole_word) for row in view.keywords] == [("dragon", True), ("cave", False)]

    path = f"{PATH}/{view.filter.id}"
    changes = {
        "title": "Beasts",
        "keywords[0][keyword]": "",
        "keywords[2][keyword]": "wyvern",
        "context[]": "home",
    }
    await send(visitor, path, path, changes)
    [changed] = await load(node, ann)
    assert {row.keyword for row in changed.keywords} == {"cave", "wyvern"}
    assert (changed.filter.title, filters.decode_contexts(changed.filter)) == ("Beasts", ["home"])
    assert changed.filter.expires_at == view.filter.expires_at, "kept unless another end is chosen"

    page = await visitor.submit_action(PATH, f"{path}/delete")
    assert "The filter is deleted." in page.text
    assert await load(node, ann) == []


async def test_errors_keep_what_was_written_and_change_nothing(start: Start) -> None:
    node, ann, visitor = await begin(start)
    page = await send(visitor, NEW, PATH, {"title": "Empty", "expires_in": "3600"})
    assert page.status == 422
    assert 'id="keywords-problem"' in page.text
    values = dict(read_form(page, PATH).pairs)
    assert (values["title"], values["expires_in"]) == ("Empty", "3600")
    page = await send(visitor, page, PATH, {"keywords[0][keyword]": "dragon", "context[]": None})
    assert page.status == 422
    assert 'id="context-problem"' in page.text
    assert dict(read_form(page, PATH).pairs)["keywords[0][keyword]"] == "dragon"
    assert await load(node, ann) == []

    await send(visitor, page, PATH, {"context[]": ["home", "thread"]})
    [view] = await load(node, ann)
    path = f"{PATH}/{view.filter.id}"
    page = await send(visitor, path, path, {"title": "New", "keywords[1][keyword]": "x" * 600})
    assert page.status == 422
    assert 'id="keyword-problem"' in page.text
    assert (await load(node, ann))[0].filter.title == "Empty", "refused as a whole"
    data = [*read_form(page, path).pairs, ("decision", "more")]
    async with visitor.http.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        more = VisitedPage(answer.status, path, await answer.text())
    assert more.status == 200
    assert read_form(more, path).pairs.count(("keywords[1][keyword]", "x" * 600)) == 1
    assert len(read_form(more, path).names) > len(read_form(page, path).names)


async def test_post_begins_a_filter_or_joins_one(start: Start) -> None:
    node, ann, visitor = await begin(start)
    bob = await node.create_member("bob")
    first, second = await node.publish(bob, "About moss"), await node.publish(bob, "About bark")
    form = await visitor.open(f"{NEW}?post={first}&next=/local")
    assert "About moss" in form.text
    page = await send(visitor, form, PATH, {"title": "Forest"})
    assert page.path == "/local"
    assert "Filtered: Forest" in page.text
    [view] = await load(node, ann)
    page = await visitor.submit_action(f"{NEW}?post={second}", f"{PATH}/{view.filter.id}/posts")
    assert page.status == 200
    path = f"{PATH}/{view.filter.id}"
    await send(visitor, path, path, {"removed_posts[]": str(first)})
    [view] = await load(node, ann)
    assert [row.post_id for row in view.posts] == [second]
    assert (await visitor.open(f"{NEW}?post=1")).status == 404


async def test_filter_hides_only_the_media_where_it_says_so(start: Start) -> None:
    node, ann, visitor = await begin(start)
    bob = await node.create_member("bob")
    await node.publish(bob, "About moss")
    async with node.db.write() as tx:
        await filters.create(
            tx, ann, "Forest", ["public"], action="blur", keywords=[filters.KeywordChange("moss")]
        )
    page = (await visitor.open("/local")).text
    assert "About moss" in page
    assert "Filtered: Forest" not in page, "there are no media to hide"


async def test_filters_of_others_are_out_of_reach(start: Start) -> None:
    node, ann, _ = await begin(start)
    await node.create_member("bob")
    async with node.db.write() as tx:
        view = await filters.create(tx, ann, "Secret", ["home"], keywords=[filters.KeywordChange("secret")])
    bob = await log_in_visitor(node, "bob")
    path = f"{PATH}/{view.filter.id}"
    assert (await bob.open(path)).status == 404
    token = dict(read_form(await bob.open(NEW), PATH).pairs)["csrf"]
    for action in (path, f"{path}/delete", f"{path}/posts"):
        data = {"csrf": token, "title": "Mine", "keywords[0][keyword]": "a", "context[]": "home", "post": "1"}
        async with bob.http.post(action, data=data, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            assert answer.status == 404, action
    assert [view.filter.title for view in await load(node, ann)] == ["Secret"]
