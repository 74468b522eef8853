"""The language of pages: of a member, of a guest, of a browser, of the node; and what caches are told."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from fedserver.text import locales
from tests.kit.forms import parse_forms, send_form
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor


class Marked(gettext.NullTranslations):
    """Texts with the code of their language in front."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code

    def gettext(self, message: str) -> str:
        return f"{self.code}:{message}"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return f"{self.code}:{singular if number == 1 else plural}"


@pytest.fixture(autouse=True)
def catalogues(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for code in ("de", "ar", "fr"):
        monkeypatch.setitem(locales._catalogues, code, Marked(code))
    yield


async def language(node: TestNode, path: str = "/about", **headers: str) -> tuple[str, str, str]:
    """Return the language of a page: in its header, its document, and its text."""
    async with node.http.get(path, headers={"Accept": "text/html", **headers}) as answer:
        text = await answer.text()
        start = text.partition("<html ")[2].partition(">")[0].strip()
        skip = text.partition('class="skip" href="#main">')[2].partition("<")[0]
        return answer.headers["Content-Language"], start, skip


async def test_page_in_locale_of_the_browser_is_mirrored_for_arabic(start: Start) -> None:
    node = await start("alpha.test")
    assert await language(node) == ("en", 'lang="en" dir="ltr"', "Skip to content")
    german = await language(node, **{"Accept-Language": "de-CH, en;q=0.5"})
    assert german == ("de", 'lang="de" dir="ltr"', "de:Skip to content")
    arabic = await language(node, **{"Accept-Language": "ar"})
    assert arabic == ("ar", 'lang="ar" dir="rtl"', "ar:Skip to content")
    assert (await language(node, **{"Accept-Language": "tlh"}))[0] == "en"


async def test_error_page_is_in_the_language_of_the_request(start: Start) -> None:
    node = await start("alpha.test")
    for path in ("/nothing", "/@nobody", "/admin/nothing/at/all"):
        assert (await language(node, path, **{"Accept-Language": "de"}))[2] == "de:Skip to content", path


async def test_page_varies_by_language_and_cookie_for_caches(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    for path, wanted in (
        ("/about", {"Accept-Encoding", "Cookie", "Accept-Language"}),
        ("/@ann", {"Accept-Encoding", "Cookie", "Accept-Language", "Accept"}),
        ("/@ann.atom", {"Accept-Encoding", "Cookie", "Accept-Language", "Accept"}),
        ("/nothing", {"Cookie", "Accept-Language"}),
    ):
        async with node.http.get(path, headers={"Accept": "text/html"}) as answer:
            assert set(answer.headers["Vary"].split(", ")) == wanted, path
    async with node.http.get("/@ann", headers={"Accept": "application/activity+json"}) as answer:
        assert "Content-Language" not in answer.headers


async def test_guest_without_script_chooses_a_language_in_the_footer(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    guest = Visitor(node)
    page = await guest.submit_action("/login?next=/drafts", "/locale", locale="ar")
    assert page.path == "/login?next=/drafts"
    assert 'lang="ar" dir="rtl"' in page.text
    page = await guest.submit_action(page, "/locale", locale="")
    assert 'lang="en"' in page.text
    page = await guest.submit_action(page, "/locale", locale="../../etc/passwd")
    assert 'lang="en"' in page.text
    page = await guest.submit_action(page, "/locale", locale="de", back="https://elsewhere.test/")
    assert page.path == "/"
    assert 'lang="de"' in page.text


async def test_member_has_the_same_language_in_every_browser(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    first, second = Visitor(node), Visitor(node)
    await first.log_in("ann")
    await second.log_in("ann")
    page = await first.submit_action("/settings/profile", "/locale", locale="fr")
    assert 'lang="fr"' in page.text
    second.http.headers["Accept-Language"] = "de"
    assert 'lang="fr"' in (await second.open("/home")).text
    assert 'lang="fr"' in (await second.open("/admin")).text, "also where it ends in an error"
    page = await second.submit_action("/settings/reading", "/settings/reading", locale="")
    assert 'lang="de"' in page.text
    page = await second.submit_action("/settings/reading", "/settings/reading", locale="tlh")
    assert 'lang="de"' in page.text


async def test_language_form_from_another_origin_is_refused(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = Visitor(node)
    page = await visitor.log_in("ann")
    [form] = [form for form in parse_forms(page.text) if form.action == "/locale"]
    forged = await send_form(visitor.http, node.base, node.base, form, csrf="wrong", locale="de")
    assert forged.status == 403
    elsewhere = {"Origin": "https://elsewhere.test", "Sec-Fetch-Site": "cross-site"}
    async with visitor.http.post(
        "/locale", data={**form.values, "locale": "de"}, headers=elsewhere
    ) as answer:
        assert answer.status == 403
    assert 'lang="en"' in (await visitor.open("/home")).text


async def test_connection_with_requests_in_two_languages_answers_each_in_its_own(start: Start) -> None:
    """Requests on a kept connection share a task, and so its context."""
    node = await start("alpha.test")
    for code in ("de", "en", "ar", "fr", "en"):
        assert (await language(node, **{"Accept-Language": code}))[0] == code


async def test_placeholders_in_every_language_are_escaped(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.publish(ann, "Hello", summary="")
    async with node.http.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E") as answer:
        assert "<script>alert" not in await answer.text()
    pages = node.node.services.pages
    with locales.use_locale("de"):
        values = {
            "me": None,
            "csrf": "",
            "here": "/x",
            "htmx": False,
            "what": "mail",
            "email": "<b>@mail.test",
        }
        text = pages.render_text("waiting.html", values)
    assert "de:We sent a link to <strong>&lt;b&gt;@mail.test</strong>." in text


async def test_page_with_a_broken_translation_shows_the_source_text(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return "%(missing)s %"

        def ngettext(self, singular: str, plural: str, number: int) -> str:
            return "%(missing)s %"

    monkeypatch.setitem(locales._catalogues, "de", Broken())
    node = await start("alpha.test")
    for path in ("/", "/about", "/blog", "/login"):
        assert await language(node, path, **{"Accept-Language": "de"}) == (
            "de", 'lang="de" dir="ltr"', "Skip to content",
        ), path  # fmt: skip
