"""Filters match words as people mean them, quickly, and belong to their owner alone."""

from __future__ import annotations

import pytest

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.timelines import filters, visibility
from fedserver.domain.timelines.filters import ActiveFilters, KeywordChange
from storage.engine import Database
from storage.rows.timelines import FilterKeywordRow, FilterRow
from tests.kit.clock import Clock
from tests.kit.people import create_accounts, publish

ROW = FilterRow(1, 1, "t", '["home"]', "warn", None)


def hit(keyword: str, text: str, *, whole_word: bool = True) -> bool:
    return bool(ActiveFilters([ROW], [FilterKeywordRow(1, 1, keyword, whole_word)], []).match(5, text))


@pytest.mark.parametrize(
    ("keyword", "text", "whole", "part"),
    [
        ("cat", "A cat.", True, True),
        ("cat", "CAT", True, True),
        ("cat", "concatenate", False, True),
        ("cat", "cat_food", False, True),
        ("cat", "category, then cat!", True, True),
        ("cat", "dog", False, False),
        ("#cat", "see #cat here", True, True),
        ("#cat", "see#cat", True, True),
        ("#cat", "#cats", False, True),
        ("straße", "STRASSE", True, True),
        ("éclair", "un ÉCLAIR au chocolat", True, True),
        ("猫", "黒猫です", False, True),
        ("two words", "just TWO words here", True, True),
        ("(.*", "a (.* b", True, True),
        ("c++", "I like C++, really", True, True),
    ],
)
def test_words_are_found(keyword: str, text: str, whole: bool, part: bool) -> None:
    assert hit(keyword, text) is whole
    assert hit(keyword, text, whole_word=False) is part


