"""The example in the repository is what the structs say, and it can be used."""

from __future__ import annotations

from pathlib import Path

from fedserver.config import load
from fedserver.config_example import render

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_is_what_is_generated() -> None:
    assert EXAMPLE.read_text() == render("commons.example", "https://commons.example")


def test_the_example_can_be_used() -> None:
    config = load(EXAMPLE, {})
    assert config.node.domain == "commons.example"
    assert config.registration.mode == "invite"
