"""People in a browser who find their way by what they read, and the count of what a journey costs them.

A step is one press (a link, a button, something that opens) or one address that is opened. Fields that are
filled in, chosen, ticked or given a file are counted apart. Nothing is found by its class or its place in the
page, and what cannot be seen cannot be pressed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from playwright.async_api import Download, Error, Locator, Page, expect

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
    """Someone at a browser; `steps` and `fields` are what it took so far, `problems` errors of scripts."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.steps = 0
        self.fields = 0
        self.problems: list[str] = []
        self._stages: dict[str, tuple[int, int]] = {}
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

    async def see_image(self, description: str) -> None:
        """Wait until a picture with that description is there, and loaded if it is a file."""
        found = self.page.get_by_role("img", name=description, exact=True).first
        await self._expect(found, description)
        assert await found.evaluate("image => image.naturalWidth !== 0"), f"{description!r} is broken"

    async def see_control(self, name: str, beside: str = "") -> None:
        """Wait until there is something of that name to press."""
        await self._find_pressable(name, beside)

    async def see_field(self, label: str, value: str, beside: str = "") -> None:
        """Wait until the field with that label holds a value."""
        await expect(await self._find_field(label, beside)).to_have_value(value, timeout=PATIENCE_MS)

    async def read_field(self, label: str, beside: str = "") -> str:
        """Return what the field with that label holds, as who copies it."""
        return await (await self._find_field(label, beside)).input_value()

    async def miss(self, *texts: str, beside: str = "") -> None:
        """Raise AssertionError if one of the texts is seen; see first what says that the page is there."""
        for text in texts:
            seen = self._find_group(beside).get_by_text(text).filter(visible=True)
            assert await seen.count() == 0, f"{text!r} is on {self.page.url}"

    def end_stage(self, name: str) -> None:
        """Count what follows apart from what was done since the stage before."""
        steps, fields = (sum(stage[at] for stage in self._stages.values()) for at in (0, 1))
        self._stages[name] = (self.steps - steps, self.fields - fields)

    def check_effort(self, journey: str, script: bool) -> None:
        """Raise AssertionError if the stages or all of this took more or less than docs/journeys.md says."""
        effort = {**self._stages, journey: (self.steps, self.fields)}
        documented = {name: read_effort(name, script) for name in effort}
        assert effort == documented, "docs/journeys.md has other numbers of steps and fields"

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

    async def _find_pressable(self, name: str, beside: str) -> Locator:
        """Return what is called that, else what begins with it, as a tile does with its title."""
        begins = re.compile(rf"^\s*{re.escape(name)}")
        found = self._narrow(self._find_named(begins), beside)
        await self._expect(found.first, name)
        exact = self._narrow(self._find_named(name), beside)
        return exact if await exact.count() else found

    def _find_named(self, name: str | re.Pattern[str]) -> Locator:
        text = name if isinstance(name, re.Pattern) else re.compile(rf"^\s*{re.escape(name)}\s*$")
        found = self.page.locator("summary").filter(has_text=text)
        for role in PRESSABLE_ROLES:
            found = found.or_(self.page.get_by_role(role, name=name, exact=True))
        return found

    async def _press(self, name: str, beside: str) -> None:
        found = await self._find_pressable(name, beside)
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


def read_effort(journey: str, script: bool) -> tuple[int, int] | None:
    """Return the steps and fields that docs/journeys.md gives a journey or stage, None if it has no row.

    A row is `| journey | steps | steps | fields | fields |`: with JavaScript first, then without.
    """
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip(" *") for cell in line.strip("|").split("|")]
        if cells[0] == journey and len(cells) == 5:
            steps, fields = (cells[1:3], cells[3:5])
            return int(steps[not script]), int(fields[not script])
    return None
