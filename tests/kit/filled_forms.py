"""A form as a browser sends it: what is ticked and selected in it, and each value of a repeated name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import aiohttp

from tests.kit.visitors import VisitedPage, Visitor

Changes = Mapping[str, str | Sequence[str] | None]


class FilledForm:
    """The action of a form, the pairs that it sends, and the names of all its fields."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.pairs: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def change(self, changes: Changes) -> list[tuple[str, str]]:
        """Return the pairs with some names changed: None unticks, a list repeats the name."""
        unknown = changes.keys() - self.names
        assert not unknown, f"the form has no {unknown}, but {self.names}"
        pairs = [pair for pair in self.pairs if pair[0] not in changes]
        for name, value in changes.items():
            values = [] if value is None else [value] if isinstance(value, str) else value
            pairs.extend((name, item) for item in values)
        return pairs


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FilledForm] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(FilledForm(values.get("action", "")))
        if not self.forms:
            return
        name = values.get("name", "")
        if tag in ("input", "select", "textarea") and name:
            self.forms[-1].names.add(name)
        if tag == "input" and name and values.get("type") not in ("file", "submit"):
            if values.get("type") not in ("checkbox", "radio") or "checked" in values:
                self.forms[-1].pairs.append((name, values.get("value", "")))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select is not None:
            self._options.append((values.get("value", ""), "selected" in values))
        elif tag == "textarea":
            self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None and self.forms:
            selected = [value for value, chosen in self._options if chosen] or [
                value for value, _ in self._options[:1]
            ]
            self.forms[-1].pairs.extend((self._select, value) for value in selected)
            self._select = None
        elif tag == "textarea" and self._area is not None and self.forms:
            self.forms[-1].pairs.append((self._area, self._text.removeprefix("\n")))
            self._area = None


def read_form(page: VisitedPage, action: str) -> FilledForm:
    """Return the form of a page that leads to `action`."""
    reader = _Reader()
    reader.feed(page.text)
    found = [form for form in reader.forms if form.action == action]
    assert found, f"no form leads to {action}: {[form.action for form in reader.forms]}"
    return found[0]


async def send(
    visitor: Visitor,
    page: str | VisitedPage,
    action: str,
    changes: Changes,
    files: Mapping[str, bytes] | None = None,
) -> VisitedPage:
    """Send a form of a page, or of its path, with changes; return the page to which it leads."""
    shown = await visitor.open(page) if isinstance(page, str) else page
    pairs = read_form(shown, action).change(changes)
    data: aiohttp.FormData | list[tuple[str, str]] = pairs
    if files:
        data = aiohttp.FormData(pairs)
        for name, content in files.items():
            data.add_field(name, content, filename=f"{name}.png", content_type="image/png")
    headers = {"Origin": visitor.node.base, "Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(action, data=data, headers=headers, allow_redirects=False) as answer:
        location = answer.headers.get("Location", "")
        if answer.status == 303 and location.startswith("/"):
            return await visitor.open(location)
        return VisitedPage(answer.status, location or answer.url.raw_path_qs, await answer.text())
