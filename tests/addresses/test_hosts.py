"""Hosts and web addresses in one form, and what is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addresses.hosts import normalize_host, normalize_url, parse_origin, split_port, to_unicode

# Pieces of which people and peers make hosts; in any order most are none.
PIECES = st.sampled_from(
    [
        *(
            "a",
            "xn--",
            "bücher",
            "xn--bcher-kva",
            ".",
            "..",
            ":",
            "443",
            "70000",
            "[",
            "]",
            "::1",
            "@",
            "/",
            "\\",
            " ",
        ),
        *(
            "\u200b",
            "\u200d",
            "\u202e",
            "\ud800",
            "א",
            "١",
            "💩",
            "ﬀ",
            "。",
            "0x7f",
            "127",
            "-",
            "_",
            "%",
            "é",
        ),
        *("e\u0301", "a" * 64, "\n", "\0", "ß", "İ", "\u0338", "xn--a-ecp"),
    ]
)
HOSTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=8).map("".join))


@pytest.mark.parametrize(
    ("entered", "normalized"),
    [
        ("Commons.Example", "commons.example"),
        (" commons.example. ", "commons.example"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("ｅｘａｍｐｌｅ。com", "example.com"),
        ("نامه‌ای.com", "xn--mgba3gch31f060k.com"),
        ("💩.la", "xn--ls8h.la"),
        ("my_host.example", "my_host.example"),
        ("r3---sn.example", "r3---sn.example"),
        ("commons.example:443", "commons.example"),
        ("commons.example:08420", "commons.example:8420"),
        ("localhost:3000", "localhost:3000"),
        ("127.0.0.1:8420", "127.0.0.1:8420"),
        ("[::0:1]:8420", "[::1]:8420"),
    ],
)
def test_host_in_any_spelling_has_one_form(entered: str, normalized: str) -> None:
    assert normalize_host(entered) == normalized
    assert normalize_host(normalized) == normalized
    assert normalize_host(to_unicode(normalized)) == normalized


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a..b", ".a", "a.b..", "a b", "a/b", "a?b", "a#b", "a@b", "a\\b", "a\nb", "%41.com"),
        *("a:", "a:0", "a:65536", "a:x", "a:1:2", "::1", "[::1", "[::1]x", "[1]", "[::1%lo]"),
        *("a" * 64 + ".example", ".".join(["a" * 60] * 5), "ü" * 64 + ".example", "x" * 2_000),
        *(
            "-a.example",
            "a-.example",
            "xn--.example",
            "xn--a.example",
            "xn--zz-.example",
            "xn--0.example",
        ),
        *("xn--abc-.example", "xn--e-iga.example\u0301x:", "1א.example", "א1٢.example", "\u0301a.example"),
        *("a\u200db.example", "\ud800.example", "0x7f.1", "1.2.3", "0177.0.0.1", "256.0.0.1", "1.2.3.4.5"),
    ],
)
def test_what_is_no_host_is_empty(text: str) -> None:
    assert normalize_host(text) == ""


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("commons.example", "commons.example"),
        ("xn--bcher-kva.example:8420", "bücher.example:8420"),
        ("xn--q9jyb4c", "みんな"),
        ("xn--ls8h.la", "xn--ls8h.la"),  # IDNA 2008 knows no symbols
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # Cyrillic letters that read as apple
        ("xn--ypal-43d9g.com", "xn--ypal-43d9g.com"),  # Cyrillic and Latin letters in one label
    ],
)
def test_host_is_shown_in_its_script_where_that_cannot_deceive(host: str, shown: str) -> None:
    assert to_unicode(host) == shown


@given(HOSTS)
def test_any_text_is_a_host_in_normal_form_or_none(text: str) -> None:
    host = normalize_host(text)
    if host:
        assert host.isascii()
        assert host == host.lower()
        assert normalize_host(host) == host
        assert not set(host) & set(" /?#@\\<>\"'%")
        assert normalize_host(to_unicode(host)) == host
        assert all(0 < len(label) <= 63 for label in split_port(host)[0].split("."))


@pytest.mark.parametrize(
    ("entered", "normalized"),
    [
        ("https://Müller.example/@x", "https://xn--mller-kva.example/@x"),
        (" HTTPS://Commons.Example:443/@Ann ", "https://commons.example/@Ann"),
        ("http://a.example:80", "http://a.example"),
        ("http://a.example:443/", "http://a.example:443/"),
        ("https://a.example:/ü?q=ü#ü", "https://a.example/%C3%BC?q=%C3%BC#%C3%BC"),
        ("https://a.example/%C3%bc?q=%20&r=[1]", "https://a.example/%C3%bc?q=%20&r=[1]"),
        ("https://a.example?q=b:c@d", "https://a.example?q=b:c@d"),
    ],
)
def test_address_has_one_form(entered: str, normalized: str) -> None:
    assert normalize_url(entered) == normalized
    assert normalize_url(normalized) == normalized


@pytest.mark.parametrize(
    "text",
    [
        *("", "https://", "https:///x", "https:x", "//a.example/", "a.example", "ftp://a.example/"),
        *(
            "javascript:alert(1)//",
            "data:text/html,x",
            "https://user@a.example/",
            "https://a.example@b.example/",
        ),
        *(
            "https://a b.example/",
            "https://a.example/a b",
            "https://a.example\\@b.example/",
            "https://a.example/\nx",
        ),
        *("https://a.example/\u200b", "https://a.example/\ud800", "https://a.example:x/", "https://[::1/"),
        *("https://xn--a/", "https://a.example/" + "x" * 3_000, "https://exam\u202eple.com/"),
    ],
)
def test_what_is_no_web_address_is_empty(text: str) -> None:
    assert normalize_url(text) == ""


@given(HOSTS, st.text(max_size=50))
def test_any_text_is_an_address_in_normal_form_or_none(host: str, rest: str) -> None:
    url = normalize_url(f"https://{host}/{rest}")
    if url:
        assert url.isascii()
        assert url.isprintable()
        assert normalize_url(url) == url
        assert parse_origin(url) is not None
