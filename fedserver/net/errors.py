"""What can go wrong on the way out. Hosts and reasons only, never a library's own exception."""


class NetError(Exception):
    """Base of all; `host` is whom we tried to reach."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")
        self.host = host
        self.reason = reason


class Refused(NetError):
    """We may not go there: a private address, another scheme or port, a user in the address."""


class ForbiddenAddress(OSError):
    """The address that was about to be connected is refused: an OSError, as connectors expect of sockets."""


class Unreachable(NetError):
    """No connection, or it broke; or TLS does not hold."""


class TimedOut(NetError):
    """The answer did not come in time."""


class TooLarge(NetError):
    """The answer is larger than we take."""


class BadRedirect(NetError):
    """Too many redirects, or one that leads astray."""
