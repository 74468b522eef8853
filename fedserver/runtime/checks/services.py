"""Checks of what the node uses: the mail server and its queue, the identity provider, the translator."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from fedserver.config import Config
from fedserver.domain.metrics import backlog
from fedserver.integrations.oidc import OidcProvider, ProviderError
from fedserver.integrations.smtp import MailError, check_mail_server
from fedserver.integrations.translator import Translator, TranslatorError
from fedserver.net.client import Client
from fedserver.net.guard import Guard
from fedserver.runtime.checks.surroundings import CheckError, Surroundings
from fedserver.text.locales import gettext, ngettext


async def check_mail(surroundings: Surroundings) -> None:
    """Do all that comes before a mail: connect, EHLO, TLS, log in, name the sender. Raises CheckError."""
    mail = surroundings.config.mail
    if not mail.host:
        return
    try:
        await check_mail_server(mail, urlsplit(surroundings.base).hostname or "")
    except MailError as error:
        raise CheckError(
            gettext(
                "%(host)s:%(port)s does not take mail of this node (%(reason)s). Please check the "
                "section [mail].",
                host=mail.host,
                port=mail.port,
                reason=error,
            )
        ) from error


async def check_mail_queue(surroundings: Surroundings) -> None:
    """Raise CheckError if mails failed and wait for another attempt."""
    async with surroundings.open_database() as opened, opened.read() as tx:
        failing = await backlog.load_failing_mails(tx)
    if failing.count:
        raise CheckError(
            ngettext(
                "%(count)s mail could not be sent and is tried again. The latest reason: %(reason)s",
                "%(count)s mails could not be sent and are tried again. The latest reason: %(reason)s",
                failing.count,
                count=failing.count,
                reason=failing.error,
            )
        )


async def check_provider(surroundings: Surroundings) -> None:
    """Raise CheckError if the identity provider cannot be used."""
    problem = await check_identity_provider(surroundings.config)
    if problem:
        raise CheckError(problem)


async def check_identity_provider(config: Config, resolver: AbstractResolver | None = None) -> str | None:
    """Read the metadata of the identity provider, as a login does; its addresses have to be https."""
    oidc = config.oidc
    if not oidc.issuer:
        return None
    guard = Guard(oidc.allow_networks, allow_http=oidc.issuer.startswith("http:"))
    client = Client(guard, user_agent="fedserver check", ca_file=oidc.ca_file, resolver=resolver)
    provider = OidcProvider(oidc, client, lambda: time.time_ns() // 1_000_000)
    try:
        metadata = await provider.discover()
    except ProviderError as error:
        return gettext("%(reason)s. Please check the section [oidc].", reason=error)
    finally:
        await provider.close()
    addresses = (metadata.issuer, metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    insecure = [address for address in addresses if not address.startswith("https:")]
    if not insecure:
        return None
    return gettext(
        "%(address)s is not https: anyone on the network could log in as any member.", address=insecure[0]
    )


async def check_translator(surroundings: Surroundings) -> None:
    """Translate a word. Raises CheckError."""
    translation = surroundings.config.translation
    if not translation.url:
        return
    translator = Translator(translation, user_agent="fedserver check")
    try:
        await translator.translate([], ["Hello"], "en", "de")
    except TranslatorError as error:
        raise CheckError(
            gettext("%(reason)s. Please check the section [translation].", reason=error)
        ) from error
    finally:
        await translator.close()
