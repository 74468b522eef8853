"""Flag (ActivityStreams 2.0 Vocabulary §3.1): a report about an account or posts of ours."""

from __future__ import annotations

from activitypub.document import id_of
from fedserver.domain.moderation import report_filing
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    uris = [uri for each in inbound.activity.objects if (uri := id_of(each))]
    comment = inbound.activity.content
    if not await report_filing.receive(tx, inbound.actor, inbound.activity.id, uris, comment):
        raise IgnoredError("about nobody here, or not wanted")
