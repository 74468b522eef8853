"""Flag (ActivityStreams 2.0 Vocabulary §3.1): a report about a member or their posts."""

from __future__ import annotations

from activitypub.document import id_of
from fedserver.domain.moderation import reports
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity as it is: nothing is fetched."""
    return inbound


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """File a report. Raises IgnoredError if it is about no member, or reports of the peer are refused."""
    uris = [uri for entry in inbound.activity.objects if (uri := id_of(entry))]
    comment = inbound.activity.content
    if not await reports.receive(tx, inbound.actor, inbound.activity.id, uris, comment):
        raise IgnoredError("it is about no member, or reports of its server are refused")
