"""What peers tell us: one file a verb."""

from fedserver.federation.incoming import (
    accept,
    add,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    offer,
    quote_request,
    undo,
    update,
)

__all__ = [
    "accept",
    "add",
    "announce",
    "block",
    "create",
    "delete",
    "flag",
    "follow",
    "like",
    "move",
    "offer",
    "quote_request",
    "undo",
    "update",
]
