"""Someone who writes: an article with pictures, from the first line to the version that comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from fedserver.domain.relationships import follows
from tests.journeys.pages.conftest import OpenBrowser
from tests.kit.journeys import Person
from tests.kit.legs import begin_leg, log_in
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.videos import make_video

pytestmark = pytest.mark.asyncio(loop_scope="session")
TITLE = "How to mend a lamp"
TEXT = "## What you need\n\nA screwdriver.\n\n```python\nprint('light')\n```\n\nIt looks like this:"
FILES = (
    ("lamp.png", make_picture("teal"), "image/png", "A lamp without its shade"),
    ("socket.png", make_picture("red"), "image/png", "The socket with a loose wire"),
    ("mending.mp4", make_video(), "video/mp4", "A hand that tightens the screw"),
)


async def test_author_writes_schedules_changes_and_restores(
    start: Start, open_browser: OpenBrowser, script: bool
) -> None:
    node = await start("localhost")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, bob, ann)
    author = await open_browser(node.base)
    await log_in(author, "ann")
    for journey, take in {
        "Begin an article: title, text with code, tags": begin_article,
        "Add two pictures and a video to the text, with descriptions": add_files,
        "Add a cover": add_cover,
        "See a preview": see_preview,
        "Save a draft, and come back to it": save_draft,
        "Send the text after the session has ended": write_after_the_session,
        "Schedule the article": schedule,
        "Change the text of the scheduled article": change_scheduled,
    }.items():
        begin_leg(author)
        await take(author, script)
        author.check_effort(journey, script)
    await publish(node, author)
    for journey, take in {
        "Change the published article": change,
        "See what changed, and go back to the version before": restore,
    }.items():
        begin_leg(author)
        await take(author, script)
        author.check_effort(journey, script)
    follower = await open_browser(node.base)
    await log_in(follower, "bob")
    await follower.press(TITLE)
    await see_article(follower)
    await follower.miss("A hammer.")


async def begin_article(author: Person, _: bool) -> None:
    await author.press("Write")
    await author.press("Article")
    await author.fill("Title", TITLE)
    await author.fill("Text", TEXT)
    await author.fill("Tags", "lamps repair")


async def add_files(author: Person, script: bool) -> None:
    if not script:
        await author.press("Add a picture or a video to the text")
    for name, content, mime_type, description in FILES:
        if script:
            async with author.page.expect_file_chooser() as choosing:
                await author.press("Picture or video")
            chooser = await choosing.value
            author.fields += 1
            await chooser.set_files({"name": name, "mimeType": mime_type, "buffer": content})
        else:
            await author.attach("Picture or video", name, content, mime_type)
        await author.fill("Description for people who cannot see it", description)
        await author.press("Add to the text")
        if script:
            await author.see(f"{name} is in the text.")
    text = await author.read_field("Text")
    assert text.startswith(TEXT)
    places = [text.index(f"![{description}](/media/") for *_, description in FILES]
    assert places == sorted(places)


async def add_cover(author: Person, script: bool) -> None:
    await author.attach("File", "cover.png", make_picture("orange"), "image/png")
    await author.fill("Description of the cover for people who cannot see it", "A lit lamp")
    if not script:
        await author.press("Show it")
        await author.see_image("A lit lamp")


async def see_preview(author: Person, script: bool) -> None:
    if not script:
        await author.press("Preview")
    preview = author.page.get_by_role("region", name="Preview")
    await expect(preview.get_by_role("heading", name="What you need")).to_be_visible()
    await expect(preview.get_by_role("img", name=FILES[0][3])).to_be_visible()


async def save_draft(author: Person, _: bool) -> None:
    await author.press("Save as a draft")
    await author.see("Saved as a draft that only you can see.")
    await author.press("Drafts")
    await author.see(TITLE)
    await author.press("Continue")
    await author.see_field("Title", TITLE)
    await author.see_field("Tags", "lamps repair")
    await author.see_image("A lit lamp")


async def write_after_the_session(author: Person, script: bool) -> None:
    text = await author.read_field("Text")
    await author.fill("Text", f"{text}\n\nTurn the power off first.")
    await author.page.context.clear_cookies()
    await author.press("Save as a draft")
    await author.see_heading("You are not logged in")
    author.problems.clear()  # the browser says in its console that the answer was a refusal
    async with author.page.context.expect_page() as opening:
        await author.press("Log in (opens in a new tab)")
    tab = Person(await opening.value, author.base)
    await tab.fill("Username or email address", "ann")
    await tab.fill("Password", PASSWORD)
    await tab.press("Log in", beside="Password")
    await tab.see_heading("Home")
    await tab.page.close()
    author.steps, author.fields = author.steps + tab.steps, author.fields + tab.fields
    await author.press("Continue")
    await author.see("Turn the power off first.")
    await author.press("Send")
    await author.see("Saved as a draft that only you can see.")
    await author.see_field("Tags", "lamps repair")
    assert (await author.read_field("Text")).endswith("Turn the power off first.")


async def schedule(author: Person, _: bool) -> None:
    await author.fill("Publish later", "2026-11-25T09:30")
    await author.press("Publish")
    await author.see("The post is scheduled.", TITLE)


async def change_scheduled(author: Person, _: bool) -> None:
    await author.press("Edit")
    await author.see_field("Publish later", "2026-11-25T09:30")
    await author.see_image("A lit lamp")
    text = await author.read_field("Text")
    await author.fill("Text", text.replace("A screwdriver.", "A screwdriver and ten minutes."))
    await author.press("Save")
    await author.see("The post is scheduled.", TITLE)


async def publish(node: TestNode, author: Person) -> None:
    """Let the day come, and see what the author sees."""
    node.clock.forward(days=8)
    await node.settle()
    await author.press("Blog")
    await author.press(TITLE)
    await see_article(author)


async def see_article(reader: Person) -> None:
    await reader.see_heading(TITLE)
    await reader.see("A screwdriver and ten minutes.", "Turn the power off first.", "#lamps", "#repair")
    for description in (*(description for *_, description in FILES[:2]), "A lit lamp"):
        await reader.see_image(description)
    await expect(reader.page.get_by_label(FILES[2][3])).to_be_visible()
    await expect(reader.page.locator("pre code span").first).to_be_visible()  # words of the code in colours


async def change(author: Person, _: bool) -> None:
    await author.press("More about the post by ann")
    await author.press("Edit")
    text = await author.read_field("Text")
    await author.fill("Text", text.replace("A screwdriver and ten minutes.", "A hammer."))
    await author.press("Save")
    await author.see("Saved.", "A hammer.")


async def restore(author: Person, _: bool) -> None:
    await author.press("Edited")
    await author.press("Nov 26, 2026")
    await author.see_heading("What changed")
    await expect(author.page.get_by_role("insertion").first).to_have_text("hammer")
    await expect(author.page.get_by_role("deletion").first).to_have_text("screwdriver and ten minutes")
    await author.press("Go back to the version of")
    await author.press("Yes")
    await author.see("The article is as it was in that version.", "A screwdriver and ten minutes.")
