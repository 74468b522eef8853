"""The only door to the outside: guarded HTTP requests, signed or plain."""

from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError, Refused
from fedserver.net.guard import Guard
from fedserver.net.mail import MailError, send
from fedserver.net.oidc import AGAIN_SECONDS, Provider, ProviderError

__all__ = [
    "AGAIN_SECONDS",
    "Client",
    "Guard",
    "MailError",
    "NetError",
    "Provider",
    "ProviderError",
    "Refused",
    "Response",
    "send",
]
