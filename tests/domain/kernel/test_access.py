"""Access modes: which settings contradict each other, and what counts then."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedserver.config import CommunityConfig, Config, FederationConfig, RegistrationConfig, load
from fedserver.config_values import ConfigError
from fedserver.domain.kernel.access import get_access_mode, list_contradictions


@pytest.mark.parametrize(
    ("readers", "federation", "registration", "expected"),
    [
        ("everyone", "open", "open", []),
        ("members", "allowlist", "invite", []),
        ("members", "closed", "approval", []),
        ("members", "open", "invite", ["federation.mode"]),
        ("partners", "open", "invite", ["federation.mode"]),
        ("members", "open", "open", ["federation.mode", "registration.mode"]),
    ],
)
def test_settings_that_contradict_each_other_are_named(
    readers: str, federation: str, registration: str, expected: list[str]
) -> None:
    config = Config(
        community=CommunityConfig(readers=readers),  # type: ignore[arg-type]
        federation=FederationConfig(mode=federation),  # type: ignore[arg-type]
        registration=RegistrationConfig(mode=registration),  # type: ignore[arg-type]
    )
    warnings = list_contradictions(config)
    assert len(warnings) == len(expected)
    assert all(key in warning for key, warning in zip(expected, warnings, strict=True))


@pytest.mark.parametrize("federation", ["open", "allowlist"])
def test_open_federation_counts_as_a_choice_of_peers_on_a_private_node(federation: str) -> None:
    for readers, peers in (("members", "allowlist"), ("partners", "partners")):
        access = get_access_mode(readers, federation, False)
        assert (access.peers, access.requires_signatures, access.admits_visitors) == (peers, True, False)


def test_partners_cannot_read_where_nothing_federates(tmp_path: Path) -> None:
    path = tmp_path / "fedserver.toml"
    path.write_text('[community]\nreaders = "partners"\n[federation]\nmode = "closed"\n')
    with pytest.raises(ConfigError, match=r"community\.readers"):
        load(path, {})
