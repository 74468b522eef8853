"""Usernames, handles and mentions, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addresses.handles import Handle, normalize_pair, normalize_username, parse_handle, parse_mention

# What must not become a name: the cases of the issue first.
BAD_USERNAMES = [
    *("../../admin", "<b>x</b>", "a/b", "a b", "a\nb", "alice\u200b", ".", "a?b#c", "", "x" * 3_000),
    *(
        "..",
        "-",
        ".a",
        "a.",
        "a\0b",
        "a\x1b[31m",
        "a@b",
        "a:b",
        "a%2fb",
        "a\\b",
        "a'b",
        'a"b',
        "a&b",
        "a;b",
        "a,b",
    ),
    *(
        "a\u202eb",
        "\u202ea",
        "a\ufeff",
        "a\u00ad",
        "a\u034f",
        "\u3164",
        "\u115fx",
        "a\ufe0f",
        "💩",
        "a💩",
        "½",
        "a²",
    ),
    *("ａｄｍｉｎ", "𝐚𝐝𝐦𝐢𝐧", "аdmin", "ﬁsh", "a\u0301\u0301\u0301\u0301b", "\u0301a", "a\ud800", "x" * 201),
]


@pytest.mark.parametrize("text", BAD_USERNAMES)
def test_what_cannot_be_a_username_is_empty(text: str) -> None:
    assert normalize_username(text) == ""
    assert parse_handle(f"{text}@beta.test") is None
    assert normalize_pair(text, "beta.test") is None


@pytest.mark.parametrize(
    "name",
    [
        *("alice", "Alice_2", "a.b-c", "a..b", "_x", "-x-", "5", "example.com", "user.bsky.social", "relay"),
        *("jürgen", "MÜLLER", "アリス", "админ", "हिन्दी", "김철수", "مريم", "x" * 200),
    ],
)
def test_usernames_of_real_servers_are_kept(name: str) -> None:
    assert normalize_username(name) == name
    assert parse_handle(f"acct:{name}@Beta.test") == Handle(name, "beta.test")


def test_username_is_composed() -> None:
    assert normalize_username("jose\u0301") == "jos\u00e9"


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("@leser@Bücher.example", Handle("leser", "xn--bcher-kva.example")),
        ("leser@xn--bcher-kva.example", Handle("leser", "xn--bcher-kva.example")),
        (" ACCT:ann@commons.example:443 ", Handle("ann", "commons.example")),
        ("ann@localhost:3000", Handle("ann", "localhost:3000")),
        ("ann", None),
        ("@ann@", None),
        ("@@commons.example", None),
        ("ann@a b", None),
        ("ann@a@b", None),
        ("ann@commons.example/x", None),
        ("ann@commons.example:x", None),
        ("ann@xn--a.example", None),
    ],
)
def test_handle_is_parsed_or_refused(text: str, handle: Handle | None) -> None:
    assert parse_handle(text) == handle


@pytest.mark.parametrize(
    ("text", "written", "username", "domain"),
    [
        ("@leser@bücher.example, hi", "@leser@bücher.example", "leser", "xn--bcher-kva.example"),
        ("@Ann@Commons.Example!", "@Ann@Commons.Example", "ann", "commons.example"),
        ("@jürgen@beta.test", "@jürgen@beta.test", "jürgen", "beta.test"),
        ("@-x-@beta.test.", "@-x-@beta.test", "-x-", "beta.test"),
        ("@ann@beta.testさん", "@ann@beta.test", "ann", "beta.test"),
        ("@ann@beta.test:3000/x", "@ann@beta.test:3000", "ann", "beta.test:3000"),
        ("@ann@beta.test: hi", "@ann@beta.test", "ann", "beta.test"),
        ("@ann@हिन्दी.example", "@ann@हिन्दी.example", "ann", "xn--j2bd4cyah0f.example"),
        ("@ann.", "@ann", "ann", None),
        ("@ann@work", "@ann", "ann", None),
        ("@annさん", "@ann", "ann", None),
    ],
)
def test_mention_is_found_with_what_it_names(
    text: str, written: str, username: str, domain: str | None
) -> None:
    mention = parse_mention(text)
    assert mention is not None
    assert (mention.text, mention.username, mention.domain) == (written, username, domain)


@pytest.mark.parametrize(
    "text", ["@", "@.", "@ü", "@ann@a..example", "@ann@xn--a.example", "@аdmin@beta.test"]
)
def test_malformed_mention_is_text(text: str) -> None:
    assert parse_mention(text) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_handle_is_in_normal_form_or_none(name: str, host: str) -> None:
    handle = parse_handle(f"@{name}@{host}")
    if handle is not None:
        assert parse_handle(str(handle)) == handle
        assert str(handle).isprintable()
        assert not set(str(handle)) & set(" /?#\\<>\"'%")
    mention = parse_mention(f"@{name}@{host}")
    assert mention is None or f"@{name}@{host}".startswith(mention.text)
