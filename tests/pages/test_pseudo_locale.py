"""No page shows a text that is not marked for translation: in the pseudo-locale, all have accents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from fedserver.config import MailConfig
from fedserver.domain.kernel.scopes import ALL_SCOPES
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from storage.queries.auth import members as member_queries
from tests.kit import pseudo
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.populated_nodes import list_page_paths, populate
from tests.kit.visitors import VisitedPage, Visitor

# Names, also of formats, what members and peers write, and codes of languages: plain letters are theirs.
KNOWN = frozenset(
    {
        "ann",
        "bob",
        "oda",
        "eve",
        "fay",
        "Fay",
        "alpha",
        "Node",
        "test",
        "Like",
        "en",
        "Atom",
        "RSS",
        "UTC",
        "mail",
        "example",
    }
)
# Names of licenses, languages in their own words, and folders are the same in all languages.
NAMES = re.compile(r"CC BY(-[A-Z]{2})* 4\.0|Deutsch|Español|Français|/\S+")
DESCRIPTION = "A place that its members own."  # of the community, as the configuration has it
# The style guide is for developers, and names classes and roles.
TEMPLATES = sorted(
    path
    for path in (Path(__file__).parents[2] / "fedserver").rglob("templates/**/*.html")
    if path.name != "styleguide.html"
)


@pytest.fixture
def locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with pseudo.spoken(monkeypatch) as code:
        yield code


def _find_unmarked(page: VisitedPage, locale: str) -> set[str]:
    """Return the unmarked texts of a page."""
    assert f'<html lang="{locale}"' in page.text, page.path
    unmarked = pseudo.find_unmarked(page.text, KNOWN) - {DESCRIPTION}
    return {text for text in unmarked if pseudo.WORD.search(NAMES.sub("", text))}


async def _walk(visitor: Visitor, locale: str, paths: list[str]) -> dict[str, str]:
    """Return the unmarked texts, each with the path of a page that shows it."""
    unmarked: dict[str, str] = {}
    for path in paths:
        page = await visitor.open(path)
        assert page.status < 500, path
        if page.text.startswith("<!doctype html>"):
            unmarked |= dict.fromkeys(_find_unmarked(page, locale), path)
    return unmarked


def _open_browser(node: TestNode, locale: str) -> Visitor:
    visitor = Visitor(node)
    # The name of the browser is shown among the sessions.
    visitor.http.headers.update({"User-Agent": "ann", "Accept-Language": locale, "Accept": "text/html"})
    return visitor


async def _start(start: Start) -> TestNode:
    return await start(
        "alpha.test",
        registration="approval",
        rules=("Καλοσύνη",),
        mail=MailConfig(host="mail.test", sender="us@alpha.test"),
    )


async def test_pages_in_pseudo_locale_show_no_unmarked_text(start: Start, locale: str) -> None:
    node = await _start(start)
    paths = list_page_paths(await populate(node))
    guest, member, owner = (_open_browser(node, locale) for _ in range(3))
    await member.log_in("ann")
    await owner.log_in("oda")
    await guest.fill_in(
        "/signup", "username", username="eve", email="eve@mail.test", password="long enough", reason="Ναι"
    )
    unmarked: dict[str, str] = {}
    for visitor in (guest, member, owner):
        unmarked |= await _walk(visitor, locale, paths)
    assert unmarked == {}, "\n".join(f"{path}: {text!r}" for text, path in sorted(unmarked.items()))


# Who sends which form, found by a field or by its address, with what is wrong in it.
BAD_FORMS = (
    ("guest", "/signup", "username", {"username": "ann", "email": "eve@mail.test", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "e e", "email": "eve@mail.test", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve", "reason": "Ναι"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "password": "123"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "password": "password"}),
    ("guest", "/signup", "username", {"username": "eve", "email": "eve@mail.test", "reason": ""}),
    ("guest", "/login", "password", {"username": "ann"}),
    ("member", "/write", "text", {"text": " "}),
    ("member", "/write", "text", {"text": "α" * 10_000}),
    ("member", "/write/article", "title", {"title": "", "text": "Β"}),
    ("member", "/settings/profile", "display_name", {"display_name": "α" * 2_000}),
    ("member", "/settings/profile", "attribution_domains", {"attribution_domains": "ψ ψ"}),
    ("member", "/settings/featured", "tag", {"tag": "1"}),
    ("member", "/settings/featured", "handle", {"handle": "oda"}),
    ("member", "/settings/tags", "tag", {"tag": "1"}),
    ("member", "/settings/filters/new", "title", {"title": "α" * 2_000}),
    ("member", "/settings/delete", "username", {"username": "ψ"}),
    ("member", "/settings/password", "current", {"current": "no", "password": "long enough"}),
    ("member", "/settings/email", "email", {"email": "ann"}),
    ("member", "/settings/data", "/settings/data", {"kind": "following"}),
    ("member", "/settings/moves", "target", {"target": "ψ"}),
    ("member", "/settings/moves", "aliases", {"aliases": "ψ"}),
    ("member", "/settings/keys", "key", {"key": "no"}),
    ("member", "/settings/decisions", "text", {"text": " "}),
    ("member", "/settings/two-step/app", "code", {"code": "0"}),
    ("member", "/lists", "title", {"title": " "}),
    ("member", "/settings/hidden?show=domains", "domain", {"domain": "ψ ψ"}),
    ("member", "/settings/hidden?show=domains", "domain", {"domain": "alpha.test"}),
    ("owner", "/admin/peers", "/admin/peers", {"domain": "a b", "policy": "block"}),
    ("owner", "/admin/partners", "message", {"domain": "a b"}),
    ("owner", "/admin/relays", "address", {"address": "no"}),
    ("owner", "/admin/peer-lists", "url", {"url": "no"}),
    ("owner", "/admin/announcements", "text", {"text": ""}),
)


async def test_pages_after_a_wrong_form_show_no_unmarked_text(start: Start, locale: str) -> None:
    node = await _start(start)
    ann, oda = await node.create_member("ann"), await node.create_member("oda", "owner")
    async with node.db.write() as tx:
        moderator = await member_queries.find_by_username(tx, oda.username)
        await moderation.apply(tx, node.site, moderator, ann.id, ModerationAction("silence", "Γιατί"))
    visitors = {name: _open_browser(node, locale) for name in ("guest", "member", "owner")}
    await visitors["member"].log_in("ann")
    await visitors["owner"].log_in("oda")
    unmarked: dict[str, str] = {}
    for name, path, field, values in BAD_FORMS:
        visitor = visitors[name]
        values = {"password": "long enough", **values} if name == "guest" else values
        send = visitor.submit_action if field.startswith("/") else visitor.fill_in
        page = await send(path, field, **values)
        assert 400 <= page.status < 500, (path, values, page.status, page.path)
        unmarked |= dict.fromkeys(_find_unmarked(page, locale), f"{path} {values}")
    assert unmarked == {}, "\n".join(f"{path}: {text!r}" for text, path in sorted(unmarked.items()))


async def test_consent_page_in_pseudo_locale_describes_scopes_without_unmarked_text(
    start: Start, locale: str
) -> None:
    node = await _start(start)
    await node.create_member("ann")
    scopes = " ".join(ALL_SCOPES)
    app = await Api(node).post(
        "/api/v1/apps", client_name="Ψ", redirect_uris="https://app.test/back", scopes=scopes
    )
    visitor = _open_browser(node, locale)
    await visitor.log_in("ann")
    query = urlencode(
        {
            "client_id": app["client_id"],
            "redirect_uri": "https://app.test/back",
            "response_type": "code",
            "scope": scopes,
        }
    )
    page = await visitor.open(f"/oauth/authorize?{query}")
    assert page.status == 200
    assert page.text.count("<li>") >= len([scope for scope in ALL_SCOPES if not scope.startswith("admin:")])
    assert _find_unmarked(page, locale) == set()


def test_unmarked_text_in_any_place_is_found() -> None:
    marked = pseudo.add_accents("Log in")
    page = f'<html lang="xx"><title>Home</title><body><a title="Go">{marked}</a><p>Plain <b>{marked}</b></p>'
    assert pseudo.find_unmarked(page, frozenset()) == {"Home", "Go", "Plain"}
    other = '<html lang="xx"><p lang="en">Theirs</p><code>theirs</code><p>@ann@alpha.test</p><p>ann</p>'
    assert pseudo.find_unmarked(other, frozenset({"ann"})) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_in_every_branch_has_no_unmarked_text(path: Path) -> None:
    """Also what no page of the walk above shows: the source without its marked texts and expressions."""
    # The block `width` names a class of the layout; macros and sets make attributes that name elements.
    marked = r"\{% trans.*?endtrans %\}|\{% block width %\}.*?endblock %\}"
    marked += (
        r"|\{% set (?:described|attributes) %\}.*?\{% endset %\}|aria-(?:invalid|describedby)=\"[^\"]*\""
    )
    source = re.sub(marked + r"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    assert pseudo.find_unmarked(source, KNOWN) == set()
