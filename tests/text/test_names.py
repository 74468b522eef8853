"""Where a mention, a hashtag or an address begins and ends in a text."""

from __future__ import annotations

import pytest

from fedserver.text.markup import parse_plain, parse_text
from fedserver.text.names import is_hashtag, split_pieces


@pytest.mark.parametrize(
    ("text", "mentions", "hashtags"),
    [
        ("see .@alice for this", ["alice"], []),
        ("cc:@alice", ["alice"], []),
        ("hi,@alice", ["alice"], []),
        ("#one,#two", [], ["one", "two"]),
        ("mail alice@peer.example", [], []),
        ("mail alice@peer.example,@bob", ["bob"], []),
        ("(@alice) “@bob” '@carol' —@dan …@eve", ["alice", "bob", "carol", "dan", "eve"], []),
        ("@alice/@bob", ["alice"], []),
        ("@alice@beta.test,@bob@beta.test.", ["alice@beta.test", "bob@beta.test"], []),
        ("@alice@beta.test:hello @bob@beta.test:8443", ["alice@beta.test", "bob@beta.test:8443"], []),
        ("https://beta.test/@alice#part https://beta.test/?u=@bob", [], []),
        ("见https://beta.test/@alice", [], []),
        ("hi,https://beta.test/@alice", [], []),
        ("beta.test/@alice a=@bob _@carol", [], []),
        ("@alice's and @-x and @.y and @", ["alice"], []),
        ("@alice. @bob- @carol_", ["alice", "bob", "carol_"], []),
        ("你好@alice", [], []),
        ("你好,@alice。", ["alice"], []),
        ("❤️@alice ❤️#yes", ["alice"], ["yes"]),
        ("a#no C# 1#no /#no )#no &#39; #1 #_ #", [], []),
        ("(#one) #two. #three! #four-five #six/seven", [], ["one", "two", "three", "four", "six"]),
        ("＃東京、大阪 #हिन्दी #a·b #a·", [], ["東京", "हिन्दी", "a·b", "a"]),
        ("#one😀 #two❤️", [], ["one", "two"]),
        ("#One #one #ONE", [], ["One"]),
    ],
)
def test_names_begin_after_punctuation_and_not_inside_words(
    text: str, mentions: list[str], hashtags: list[str]
) -> None:
    parsed = parse_plain(text)
    assert ["@".join(filter(None, name)) for name in parsed.mentions] == mentions
    assert list(parsed.hashtags.values()) == hashtags


@pytest.mark.parametrize(
    ("text", "mentions", "hashtags"),
    [
        ("```\nping @alice #x\n```", [], []),
        ("    @alice #x in an indented block", [], []),
        ("`@alice` and #real", [], ["real"]),
        ("<code>@alice</code> <pre>#x</pre> <kbd>@bob</kbd>", [], []),
        ("[@alice #x](https://beta.test)", [], []),
        ("<a href='https://beta.test'>@alice</a> #real", [], ["real"]),
        (r"\@alice \#x", [], []),
        ("**mail** alice@peer.example, **alice**@peer.example", [], []),
        ("**cc**:@alice *#one*,#two", ["alice"], ["one", "two"]),
        (
            "- @alice\n- [ ] @bob\n\n> #one\n\n| @carol |\n|---|\n| #two |",
            ["alice", "bob", "carol"],
            ["one", "two"],
        ),
        ("a <!-- @alice #x --> b", [], []),
        ("![@alice #x](https://beta.test/p.png)", [], []),
        ("<script>@alice</script> <details><summary>#one</summary>@bob</details>", ["alice", "bob"], ["one"]),
        ("note[^1]\n\n[^1]: by @alice", ["alice"], []),
    ],
)
def test_names_in_markdown_are_those_of_the_rendered_text(
    text: str, mentions: list[str], hashtags: list[str]
) -> None:
    parsed = parse_text(text, "text/markdown", article=True)
    assert [username for username, _ in parsed.mentions] == mentions
    assert list(parsed.hashtags.values()) == hashtags


def test_hashtags_beyond_the_limit_are_not_linked() -> None:
    parsed = parse_plain(" ".join(f"#tag{number}" for number in range(150)))
    assert len(parsed.hashtags) == 100
    assert parsed.render({}, str).count("<a ") == 100


def test_pieces_are_the_text() -> None:
    text = "(@a@b.test, #c:https://d.test/e) @f ＃g\n.@h"
    assert "".join(piece.text for piece in split_pieces(text)) == text


@pytest.mark.parametrize(
    ("name", "valid"), [("fox", True), ("ČŠ", True), ("a_b", True), ("1", False), ("a b", False), ("", False),
                        ("a,b", False), ("_", False), ("a·", False)]
)  # fmt: skip
def test_hashtag_is_one_word_with_a_letter(name: str, valid: bool) -> None:
    assert is_hashtag(name) is valid
