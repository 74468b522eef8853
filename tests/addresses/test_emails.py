"""Email addresses that mail can be sent to."""

from __future__ import annotations

import pytest

from addresses.emails import normalize_email


@pytest.mark.parametrize(
    ("entered", "normalized"),
    [
        ("ann@Mail.Example", "ann@mail.example"),
        (" leser@bücher.example ", "leser@xn--bcher-kva.example"),
        ("Leser+news@xn--bcher-kva.example", "Leser+news@xn--bcher-kva.example"),
    ],
)
def test_address_has_its_domain_in_normal_form(entered: str, normalized: str) -> None:
    assert normalize_email(entered) == normalized


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "ann",
            "@mail.example",
            "ann@",
            "ann@localhost",
            "ann@mail..example",
            "ann@-x.example",
            "ann@127.0.0.1",
        ),
        *("ann@mail.example:25", "ann@[::1]", "a b@mail.example", "jürgen@mail.example", "ann@xn--a.example"),
        *("ann@mail.example\nBcc: b@x.example", "ann@mail_.exa mple", "x" * 250 + "@mail.example"),
    ],
)
def test_what_mail_cannot_be_sent_to_is_empty(text: str) -> None:
    assert normalize_email(text) == ""
