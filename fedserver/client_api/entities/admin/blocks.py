"""Admin::DomainBlock, DomainAllow, EmailDomainBlock, CanonicalEmailBlock and IpBlock; the public DomainBlock.

docs.joinmastodon.org/entities/Admin_DomainBlock, …/Admin_IpBlock, …/DomainBlock
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso, to_iso_or_none
from fedserver.domain.peers import peers
from fedserver.domain.registration import email_blocks
from storage.rows.auth import IpBlockRow
from storage.rows.peers import PeerRow
from storage.rows.registration import CanonicalEmailBlockRow

SEVERITIES = {"block": "suspend", "limit": "silence", "": "noop"}
DAY_S = 86_400


class AdminDomainBlock(Struct, frozen=True):
    id: str
    domain: str
    digest: str
    created_at: str
    severity: str
    reject_media: bool
    reject_reports: bool
    private_comment: str | None
    public_comment: str | None
    obfuscate: bool


class AdminDomainAllow(Struct, frozen=True):
    id: str
    domain: str
    created_at: str


class DomainBlock(Struct, frozen=True):
    domain: str
    digest: str
    severity: str
    comment: str | None


class EmailDomainAttempts(Struct, frozen=True):
    day: str
    accounts: str
    uses: str


class AdminEmailDomainBlock(Struct, frozen=True):
    id: str
    domain: str
    created_at: str
    history: list[EmailDomainAttempts]


class AdminCanonicalEmailBlock(Struct, frozen=True):
    id: str
    canonical_email_hash: str


class AdminIpBlock(Struct, frozen=True):
    id: str
    ip: str
    severity: str
    comment: str
    created_at: str
    expires_at: str | None


def _digest(name: str) -> str:
    """Return the SHA-256 of a domain: who knows the domain can recognize it where it is obfuscated."""
    return hashlib.sha256(name.encode()).hexdigest()


def render_admin_domain_block(row: PeerRow) -> AdminDomainBlock:
    """Return the limit or block of a peer as moderators see it."""
    return AdminDomainBlock(
        str(row.decision_id),
        row.domain,
        _digest(row.domain),
        to_iso(row.decided_at or 0),
        SEVERITIES[row.policy],
        row.rejects_media,
        row.rejects_reports,
        row.reason or None,
        row.public_comment or None,
        row.obfuscates,
    )


def render_admin_domain_allow(row: PeerRow) -> AdminDomainAllow:
    """Return a peer that is allowed to federate."""
    return AdminDomainAllow(str(row.decision_id), row.domain, to_iso(row.decided_at or 0))


def render_domain_block(row: PeerRow) -> DomainBlock:
    """Return a limit or block as the public sees it."""
    shown = peers.obfuscate(row.domain) if row.obfuscates else row.domain
    return DomainBlock(shown, _digest(row.domain), SEVERITIES[row.policy], row.public_comment or None)


def render_admin_email_domain_block(view: email_blocks.EmailDomainView) -> AdminEmailDomainBlock:
    """Return a blocked e-mail domain with the attempts to join from it."""
    history = [
        EmailDomainAttempts(str(day.day * DAY_S), str(day.attempts), str(day.addresses))
        for day in view.history
    ]
    return AdminEmailDomainBlock(str(view.row.id), view.row.domain, to_iso(view.row.created_at), history)


def render_admin_canonical_email_block(row: CanonicalEmailBlockRow) -> AdminCanonicalEmailBlock:
    """Return a blocked e-mail address: only its hash."""
    return AdminCanonicalEmailBlock(str(row.id), row.hash)


def render_admin_ip_block(row: IpBlockRow) -> AdminIpBlock:
    """Return a blocked network."""
    return AdminIpBlock(
        str(row.id),
        row.network,
        row.severity,
        row.comment,
        to_iso(row.created_at),
        to_iso_or_none(row.expires_at),
    )
