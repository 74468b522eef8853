"""Texts of peers: safe, and their relative addresses lead to where they came from."""

from __future__ import annotations

import pytest

from fedserver.domain.posts.remote_content import clean_texts
from tests.kit.remote_posts import build_remote_post

URI = "https://beta.test/posts/1"


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
