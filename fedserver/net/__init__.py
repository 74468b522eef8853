"""The only door to the outside: guarded HTTP requests, signed or plain."""

from fedserver.net import web_push
from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError, Refused
from fedserver.net.guard import Guard
from fedserver.net.mail import MailError, send

__all__ = [
    "Client",
    "Guard",
    "MailError",
    "NetError",
    "Refused",
    "Response",
    "send",
    "web_push",
]