@pytest.mark.parametrize(
    ("keyword", "text", "places"),
    [
        ("a" * 500, "a" * 200_000 + "b", [0]),
        ("a" * 500 + "c", "a" * 200_000 + "b", []),
        ("#ab", "#aba" * 50_000, list(range(0, 200_000, 4))),
    ],
    ids=["inside one word", "not in the text", "many occurrences"],
)
def test_a_long_text_is_searched_in_one_pass(
    keyword: str, text: str, places: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_whole_word, examined = filters._is_whole_word, []

    def record(word: str, folded: str, place: int) -> bool:
        examined.append(place)
        return is_whole_word(word, folded, place)

    monkeypatch.setattr(filters, "_is_whole_word", record)
    assert not hit(keyword, text)
    assert examined == places, "no place is examined twice, none inside of a word"


async def test_a_filter_is_kept(database: Database, here: NodeContext, clock: Clock) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    async with database.write() as tx:
        view = await filters.create(
            tx,
            ann,
            "Spoilers",
            ["home", "public"],
            action="hide",
            seconds=60,
            keywords=[KeywordChange("dragon"), KeywordChange("hob", False)],
        )
        assert [(each.keyword, each.whole_word) for each in view.keywords] == [
            ("dragon", True),
            ("hob", False),
        ]
        assert view.filter.contexts == '["home","public"]'
        assert view.filter.action == "hide"
        first, second = view.keywords
        view = await filters.update(
            tx,
            ann,
            view.filter.id,
            title="New",
            keywords=[
                KeywordChange(id=first.id, remove=True),
                KeywordChange(id=second.id, whole_word=True),
                KeywordChange("elf"),
            ],
        )
        assert view.filter.title == "New"
        assert view.filter.expires_at is not None
        assert [(each.keyword, each.whole_word) for each in view.keywords] == [("hob", True), ("elf", True)]
        assert await filters.list_by_account(tx, ann) == [view]
    async with database.read() as tx:
        active = await filters.load_active(tx, ann.id, "home")
        assert active is not None
        assert active.match(1, "a HOB")[0].keywords == ("hob",)
        assert await filters.load_active(tx, ann.id, "thread") is None
    clock.forward(seconds=61)
    async with database.write() as tx:
        assert await filters.load_active(tx, ann.id, "home") is None
        assert len(await filters.list_by_account(tx, ann)) == 1
        await filters.update(tx, ann, view.filter.id, seconds=None)
        assert await filters.load_active(tx, ann.id, "home") is not None
        await filters.remove(tx, ann, view.filter.id)
        assert await filters.list_by_account(tx, ann) == []


async def test_keywords_and_posts_one_by_one(database: Database, here: NodeContext) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        view = await filters.create(tx, ann, "t", ["home"])
        word = await filters.add_keyword(tx, ann, view.filter.id, "x", whole_word=False)
        word = await filters.update_keyword(tx, ann, word.id, text="y")
        assert (word.keyword, word.whole_word) == ("y", False)
        named = await filters.add_post(tx, ann, view.filter.id, await visibility.get(tx, post_id, ann.id))
        with pytest.raises(InvalidError):
            await filters.add_post(tx, ann, view.filter.id, await visibility.get(tx, post_id, ann.id))
        active = await filters.load_active(tx, ann.id, "home")
        assert active is not None
        assert active.match(post_id, "")[0].post_ids == (post_id,)
        assert await filters.get_post(tx, ann, named.id) == named
        await filters.remove_keyword(tx, ann, word.id)
        await filters.remove_post(tx, ann, named.id)
        assert active.match(post_id, "")
        assert not (await filters.get(tx, ann, view.filter.id)).posts


async def test_nobody_reaches_anothers_filter(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    post_id = await publish(database, here, ann, "hello")
    async with database.write() as tx:
        post = await visibility.get(tx, post_id, bob.id)
        view = await filters.create(tx, ann, "t", ["home"], keywords=[KeywordChange("x")])
        named = await filters.add_post(tx, ann, view.filter.id, post)
        own = await filters.create(tx, bob, "t", ["home"])
        word = view.keywords[0]
        for attempt in (
            filters.get(tx, bob, view.filter.id),
            filters.update(tx, bob, view.filter.id, title="x"),
            filters.update(tx, bob, own.filter.id, keywords=[KeywordChange("z", id=word.id)]),
            filters.update(tx, bob, own.filter.id, keywords=[KeywordChange(id=word.id, remove=True)]),
            filters.remove(tx, bob, view.filter.id),
            filters.get_keyword(tx, bob, word.id),
            filters.add_keyword(tx, bob, view.filter.id, "z"),
            filters.update_keyword(tx, bob, word.id, text="z"),
            filters.remove_keyword(tx, bob, word.id),
            filters.get_post(tx, bob, named.id),
            filters.add_post(tx, bob, view.filter.id, post),
            filters.remove_post(tx, bob, named.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        assert (await filters.get(tx, ann, view.filter.id)).keywords == (word,)


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"contexts": []},
        {"contexts": ["home", "nowhere"]},
        {"action": "burn"},
        {"keywords": [KeywordChange(" ")]},
        {"keywords": [KeywordChange("x" * 513)]},
        {"keywords": [KeywordChange(f"k{number}") for number in range(201)]},
    ],
)
async def test_wrong_values_are_refused(
    database: Database, here: NodeContext, values: dict[str, object]
) -> None:
    (ann,) = await create_accounts(database, here, "ann")
    with pytest.raises(InvalidError):
        async with database.write() as tx:
            await filters.create(tx, ann, **{"title": "t", "contexts": ["home"], **values})  # type: ignore[arg-type]
    async with database.read() as tx:
        assert await filters.list_by_account(tx, ann) == []


async def test_a_keyword_is_changed_alone_only_if_it_is_alone(database: Database, here: NodeContext) -> None:
    ann, bob = await create_accounts(database, here, "ann", "bob")
    async with database.write() as tx:
        view = await filters.create(
            tx, ann, "Drinks", ["home"], keywords=[KeywordChange("tea"), KeywordChange("coffee")]
        )
        tea, coffee = view.keywords
        word = KeywordChange("green tea", None, tea.id)
        with pytest.raises(InvalidError, match="more keywords"):
            await filters.update_keyword_and_filter(
                tx, ann, tea, contexts=["public"], action="warn", seconds=None, keyword=word
            )
        await filters.update_keyword_and_filter(
            tx, ann, tea, contexts=["home"], action="warn", seconds=None, keyword=word
        )
        assert (await filters.get_keyword(tx, ann, tea.id)).keyword == "green tea"
        with pytest.raises(NotFoundError):
            await filters.remove_keyword_or_filter(tx, bob, tea.id)
        await filters.remove_keyword_or_filter(tx, ann, tea.id)
        assert len((await filters.get(tx, ann, view.filter.id)).keywords) == 1
        await filters.remove_keyword_or_filter(tx, ann, coffee.id)
        assert await filters.list_by_account(tx, ann) == []
