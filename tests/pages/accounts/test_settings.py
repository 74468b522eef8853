"""The list of settings: complete, searchable, and the same settings as those of the client API."""

from __future__ import annotations

import re

import pytest
from msgspec import Struct

from fedserver.client_api.accounts import profiles
from fedserver.client_api.notifications.notification_policies import NotificationPolicyParams
from fedserver.client_api.timelines.filters import FilterParams, KeywordParams
from fedserver.domain.auth.members import MemberSettings
from fedserver.text import locales
from fedserver.web.appearance import settings_index
from tests.kit.filled_forms import read_form
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PROFILE, PRIVACY, READING = "/settings/profile", "/settings/privacy", "/settings/reading"
PICTURES = f"{PROFILE}/pictures"
NOTIFICATIONS = "/settings/notifications"
NEW_FILTER = "/settings/filters"
# What the API calls the settings that it changes, and the field of a form here: (form, name).
FIELDS = {
    "display_name": (PROFILE, "display_name"),
    "note": (PROFILE, "note"),
    "avatar": (PICTURES, "avatar"),
    "header": (PICTURES, "header"),
    "avatar_description": (PICTURES, "avatar_alt"),
    "header_description": (PICTURES, "header_alt"),
    "bot": (PROFILE, "bot"),
    "show_featured": (PROFILE, "show_featured"),
    "show_media": (PROFILE, "show_media"),
    "show_media_replies": (PROFILE, "show_media_replies"),
    "attribution_domains": (PROFILE, "attribution_domains"),
    "fields_attributes": (PROFILE, "names[]"),
    "locked": (PRIVACY, "locked"),
    "discoverable": (PRIVACY, "discoverable"),
    "indexable": (PRIVACY, "indexable"),
    "hide_collections": (PRIVACY, "hide_collections"),
    "privacy": (PRIVACY, "visibility"),
    "sensitive": (PRIVACY, "sensitive"),
    "language": (PRIVACY, "language"),
    "quote_policy": (PRIVACY, "quote_policy"),
    "title": (NEW_FILTER, "title"),
    "context": (NEW_FILTER, "context[]"),
    "filter_action": (NEW_FILTER, "filter_action"),
    "expires_in": (NEW_FILTER, "expires_in"),
    "keywords_attributes": (NEW_FILTER, "keywords[0][keyword]"),
    "keyword": (NEW_FILTER, "keywords[0][keyword]"),
    "whole_word": (NEW_FILTER, "keywords[0][whole_word]"),
    **{name: (NOTIFICATIONS, name) for name in NotificationPolicyParams.__struct_fields__},
}
# Parts of requests that are no settings themselves.
NO_SETTINGS = {"source", "id", "destroy"}
# The page on which the form with an action stands, if that is another one.
PAGES = {PICTURES: PROFILE, NEW_FILTER: f"{NEW_FILTER}/new"}


def list_api_settings() -> set[str]:
    """Return the names of everything that the API's requests about settings can change."""
    requests: tuple[type[Struct], ...] = (
        profiles.CredentialParams,
        profiles.CredentialSourceParams,
        NotificationPolicyParams,
        FilterParams,
        KeywordParams,
    )
    return {name for request in requests for name in request.__struct_fields__} - NO_SETTINGS


async def begin(start: Start) -> tuple[TestNode, Visitor]:
    node = await start("alpha.test")
    await node.create_member("ann")
    return node, await log_in_visitor(node, "ann")


async def test_every_setting_of_the_api_has_a_field(start: Start) -> None:
    _, visitor = await begin(start)
    assert list_api_settings() == set(FIELDS)
    for action, name in FIELDS.values():
        page = await visitor.open(PAGES.get(action, action))
        assert name in read_form(page, action).names, (action, name)


async def test_every_preference_of_a_member_has_a_field(start: Start) -> None:
    """Also those that the API only reads, and those that are for pages alone."""
    _, visitor = await begin(start)
    offered = {
        name for path in (PRIVACY, READING) for name in read_form(await visitor.open(path), path).names
    }
    assert offered >= set(MemberSettings.__struct_fields__) - {"first_steps_dismissed"}


async def test_every_page_and_anchor_of_the_list_exists(start: Start) -> None:
    _, visitor = await begin(start)
    index = await visitor.open("/settings")
    for page in settings_index.list_pages():
        assert f'href="{page.path}"' in index.text
        shown = await visitor.open(page.path)
        assert shown.status == 200, page.path
        assert shown.path == page.path
        # A node without mail offers none.
        anchors = {setting.anchor for setting in page.settings} - {"mails_posts", "mail_kinds"}
        missing = anchors - set(re.findall(r' id="([^"]+)"', shown.text))
        assert not missing, (page.path, missing)
        if page.path.startswith("/settings/"):
            assert f'href="{page.path}" aria-current="page"' in shown.text


async def test_search_finds_settings_by_name_and_description(start: Start) -> None:
    _, visitor = await begin(start)
    page = await visitor.open("/settings?q=DARK+colours")
    assert 'href="/settings/reading#theme"' in page.text
    assert "1 setting found" in page.text
    page = await visitor.open("/settings?q=xyzzy%22%3E")
    assert "No setting has" in page.text
    assert "xyzzy&#34;&gt;" in page.text
    assert 'href="/settings"' in page.text
    assert (await visitor.open("/settings?q=" + "a" * 900)).status == 200
    assert (await Visitor(visitor.node).open("/settings")).path.startswith("/login?next=")


@pytest.mark.parametrize(("code", "words"), [("en", "résumé THEME dark"), ("de", "konto loschen")])
def test_search_ignores_case_and_accents_and_speaks_the_locale(code: str, words: str) -> None:
    with locales.use_locale(code):
        texts = [f"{page.name}" for page in settings_index.list_pages()]
        first = settings_index.search(texts[0].upper())
        assert first[0].path == "/settings/profile"
        assert settings_index.search(words) == settings_index.search(words.lower())
        assert settings_index.search("  ") == []


def test_current_page_is_the_one_with_the_longest_path() -> None:
    find = settings_index.find_current_path
    assert find("/settings/notifications/requests?max_id=1") == "/settings/notifications/requests"
    assert find("/settings/notifications/device") == "/settings/notifications"
    assert find("/settings/filters/12") == "/settings/filters"
    assert find("/settings") == ""
