"""Severances: what members lose when moderators suspend an account or a peer, and that they are told.

docs.joinmastodon.org/entities/RelationshipSeveranceEvent
"""

from __future__ import annotations

from fedserver.domain import notifications, tasks
from storage import SeveranceRow, Tx, queries


async def sever(tx: Tx, mark: int, kind: str, name: str, *, tells_peers: bool = False) -> None:
    """End every follow of the accounts suspended at `mark`; `name` is what is said to be gone.

    `tells_peers`: the other nodes hear of it, where we still speak with them.
    """
    if tells_peers:
        for follow, ours in await queries.severances.crossing(tx, mark):
            task: tasks.Task = (
                tasks.UndoFollow(follow.account_id, follow.target_id, follow.uri)
                if ours
                else tasks.AnswerFollow(follow.target_id, follow.account_id, follow.uri, False)
            )
            await tasks.owe(tx, task)
    lost = await queries.severances.losses(tx, mark)
    await queries.severances.sever(tx, mark, lost)
    rows = [
        SeveranceRow(tx.new_id(), account_id, kind, name, followers, following, tx.now)
        for account_id, followers, following in lost
    ]
    await queries.severances.add(tx, rows)
    for row in rows:
        await notifications.tell(tx, "severed_relationships", row.account_id, row.account_id, row.id)
