"""Errors for keys, sections and variables that the configuration does not have, with the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from fedserver.config_values import ConfigError


def build_unknown_key_error(place: str, name: str, key: str, known: Mapping[str, Any]) -> ConfigError:
    """Return the error for a key that is not known at `place`, with the nearest one or with all."""
    close = difflib.get_close_matches(key, known, 1)
    if close:
        return ConfigError(
            "%(place)s: There is no key %(name)s. Did you mean %(close)s?",
            place=place,
            name=name,
            close=close[0],
        )
    return ConfigError(
        "%(place)s: There is no key %(name)s. The known ones are: %(known)s.",
        place=place,
        name=name,
        known=", ".join(sorted(known)),
    )


def build_unknown_section_error(
    variable: str, rest: str, sections: Mapping[str, Iterable[str]]
) -> ConfigError:
    """Return the error for a variable that names no section, with the nearest variable or all sections.

    `sections` are the keys of each section.
    """
    names = [f"{section}_{key}".upper() for section, keys in sections.items() for key in keys]
    without_section = [name for name in names if name.endswith(f"_{rest.upper()}")]
    close = without_section or difflib.get_close_matches(rest.upper(), names, 1)
    section = rest.partition("_")[0].lower()
    near = difflib.get_close_matches(section, sections, 1)
    if close or near:
        return ConfigError(
            "%(variable)s: There is no section %(section)s. Did you mean %(close)s?",
            variable=variable,
            section=section,
            close="FEDSERVER_" + close[0] if close else near[0],
        )
    return ConfigError(
        "%(variable)s: There is no section %(section)s. The known ones are: %(known)s.",
        variable=variable,
        section=section,
        known=", ".join(sorted(sections)),
    )
