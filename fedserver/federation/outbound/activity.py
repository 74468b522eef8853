"""What a renderer returns: an activity and the inboxes it goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from activitypub.document import Document
from fedserver.domain.kernel.context import NodeContext
from storage.engine import Tx
from storage.rows.accounts import AccountRow


class OutboundActivity(Struct, frozen=True):
    """An activity, the account that signs it, and the inboxes it goes to, each once."""

    sender: AccountRow
    document: Document
    inboxes: tuple[str, ...]
    synchronizes: bool = False  # receivers are sent which followers they have (FEP-8fcf)


Renderer = Callable[[Tx, NodeContext, Any], Awaitable[OutboundActivity | None]]
"""Reads rows and renders the activity of a job. Returns None if there is nothing to send any more."""
