"""Notify the parent of a process that it is ready: systemd, or our own supervisor (sd_notify(3)).

A datagram is sent to the socket that NOTIFY_SOCKET names; a name that begins with @ has no file.
"""

from __future__ import annotations

import os
import socket

import structlog

READY = "READY=1"
STOPPING = "STOPPING=1"
log = structlog.stdlib.get_logger("fedserver.cli")


def notify(state: str) -> None:
    """Send `state` to the parent, if it asked for that."""
    name = os.environ.get("NOTIFY_SOCKET")
    if not name:
        return
    address = "\0" + name[1:] if name.startswith("@") else name
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(state.encode(), address)
    except OSError as error:
        log.warning("not_notified", socket=name, reason=str(error))
