"""The names in every template that depend on the settings of the one who reads, and the list of settings."""

from __future__ import annotations

from typing import Any

from fedserver.domain.auth import members
from fedserver.domain.kernel.context import Principal
from fedserver.web.appearance import looks, settings_index


def find_settings(reader: Principal | None) -> members.MemberSettings:
    """Return the settings of the member who reads, the usual ones for a guest."""
    if reader is None or reader.member is None:
        return members.DEFAULT_SETTINGS
    return members.decode_settings(reader.member)


READER_VALUES: dict[str, Any] = {
    "looks": looks.DEFAULT,  # of a page without a reader; `Call.render` gives those of the reader
    "settings_of": find_settings,
    "settings_groups": settings_index.GROUPS,
    "settings_path": settings_index.find_current_path,
}
