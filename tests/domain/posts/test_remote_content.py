"""Texts of peers: safe, and their relative addresses lead to where they came from."""

from __future__ import annotations

import pytest

from fedserver.domain.posts.remote_content import clean_texts
from fedserver.text.hyperlinks import extract_links
from tests.kit.remote_posts import build_remote_post

URI = "https://beta.test/posts/1"
BOB = "https://beta.test/users/bob"


@pytest.mark.parametrize(
    ("html", "html_type"),
    [
        ('<a href="/a">a</a> <a href="#b">b</a> <img src="c.png"><h2 id="b">B</h2>', ""),
        ('[a](/a) [b](#b) ![c](c.png)\n\n<h2 id="b">B</h2>', "text/markdown"),
    ],
)
def test_relative_addresses_are_resolved_against_the_post(html: str, html_type: str) -> None:
    remote = build_remote_post(
        URI, "https://beta.test/users/bob", kind="Article", url=URI, html=html, html_type=html_type
    )
    cleaned = clean_texts(remote)["html"]
    for part in ('href="https://beta.test/a"', f'href="{URI}#b"', 'src="https://beta.test/posts/c.png"'):
        assert part in cleaned
    assert cleaned.count('id="user-content-b"') == 1


def test_names_in_a_text_of_a_peer_are_not_linked_by_us() -> None:
    remote = build_remote_post(URI, "https://beta.test/users/bob", html="#x @ann", html_type="text/plain")
    assert clean_texts(remote)["html"] == "<p>#x @ann</p>"


def test_link_that_the_text_names_is_not_repeated() -> None:
    address = "https://news.test/walk?a=1&b=2"
    html = '<p><a href="https://news.test/walk?a=1&amp;b=2#part">The walk</a></p>'
    texts = clean_texts(build_remote_post(URI, BOB, kind="Page", html=html, links=(address,)))
    assert texts["html"].count("<a ") == 1


def test_link_is_added_though_the_text_names_a_longer_address() -> None:
    html = '<p><a href="https://news.test/walkers">Walkers</a></p>'
    texts = clean_texts(build_remote_post(URI, BOB, html=html, links=("https://news.test/walk",)))
    assert extract_links(texts["html"]) == ["https://news.test/walkers", "https://news.test/walk"]


def test_link_of_a_link_post_is_its_first_so_that_it_gets_the_card() -> None:
    html = '<p><a href="https://news.test/other">Other</a></p>'
    links = ("https://news.test/walk",)
    texts = clean_texts(build_remote_post(URI, BOB, kind="Page", html=html, links=links))
    assert extract_links(texts["html"]) == ["https://news.test/walk", "https://news.test/other"]
