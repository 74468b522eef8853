"""What can go wrong with a request to another server: hosts and reasons, never a library's own exception."""


class NetError(Exception):
    """Base of all errors of requests; `host` is the server that was to be reached."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host}: {reason}")
        self.host = host
        self.reason = reason


class RequestRefusedError(NetError):
    """A request that we do not send: a private address, another scheme or port, a user in the address."""


class ForbiddenAddressError(OSError):
    """A refused address that was about to be connected: an OSError, as connectors expect of sockets."""


class UnreachableError(NetError):
    """A connection that failed or broke, or whose TLS certificate is not valid."""


class TimedOutError(NetError):
    """An answer that did not come in time."""


class ResponseTooLargeError(NetError):
    """An answer that is larger than we accept."""


class BadRedirectError(NetError):
    """Too many redirects, or one that leads where we do not follow."""
