"""Push messages as an implementation that is not ours reads them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedserver.integrations.web_push import (
    MAX_PAYLOAD,
    PushRecipient,
    Vapid,
    build_push_message,
    generate_vapid_key,
    parse_recipient,
)
from tests.kit.push import Device, ReceivedPush, encode_base64url

NOW = 1_795_000_000_000
PRIVATE, PUBLIC = generate_vapid_key()
VAPID = Vapid(PRIVATE, "mailto:admin@alpha.test")


def recipient(device: Device) -> PushRecipient:
    given = device.make_subscription()
    return parse_recipient(
        device.endpoint, given["keys"]["p256dh"], given["keys"]["auth"], standard=device.standard
    )


@pytest.mark.parametrize("standard", [True, False])
@settings(max_examples=30)
@given(text=st.text(max_size=900))
def test_what_is_sealed_can_be_read_by_its_client_only(standard: bool, text: str) -> None:
    device = Device(standard=standard)
    payload = json.dumps({"text": text}).encode()
    if len(payload) > MAX_PAYLOAD:
        return
    body, headers = build_push_message(payload, recipient(device), VAPID, NOW)
    assert len(body) <= 4_096
    message = ReceivedPush("/one", headers, body)
    assert device.decrypt(message) == {"text": text}
    with pytest.raises(Exception, match=r".*"):
        Device(standard=standard).decrypt(message)
    claims = message.verify_claims(PUBLIC)
    assert claims == {
        "aud": "https://push.test",
        "exp": NOW // 1000 + 12 * 3600,
        "sub": "mailto:admin@alpha.test",
    }


@pytest.mark.parametrize("standard", [True, False])
def test_lengths_tell_little_and_stay_below_four_kilobytes(standard: bool) -> None:
    to = recipient(Device(standard=standard))

    def size(length: int) -> int:
        return len(build_push_message(b"x" * length, to, VAPID, NOW)[0])

    assert size(1) == size(500) == size(512) < size(513)
    assert size(MAX_PAYLOAD) <= 4_096
    with pytest.raises(ValueError, match="more than"):
        size(MAX_PAYLOAD + 1)


def test_keys_are_taken_in_every_spelling_and_checked() -> None:
    device = Device()
    plain, secret = encode_base64url(device.public_key), encode_base64url(device.auth)
    for key in (plain, plain + "=", plain.replace("-", "+").replace("_", "/")):
        assert parse_recipient("x", key, secret + "==", standard=True).public_key == device.public_key
    off_curve = encode_base64url(b"\x04" + b"\x01" * 64)
    for key, auth in (
        ("", secret),
        (plain, ""),
        (plain[:-4], secret),
        (off_curve, secret),
        ("%" * 87, secret),
        (plain, encode_base64url(b"short")),
        ("é" * 87, secret),
    ):
        with pytest.raises(ValueError):
            parse_recipient("x", key, auth, standard=True)
