"""The only door to the outside: guarded HTTP requests, signed or plain."""

from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError, Refused
from fedserver.net.guard import Guard
from fedserver.net.mail import MailError, send
from fedserver.net.translator import PROVIDER, Translator, TranslatorError

__all__ = [
    "PROVIDER",
    "Client",
    "Guard",
    "MailError",
    "NetError",
    "Refused",
    "Response",
    "Translator",
    "TranslatorError",
    "send",
]
