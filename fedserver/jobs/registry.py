"""The registry of jobs: the queue and the handler of every type of job, stated here and nowhere else.

A queue is a set of kinds that one worker leases, so that slow work holds up nothing else: requests to other
servers, push services and transcoding each have their own. The queue is not stored: rows are leased by kind.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from fedserver.domain.kernel import jobs
from fedserver.federation.outbound.registry import RENDERERS
from fedserver.jobs import accounts, cards, files, peers, posts, push_messages
from fedserver.jobs.mails import handlers as mails
from fedserver.jobs.metrics import health

DEFAULT, REMOTE, MEDIA, PUSH = "default", "remote", "media", "push"
QUEUES = (DEFAULT, REMOTE, MEDIA, PUSH)


class Handler(Struct, frozen=True):
    """The queue of a type of job, and the function that does it.

    `run(services, job)` does the work; the worker finishes the job afterwards. If `is_transactional`, it is
    `run(services, job, lease)`, which calls `lease.finish(tx)` in the transaction that does the work.
    Handlers of the push queue take the VAPID key as third argument and return a `PushOutcome`.
    """

    queue: str
    run: Callable[..., Awaitable[Any]]
    is_transactional: bool = False


def _transactional(queue: str, run: Callable[..., Awaitable[Any]]) -> Handler:
    return Handler(queue, run, is_transactional=True)


HANDLERS: Mapping[type[jobs.Job], Handler] = MappingProxyType(
    {
        **dict.fromkeys(RENDERERS, _transactional(DEFAULT, peers.fan_out_activity)),
        jobs.FetchParent: Handler(REMOTE, posts.fetch_parent),
        jobs.RefreshPoll: Handler(REMOTE, posts.refresh_poll),
        jobs.VerifyQuote: Handler(REMOTE, posts.verify_quote),
        jobs.RefreshThread: Handler(REMOTE, posts.refresh_thread),
        jobs.ClosePoll: _transactional(REMOTE, posts.close_poll),
        jobs.BroadcastPoll: _transactional(DEFAULT, posts.broadcast_poll),
        jobs.PublishScheduled: _transactional(DEFAULT, posts.publish_scheduled),
        jobs.RemovePost: _transactional(DEFAULT, posts.remove_post),
        jobs.IndexPosts: Handler(DEFAULT, posts.index_posts),
        jobs.FetchCard: Handler(REMOTE, cards.fetch_card),
        jobs.RefreshAccount: Handler(REMOTE, accounts.refresh_account),
        jobs.CheckStoredNames: _transactional(DEFAULT, accounts.check_stored_names),
        jobs.RefreshRecipient: Handler(REMOTE, accounts.refresh_recipient),
        jobs.VerifyLinks: Handler(REMOTE, accounts.verify_links),
        jobs.FetchFeatured: Handler(REMOTE, accounts.fetch_featured),
        jobs.SynchronizeFollowers: Handler(REMOTE, accounts.synchronize_followers),
        jobs.ContinueImport: Handler(REMOTE, accounts.continue_import),
        jobs.EndMute: Handler(DEFAULT, accounts.expire_mute),
        jobs.ExpireModerationAction: Handler(DEFAULT, accounts.expire_moderation_action),
        jobs.TransferRelationships: _transactional(DEFAULT, accounts.transfer_relationships),
        jobs.SeverFollows: _transactional(DEFAULT, accounts.sever_follows),
        jobs.MergeNotifications: _transactional(DEFAULT, accounts.merge_notifications),
        jobs.FetchPeerList: Handler(REMOTE, peers.fetch_peer_list),
        jobs.SendMail: Handler(REMOTE, mails.send),
        jobs.ComposeMail: Handler(REMOTE, mails.compose_and_send),
        jobs.SendSecurityNotice: Handler(REMOTE, mails.send_security_notice),
        jobs.SendNotificationMail: _transactional(DEFAULT, mails.enqueue_notification_mail),
        jobs.SendPostMail: Handler(REMOTE, mails.send_posts),
        jobs.EnqueuePostMails: _transactional(DEFAULT, mails.enqueue_post_mails),
        jobs.SendPush: Handler(PUSH, push_messages.send),
        jobs.RemoveFiles: Handler(DEFAULT, files.remove_files),
        jobs.CopyEmoji: Handler(REMOTE, files.copy_emoji),
        jobs.CheckNode: _transactional(REMOTE, health.check_node),
        jobs.ProcessMedia: _transactional(MEDIA, files.process_media),
        jobs.MakeArchive: _transactional(MEDIA, files.make_archive),
    }
)
KINDS_BY_QUEUE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        queue: tuple(
            jobs.kind_of(job_type) for job_type, handler in HANDLERS.items() if handler.queue == queue
        )
        for queue in QUEUES
    }
)
