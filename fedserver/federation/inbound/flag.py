"""Flag (ActivityStreams 2.0 Vocabulary §3.1): a report about an account or posts of ours."""

from __future__ import annotations

from activitypub.document import id_of
from fedserver.domain.moderation import reports
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    uris = [uri for each in item.activity.objects if (uri := id_of(each))]
    comment = item.activity.content
    if not await reports.receive(tx, item.actor, item.activity.id, uris, comment):
        raise Dropped("about nobody here, or not wanted")
