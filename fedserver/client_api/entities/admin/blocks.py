"""Admin::DomainBlock, DomainAllow, EmailDomainBlock, CanonicalEmailBlock, IpBlock; DomainBlock for everybody.

docs.joinmastodon.org/entities/Admin_DomainBlock and its neighbours
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from fedserver.client_api.entities.times import iso, iso_or_none
from fedserver.domain.peers import peers
from fedserver.domain.registration import email_blocks
from storage.rows.auth import IpBlockRow
from storage.rows.peers import PeerRow
from storage.rows.registration import CanonicalEmailBlockRow

SEVERITIES = {"block": "suspend", "limit": "silence", "": "noop"}
DAY = 86_400


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


class Attempts(Struct, frozen=True):
    day: str
    accounts: str
    uses: str


class AdminEmailDomainBlock(Struct, frozen=True):
    id: str
    domain: str
    created_at: str
    history: list[Attempts]


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
    return hashlib.sha256(name.encode()).hexdigest()


def admin_domain_block(row: PeerRow) -> AdminDomainBlock:
    """What is decided about a peer."""
    return AdminDomainBlock(
        str(row.decision_id),
        row.domain,
        _digest(row.domain),
        iso(row.decided_at or 0),
        SEVERITIES[row.policy],
        row.rejects_media,
        row.rejects_reports,
        row.reason or None,
        row.public_comment or None,
        row.obfuscates,
    )


def admin_domain_allow(row: PeerRow) -> AdminDomainAllow:
    """A peer that is allowed."""
    return AdminDomainAllow(str(row.decision_id), row.domain, iso(row.decided_at or 0))


def domain_block(row: PeerRow) -> DomainBlock:
    """What everybody may know of a decision."""
    shown = peers.obfuscated(row.domain) if row.obfuscates else row.domain
    return DomainBlock(shown, _digest(row.domain), SEVERITIES[row.policy], row.public_comment or None)


def admin_email_domain_block(view: email_blocks.EmailDomainView) -> AdminEmailDomainBlock:
    """An e-mail domain, with who tried to join from it."""
    history = [
        Attempts(str(each.day * DAY), str(each.attempts), str(each.addresses)) for each in view.history
    ]
    return AdminEmailDomainBlock(str(view.row.id), view.row.domain, iso(view.row.created_at), history)


def admin_canonical_email_block(row: CanonicalEmailBlockRow) -> AdminCanonicalEmailBlock:
    return AdminCanonicalEmailBlock(str(row.id), row.hash)


def admin_ip_block(row: IpBlockRow) -> AdminIpBlock:
    return AdminIpBlock(
        str(row.id), row.network, row.severity, row.comment, iso(row.created_at), iso_or_none(row.expires_at)
    )
