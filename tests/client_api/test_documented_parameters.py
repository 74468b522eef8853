"""Every documented parameter of the client API is read, or it is written down why not."""

from __future__ import annotations

from pathlib import Path

from tools import parameters

TABLE = Path(__file__).with_name("documented_parameters.txt")


def test_every_documented_parameter_is_read() -> None:
    assert parameters.list_unread(parameters.load_table(TABLE)) == []


def test_every_excuse_is_for_a_documented_parameter() -> None:
    assert parameters.list_stale_excuses(parameters.load_table(TABLE)) == []


def test_parameter_that_no_handler_reads_is_listed() -> None:
    documented = {
        ("GET", "/api/v1/timelines/tag/{}"): ["all", "nonsense"],
        ("GET", "/api/v1/timelines/home"): ["limit", "local"],
    }
    assert parameters.list_unread(documented) == [
        "GET /api/v1/timelines/home local",
        "GET /api/v1/timelines/tag/{} nonsense",
    ]
