"""Headers with preferences of clients: capitals, weights, quotes, and what nobody can read."""

from __future__ import annotations

import time

import pytest

from fedserver.text.accept_headers import parse, prefers

ACTIVITY = ("application/activity+json", "application/ld+json")
HTML = ("text/html", "application/xhtml+xml")
PROFILE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        "APPLICATION/Activity+JSON",
        PROFILE,
        PROFILE.upper(),
        f"{PROFILE}, application/activity+json;q=0.9",
        "application/activity+json, text/html",
        "text/html;q=0.5, application/activity+json;q=0.9",
        "text/html;level=1;q=0.5, application/activity+json",
        "text/html; Q=0.5 , application/activity+json",
        "text/html;q=0, application/activity+json;q=0.001",
        "*/*, application/activity+json",
        "application/activity+json, */*",
        "text/*;q=0.3, application/activity+json;q=0.5",
        'application/ld+json; profile="a, text/html;q=1", text/html;q=0.9',
        "application/activity+json;q=1.000, text/html;q=.5",
    ],
)
def test_document_is_preferred(accept: str) -> None:
    assert prefers(accept, ACTIVITY, HTML)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        BROWSER,
        "TEXT/HTML, application/activity+json",
        "text/html, application/activity+json;q=0.9",
        "application/activity+json;q=0.5, text/html;q=0.9",
        "application/activity+json;q=0, text/html",
        "application/activity+json;q=0",
        "application/activity+json;q=0, */*",
        "application/activity+json;q=0.000",
        "application/xhtml+xml, application/activity+json;q=0.9",
        "application/activity+json;q=nan",
        "application/activity+json;q=-1",
        "application/activity+json;q=2",
        "application/activity+json;q=1e9",
        "application/activity+json;q=",
        'text/html; a="application/activity+json", text/html',
        "xapplication/activity+json",
        ";q=,,,a/b;q=nan",
    ],
)
def test_page_is_preferred(accept: str) -> None:
    assert not prefers(accept, ACTIVITY, HTML)


def test_items_keep_their_order_and_have_lower_case_names() -> None:
    assert parse('De-AT, en;x="a,b;q=0";q=0.5, *;q=0 ,,;q=1, fr;q=x') == (
        ("de-at", 1.0), ("en", 0.5), ("*", 0.0),
    )  # fmt: skip


@pytest.mark.parametrize("header", ['"' * 8_000, '"\\' * 4_000, "a/b;" * 2_000, "," * 8_000, 'a"b,' * 2_000])
def test_hostile_header_takes_no_time(header: str) -> None:
    began = time.process_time()
    parse.__wrapped__(header)
    assert time.process_time() - began < 0.1
