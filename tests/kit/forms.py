"""A browser without JavaScript: reads the forms of a page and sends them."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp


class HtmlForm:
    """The action of a form, and the values of its hidden and filled-in fields."""

    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.values: dict[str, str] = {}


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(HtmlForm(attributes.get("action", ""), attributes.get("method", "get").lower()))
        elif tag == "input" and self.forms and attributes.get("name"):
            self.forms[-1].values[attributes["name"]] = attributes.get("value", "")
        elif tag == "textarea" and self.forms and attributes.get("name"):
            self.forms[-1].values.setdefault(attributes["name"], "")


def parse_forms(page: str) -> list[HtmlForm]:
    """Return all forms of a page, in order."""
    reader = _FormParser()
    reader.feed(page)
    return reader.forms


def find_form(page: str, field: str) -> HtmlForm:
    """Return the form that has a field of this name."""
    found = [form for form in parse_forms(page) if field in form.values]
    assert found, f"no form with {field!r} in the page: {page[:2000]}"
    return found[0]


async def send_form(
    http: aiohttp.ClientSession, origin: str, page_url: str, filled: HtmlForm, **values: str
) -> aiohttp.ClientResponse:
    """Send a form as a browser would from its page; redirects are not followed."""
    target = urljoin(page_url, filled.action)
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    return await http.request(
        filled.method.upper(),
        target,
        data={**filled.values, **values},
        headers=headers,
        allow_redirects=False,
    )


class _FieldReader(HTMLParser):
    """Collects what a browser would send of one form, without files and buttons."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self._action = action
        self._is_inside = False
        self._text: list[str] | None = None  # of the textarea that is being read
        self._name = ""
        self._options: list[tuple[str, bool]] = []
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = values.get("action") == self._action
        elif not self._is_inside:
            return
        elif tag == "input" and values.get("type") != "file" and values.get("name"):
            if values.get("type") not in ("checkbox", "radio") or "checked" in values:
                self.fields.append((values["name"], values.get("value", "")))
        elif tag == "textarea":
            self._name, self._text = values["name"], []
        elif tag == "select":
            self._name, self._options = values["name"], []
        elif tag == "option":
            self._options.append((values.get("value", ""), "selected" in values))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "textarea" and self._text is not None:
            self.fields.append((self._name, "".join(self._text)))
            self._text = None
        elif tag == "select" and self._is_inside and self._options:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self.fields.append((self._name, chosen[0]))


def read_fields(page: str, action: str) -> list[tuple[str, str]]:
    """Return what a browser would send of the form that leads to `action`, in order; no files, no buttons."""
    reader = _FieldReader(action)
    reader.feed(page)
    assert reader.fields, f"no form leads to {action!r}: {page[:2000]}"
    return reader.fields
