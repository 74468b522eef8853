"""What peers tell us: one file a verb."""

from fedserver.federation.incoming import (
    accept,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    quote_request,
    undo,
    update,
)

__all__ = [
    "accept",
    "announce",
    "block",
    "create",
    "delete",
    "flag",
    "follow",
    "like",
    "move",
    "quote_request",
    "undo",
    "update",
]
