"""The bridge between rows and ActivityPub documents."""

from fedserver.federation.archives import make_archive
from fedserver.federation.authenticate import Authenticator, Blocked, Busy
from fedserver.federation.deliver import fan_out, is_outgoing
from fedserver.federation.featured import read_featured
from fedserver.federation.fetch import Fetcher, Gone
from fedserver.federation.imports import carry_on
from fedserver.federation.inbox import Full, Inbox
from fedserver.federation.keys import Keyring, generate
from fedserver.federation.quotes import verify
from fedserver.federation.remote_files import RemoteFiles
from fedserver.federation.resolve import Resolver
from fedserver.federation.signing import Signer
from fedserver.federation.synchronization import SYNCHRONIZATION, followers_at, synchronize
from fedserver.federation.threads import refresh
from fedserver.federation.verified_links import LinkChecker

__all__ = [
    "SYNCHRONIZATION",
    "Authenticator",
    "Blocked",
    "Busy",
    "Fetcher",
    "Full",
    "Gone",
    "Inbox",
    "Keyring",
    "LinkChecker",
    "RemoteFiles",
    "Resolver",
    "Signer",
    "carry_on",
    "fan_out",
    "followers_at",
    "generate",
    "is_outgoing",
    "make_archive",
    "read_featured",
    "refresh",
    "synchronize",
    "verify",
]
