"""Addressing and visibility: `to` and `cc` for our visibilities, and back (ActivityPub §5.6, §7.1).

| ours      | to        | cc                    |
| public    | Public    | followers, mentioned  |
| unlisted  | followers | Public, mentioned     |
| followers | followers | mentioned             |
| direct    | mentioned |                       |
| partners  | partners  | mentioned             |

Any other visibility (`local`) has no addresses: such posts never leave. The partners are those of a node's
own actor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from activitypub.document import ids_of
from activitypub.terms import PUBLIC, PUBLIC_SPELLINGS

MAX_RECIPIENTS = 1_000


def addresses(
    visibility: str, followers: str, mentioned: Iterable[str], partners: str = ""
) -> tuple[list[str], list[str]]:
    """Return `to` and `cc`. Raises ValueError for a visibility that does not leave the node."""
    named = list(dict.fromkeys(mentioned))
    match visibility:
        case "public":
            return [PUBLIC], [followers, *named]
        case "unlisted":
            return [followers], [PUBLIC, *named]
        case "followers":
            return [followers], named
        case "direct":
            return named, []
        case "partners" if partners:
            return [partners], named
        case _:
            raise ValueError(f"{visibility} posts are not addressed to peers")


def recipients(document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return `to` and `cc` of a document, with one spelling of Public, without repetitions.

    `audience` (ActivityStreams 2.0 Vocabulary §4) counts as `cc`. `bto` and `bcc`, which a server removes
    before it delivers (ActivityPub §6.2), are read only where nothing else tells for whom something is.
    """
    to, cc = _normalize(document.get("to")), _normalize(document.get("cc"))
    cc += [uri for uri in _normalize(document.get("audience")) if uri not in (*to, *cc)]
    if to or cc:
        return to, cc
    hidden = (_normalize(document.get("bto")), _normalize(document.get("bcc")))
    return [uri for uri in hidden[0] if uri != PUBLIC], [uri for uri in hidden[1] if uri != PUBLIC]


def _normalize(value: Any) -> list[str]:
    uris = ids_of(value, MAX_RECIPIENTS)
    return list(dict.fromkeys(PUBLIC if uri in PUBLIC_SPELLINGS else uri for uri in uris))


def visibility(to: Sequence[str], cc: Sequence[str], followers: str) -> str:
    """Return our visibility for addresses; `followers` is the author's own collection ('' if unknown)."""
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    if followers and (followers in to or followers in cc):
        return "followers"
    return "direct"
