"""What can go wrong on the way out. Hosts and reasons only, never a library's own exception."""


class NetError(Exception):
    """Base of all; `host` is whom we tried to reach."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")
        self.host = host
        self.reason = reason


class RequestRefusedError(NetError):
    """We may not go there: a private address, another scheme or port, a user in the address."""


class ForbiddenAddressError(OSError):
    """The address that was about to be connected is refused: an OSError, as connectors expect of sockets."""


class UnreachableError(NetError):
    """No connection, or it broke; or TLS does not hold."""


class TimedOutError(NetError):
    """The answer did not come in time."""


class ResponseTooLargeError(NetError):
    """The answer is larger than we take."""


class BadRedirectError(NetError):
    """Too many redirects, or one that leads astray."""
