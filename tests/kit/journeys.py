"""People in a browser who find their way by what they read, and the count of what a journey costs them.

A step is one press (a link, a button, something that opens) or one address that is opened. Fields that are filled
in, chosen, ticked or given a file are counted apart. Nothing is found by its class or its place in the page, and
what cannot be seen cannot be pressed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from playwright.async_api import Download, Error, Locator, Page, expect

from tests.kit.nodes import PASSWORD

Role = Literal[
    "button", "link", "tab", "menuitem", "option",
    "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "spinbutton",
]  # fmt: skip
DOCUMENT = Path(__file__).parents[2] / "docs/journeys.md"
PRESSABLE_ROLES: tuple[Role, ...] = ("button", "link", "tab", "menuitem", "option")
FIELD_ROLES: tuple[Role, ...] = (
    "textbox",
    "searchbox",
    "combobox",
    "listbox",
    "checkbox",
    "radio",
    "spinbutton",
)
# What holds things that belong together; the innermost that matches is what people mean by "beside".
GROUPS = "article, section, form, fieldset, li, tr, dd, nav, aside, main"
PATIENCE_MS = 5000


class Person:
    """Someone at a browser; `steps` and `fields` are what it took so far, `problems` what the browser says."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.steps = 0
        self.fields = 0
        self.problems: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    async def open(self, address: str) -> int:
        """Open a path or a whole address, as typed or from a mail; return the status of the answer."""
        self.steps += 1
        answer = await self.page.goto(address if "://" in address else self.base + address)
        return answer.status if answer else 0

    async def press(self, name: str, beside: str = "") -> None:
        """Press the one thing of that name, in the smallest group that also shows `beside`."""
        self.steps += 1
        await self._press(name, beside)

    async def download(self, name: str, beside: str = "") -> Download:
        """Press what leads to a file, and return the file."""
        self.steps += 1
        async with self.page.expect_download() as waiting:
            await self._press(name, beside)
        return await waiting.value

    async def fill(self, label: str, text: str, beside: str = "") -> None:
        """Replace what the field with that label holds."""
        self.fields += 1
        await (await self._find_field(label, beside)).fill(text)

    async def choose(self, label: str, option: str, beside: str = "") -> None:
        """Choose an option of a list by what it says."""
        self.fields += 1
        await (await self._find_field(label, beside)).select_option(label=option)

    async def tick(self, label: str, beside: str = "") -> None:
        """Tick a box or take one of several choices."""
        self.fields += 1
        await (await self._find_field(label, beside)).check()

    async def attach(self, label: str, name: str, content: bytes, mime_type: str, beside: str = "") -> None:
        """Give a file to a field."""
        self.fields += 1
        field = await self._find_field(label, beside)
        await field.set_input_files({"name": name, "mimeType": mime_type, "buffer": content})

    async def see(self, *texts: str, beside: str = "") -> None:
        """Wait until each of the texts is seen; raise AssertionError with what is seen instead."""
        for text in texts:
            seen = self._find_group(beside).get_by_text(text).filter(visible=True)
            await self._expect(seen.first, text)

    async def see_heading(self, text: str) -> None:
        """Wait until a heading says exactly that."""
        await self._expect(self.page.get_by_role("heading", name=text, exact=True).first, text)

    async def see_control(self, name: str, beside: str = "") -> None:
        """Wait until there is something of that name to press."""
        await self._expect(self._find_pressable(name, beside).first, name)

    async def see_field(self, label: str, value: str, beside: str = "") -> None:
        """Wait until the field with that label holds a value."""
        await expect(await self._find_field(label, beside)).to_have_value(value, timeout=PATIENCE_MS)

    async def miss(self, *texts: str, beside: str = "") -> None:
        """Raise AssertionError if one of the texts is seen; see first what says that the page is there."""
        for text in texts:
            seen = self._find_group(beside).get_by_text(text).filter(visible=True)
            assert await seen.count() == 0, f"{text!r} is on {self.page.url}"

    def check_effort(self, journey: str, script: bool) -> None:
        """Raise AssertionError if this took more or less than docs/journeys.md says of the journey."""
        assert (self.steps, self.fields) == read_effort(journey, script), (
            f"{journey!r} took {self.steps} steps and {self.fields} fields; docs/journeys.md says otherwise"
        )

    def _find_group(self, beside: str) -> Locator:
        if not beside:
            return self.page.locator("body")
        return self.page.locator(GROUPS).filter(has_text=beside, visible=True).last

    def _narrow(self, found: Locator, beside: str) -> Locator:
        """Return what was found in the smallest group that also shows `beside`, and can be seen."""
        found = found.filter(visible=True)
        if not beside:
            return found
        groups = self.page.locator(GROUPS).filter(has_text=beside, visible=True).filter(has=found)
        return groups.last.locator(found)

    def _find_pressable(self, name: str, beside: str = "") -> Locator:
        found = self.page.locator("summary").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))
        for role in PRESSABLE_ROLES:
            found = found.or_(self.page.get_by_role(role, name=name, exact=True))
        return self._narrow(found, beside)

    async def _press(self, name: str, beside: str) -> None:
        found = self._find_pressable(name, beside)
        await self._expect(found.first, name)
        count = await found.count()
        assert count == 1, f"{count} things are called {name!r} on {self.page.url}"
        await found.click()

    async def _find_field(self, label: str, beside: str) -> Locator:
        """Return the field whose label is that text, else the one whose label begins with it."""
        begins = re.compile(rf"^\s*{re.escape(label)}")
        found = self._narrow(self._find_labelled(begins), beside)
        await self._expect(found.first, label)
        exact = self._narrow(self._find_labelled(label), beside)
        return exact if await exact.count() else found

    def _find_labelled(self, label: str | re.Pattern[str]) -> Locator:
        found = self.page.get_by_label(label, exact=True)
        for role in FIELD_ROLES:
            found = found.or_(self.page.get_by_role(role, name=label, exact=True))
        return found.and_(self.page.locator("input, textarea, select"))

    async def _expect(self, found: Locator, text: str) -> None:
        try:
            await found.wait_for(timeout=PATIENCE_MS)
        except Error as error:
            shown = await self.page.locator("body").inner_text()
            raise AssertionError(f"no {text!r} on {self.page.url}:\n{shown}") from error


def read_effort(journey: str, script: bool) -> tuple[int, int]:
    """Return the steps and fields that docs/journeys.md gives a journey; raise KeyError if it has no row for it.

    A row is `| journey | steps with | steps without | fields with | fields without |`, JavaScript being meant.
    """
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == journey and len(cells) == 5:
            steps, fields = (cells[1:3], cells[3:5])
            return int(steps[not script]), int(fields[not script])
    raise KeyError(journey)


def begin_leg(person: Person) -> None:
    """Count from zero again, for the next part of a journey."""
    person.steps = person.fields = 0


async def log_in(person: Person, username: str) -> None:
    """Log in at the front door, which is not counted."""
    await person.open("/login")
    await person.fill("Username or email address", username)
    await person.fill("Password", PASSWORD)
    await person.press("Log in", beside="Password")
    await person.see_heading("Home")
    begin_leg(person)


async def submit(person: Person) -> None:
    """Press Enter in the field that was filled in last."""
    person.steps += 1
    await person.page.keyboard.press("Enter")
