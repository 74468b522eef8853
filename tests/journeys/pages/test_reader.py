"""Someone who reads: finds people and posts, keeps some, catches up, and hides what they do not want."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from fedserver.domain.accounts import accounts
from fedserver.domain.relationships import follows
from storage.rows.accounts import AccountRow
from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person
from tests.kit.legs import begin_leg, log_in, submit
from tests.kit.nodes import Start, TestNode

pytestmark = pytest.mark.asyncio(loop_scope="session")
SOUP, CHEAP, CELLAR = "Soup of leeks, as my aunt made it", "Leeks are cheap", "Leeks keep in a cellar"
QUESTION = "Who has a large pot?\n" + "\nIt is for the feast." * 40
ANSWER, THANKS = "I have one\n" + "\nIt is heavy." * 40, "I will fetch the pot"


async def test_reader_finds_keeps_and_hides(start: Start, open_browser: OpenBrowser, script: bool) -> None:
    node = await start("localhost")
    ann, bea = await create_people(node)
    await node.publish(ann, SOUP)
    await node.publish(bea, CHEAP)
    node.clock.forward(days=2)
    await node.publish(ann, CELLAR)
    person = await open_browser(node.base)
    await log_in(person, "rae")
    for journey, take in {
        "Find a person by name, and follow them": find_person,
        "Find a post by a word, its author and its date": find_post,
        "Put a person on a new list, from a post of theirs": make_list,
        "Bookmark a post": bookmark,
        "Find the bookmark again": find_bookmark,
        "Like a post": like,
        "Find again what one liked": find_liked,
        "Catch up with what was missed": catch_up,
    }.items():
        begin_leg(person)
        await take(person)
        person.check_effort(journey, script)
    await miss_nothing_after_catching_up(person, node, ann)

    thanks_id = await write_thread(node, ann, bea)
    await person.press("Home")
    for journey, take in {
        "Read a conversation, from a reply at home": read_thread,
        "Mute a conversation": mute_thread,
        "Filter a word, from a post that has it": filter_word,
        "Change the language, the colours and the size of the text": change_looks,
    }.items():
        begin_leg(person)
        await take(person)
        person.check_effort(journey, script)
    await node.publish(bea, "@rae Do you come?", in_reply_to_id=thanks_id)
    await node.settle()
    await person.open("/home")
    await expect(person.page.get_by_role("link", name="Benachrichtigungen", exact=True).first).to_be_visible()


async def create_people(node: TestNode) -> tuple[AccountRow, AccountRow]:
    """Create two members whose posts can be found, and Rae, who follows the second; return the two."""
    ann, bea, rae = [await node.create_member(name) for name in ("ann", "bea", "rae")]
    async with node.db.write() as tx:
        for author in (ann, bea):
            change = accounts.ProfileChange(indexable=True)
            await accounts.update_profile(tx, node.site, author, change)
        await follows.follow(tx, node.site, rae, bea)
    return ann, bea


async def find_person(person: Person) -> None:
    await person.fill("Search", "ann")
    await submit(person)
    await person.press("Follow @ann")
    await person.see("Its posts appear on your home page.")
    await person.see_control("Unfollow @ann")


async def find_post(person: Person) -> None:
    await person.fill("Search", "leeks")
    await submit(person)
    await person.see(CHEAP, CELLAR, SOUP)
    await person.press("Posts")
    await person.press("Filters")
    await person.fill("Written by", "@ann")
    await person.fill("After this day", "2026-11-19")
    await person.press("Search", beside="Written by")
    await person.see(CELLAR)
    await person.miss(CHEAP, SOUP)
    await person.see_field("Written by", "@ann")


async def make_list(person: Person) -> None:
    await person.press("More about the post by ann", beside=CELLAR)
    await person.press("Add to a list")
    await person.fill("Name of a new list", "Cooks")
    await person.press("Save")
    await person.see("Your lists are saved.", CELLAR)


async def bookmark(person: Person) -> None:
    await person.press("Bookmark", beside=CELLAR)
    pressed = person.page.get_by_role("button", name="Bookmark", pressed=True)
    await expect(pressed).to_be_visible()


async def find_bookmark(person: Person) -> None:
    await person.press("More")
    await person.press("Bookmarks")
    await person.see_heading("Bookmarks")
    await person.see(CELLAR)
    await person.miss(CHEAP)


async def like(person: Person) -> None:
    await person.press("Like", beside=CELLAR)
    await expect(person.page.get_by_role("button", name="Like 1", pressed=True)).to_be_visible()


async def find_liked(person: Person) -> None:
    await person.press("Favourites")
    await person.see_heading("Favourites")
    await person.see(CELLAR)


async def catch_up(person: Person) -> None:
    await person.press("Catch up")
    await person.see_heading("What helped most")
    await person.see(SOUP, CELLAR)
    await person.see("2 posts", beside="Who wrote")
    await person.press("I am up to date")
    await person.see("You are up to date.")


async def miss_nothing_after_catching_up(person: Person, node: TestNode, author: AccountRow) -> None:
    node.clock.forward(hours=1)
    await node.publish(author, "New since then")
    await person.press("Catch up")
    await person.see("New since then")
    await person.miss(CELLAR)


async def write_thread(node: TestNode, ann: AccountRow, bea: AccountRow) -> int:
    """Publish a question, an answer and a second one; return the id of the last."""
    question = await node.publish(ann, QUESTION)
    answer = await node.publish(bea, ANSWER, in_reply_to_id=question)
    return await node.publish(ann, f"@bea {THANKS}", in_reply_to_id=answer)


async def read_thread(person: Person) -> None:
    await person.press("just now", beside=THANKS)
    places = [person.page.get_by_text(text).first for text in ("Who has a large", "I have one", THANKS)]
    boxes = [await place.bounding_box() for place in places]
    tops = [box["y"] for box in boxes if box is not None]
    assert len(tops) == 3
    assert tops == sorted(tops), "what is answered stands above"
    assert tops[0] < 0 < tops[2] < 720, "the post that was opened is in view"


async def mute_thread(person: Person) -> None:
    await person.press("More about the post by ann", beside=THANKS)
    await person.press("Mute conversation", beside=THANKS)
    await person.see("You get no more notifications about this conversation.")


async def filter_word(person: Person) -> None:
    await person.press("More about the post by ann", beside=THANKS)
    await person.press("Filter posts like this", beside=THANKS)
    await person.fill("Word or phrase 1", "pot")
    await person.press("Save")
    await person.see("The filter is saved.", "Filtered: pot")
    await person.miss(THANKS)


async def change_looks(person: Person) -> None:
    await person.press("Settings")
    await person.press("Reading and looks")
    await person.choose("Language of the pages", "Deutsch", beside="Appearance")
    await person.choose("Appearance", "Dark")
    await person.choose("Size of the text", "Large")
    await person.press("Save")
    await person.see("Gespeichert.")
    page = person.page.locator("html")
    chosen = [await page.get_attribute(name) for name in ("lang", "data-theme", "data-size")]
    assert chosen == ["de", "dark", "large"]
