"""Handlers of jobs that send mail: worded in the language of the receiver, then handed to SMTP."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.notifications import email_subscriptions, notification_mails
from fedserver.integrations.smtp import send_mail
from fedserver.jobs.lease import JobLease
from fedserver.jobs.mails import notifications
from fedserver.jobs.mails.compose import compose, compose_security_notice
from fedserver.runtime.services import Services
from fedserver.text.locales import locale_of, negotiate, use_locale


async def send(services: Services, job: jobs.SendMail) -> None:
    """Send a mail whose text is ready. Raises MailError if it is to be tried again."""
    site = services.site
    await send_mail(
        site.config.mail, job.to, job.subject, job.text, job.unsubscribe, ehlo_name=site.links.hostname
    )
    if site.config.mail.host:
        services.metrics.mails.labels("sent").inc()


async def compose_and_send(services: Services, job: jobs.ComposeMail) -> None:
    """Word a mail and send it. Raises MailError."""
    async with services.db.read() as tx:
        mail = await compose(tx, services.site, job)
    await send(services, mail)


async def send_security_notice(services: Services, job: jobs.SendSecurityNotice) -> None:
    """Word the notice of a change to what protects an account and send it. Raises MailError."""
    async with services.db.read() as tx:
        mail = await compose_security_notice(tx, services.site, job)
    await send(services, mail)


async def send_posts(services: Services, job: jobs.SendPostMail) -> None:
    """Send new posts to a subscriber, unless the subscription or the posts are gone. Raises MailError."""
    site = services.site
    async with services.db.read() as tx:
        mail = await email_subscriptions.load_mail(tx, site, job)
    if mail is None:
        return
    with use_locale(locale_of(None, site.config)):
        rendered = notifications.render_posts(mail)
    await send(services, jobs.SendMail(mail.email, rendered.subject, rendered.text, mail.unsubscribe_url))


async def enqueue_notification_mail(
    services: Services, job: jobs.SendNotificationMail, lease: JobLease
) -> None:
    """Enqueue the mail with what a member has not read, unless there is nothing, or no mail.

    The job ends in the same transaction: a notification that comes while the mail is on its way starts the
    next one.
    """
    site = services.site
    async with services.db.write() as tx:
        mail = await notification_mails.load(tx, job) if site.config.mail.host else None
        if mail is not None:
            with use_locale(negotiate(mail.locale, "", site.config.node.default_locale)):
                rendered = notifications.render_notifications(site, mail)
            await jobs.enqueue(tx, jobs.SendMail(mail.email, rendered.subject, rendered.text))
        await lease.finish(tx)


async def enqueue_post_mails(services: Services, job: jobs.EnqueuePostMails, lease: JobLease) -> None:
    """Enqueue a mail with new posts for a batch of subscribers, and the job for the next batch."""
    async with services.db.write() as tx:
        await email_subscriptions.enqueue_subscriber_mails(tx, services.site, job)
        await lease.finish(tx)
