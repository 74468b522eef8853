"""The only door to the outside: guarded HTTP requests, signed or plain."""

from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError, Refused
from fedserver.net.guard import Guard
from fedserver.net.mail import MailError, send
from fedserver.net.oidc import AGAIN_SECONDS, Provider, ProviderError
from fedserver.net.translator import PROVIDER, Translator, TranslatorError
from fedserver.net.web_push import Vapid, new_vapid_key, push_message, read_recipient

__all__ = [
    "AGAIN_SECONDS",
    "PROVIDER",
    "Client",
    "Guard",
    "MailError",
    "NetError",
    "Provider",
    "ProviderError",
    "Refused",
    "Response",
    "Translator",
    "TranslatorError",
    "Vapid",
    "new_vapid_key",
    "push_message",
    "read_recipient",
    "send",
]
