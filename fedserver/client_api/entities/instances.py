"""Instance, versions 1 and 2 (docs.joinmastodon.org/entities/Instance)."""

from __future__ import annotations

from typing import Any

from fedserver.client_api.entities.accounts import Account
from fedserver.client_api.entities.admin.reports import Rule, render_rule
from fedserver.config import Config
from fedserver.domain.accounts import accounts, featured_tags
from fedserver.domain.content import media
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.metrics import instance_stats
from fedserver.domain.moderation import rules
from fedserver.domain.posts import pins
from fedserver.media import formats
from fedserver.version import VERSION

LOGO_PIXELS = 400  # each side, as the store has it
# Clients derive features from the number before the bracket: the version whose API is complete here.
MASTODON_VERSION = f"4.6.0 (compatible; fedserver {VERSION})"


def _render_configuration(config: Config) -> dict[str, Any]:
    limits = config.limits
    return {
        "accounts": {
            "max_featured_tags": featured_tags.MAX_TAGS,
            "max_pinned_statuses": pins.MAX_PINS,
            "max_profile_fields": accounts.MAX_FIELDS,
            "profile_field_name_limit": accounts.MAX_FIELD,
            "profile_field_value_limit": accounts.MAX_FIELD,
            "max_display_name_length": accounts.MAX_NAME,
            "max_note_length": accounts.MAX_NOTE,
        },
        "statuses": {
            "max_characters": limits.post_characters,
            "max_media_attachments": limits.media_per_post,
            "characters_reserved_per_url": 23,  # as Mastodon counts each URL
            "supported_mime_types": ["text/plain", "text/markdown"],
        },
        "media_attachments": {
            "supported_mime_types": [*formats.list_image_types(), *formats.list_av_types()],
            "description_limit": media.MAX_DESCRIPTION,
            "image_size_limit": limits.upload_bytes,
            "image_matrix_limit": limits.image_pixels,
            "video_size_limit": limits.video_bytes,
            "video_frame_rate_limit": limits.video_frame_rate,
            "video_matrix_limit": limits.video_pixels,
        },
        "polls": {
            "max_options": limits.poll_options,
            "max_characters_per_option": limits.poll_option_characters,
            "min_expiration": limits.min_poll_seconds,
            "max_expiration": limits.max_poll_seconds,
        },
    }


def _render_rules(site: NodeContext) -> list[Rule]:
    return [render_rule(rule) for rule in rules.list_all(site)]


def _get_picture(site: NodeContext) -> str:
    """Return the address of the picture of the front page, or of ours."""
    key = site.config.community.picture
    return site.links.community_file("picture", key) if key else site.links.static("header.png")


def _render_icons(site: NodeContext) -> list[dict[str, str]]:
    key = site.config.community.logo
    if not key:
        return []
    return [{"src": site.links.community_file("logo", key), "size": f"{LOGO_PIXELS}x{LOGO_PIXELS}"}]


def _get_legal_page(site: NodeContext, kind: str) -> str | None:
    return f"{site.links.base}/{kind}" if kind in site.legal_kinds else None


def render_instance_v2(
    site: NodeContext, stats: instance_stats.InstanceStats | None, contact: Account | None, vapid_key: str
) -> dict[str, Any]:
    """Return the instance, version 2. `stats` and `contact` are None for those who may not read here."""
    config, links = site.config, site.links
    registration, is_limited = config.registration.mode, not site.access.admits_visitors
    access = dict.fromkeys(("local", "remote"), "authenticated" if is_limited else "public")
    return {
        "domain": links.domain,
        "title": config.community.title,
        "version": MASTODON_VERSION,
        "source_url": site.source_url,
        "description": config.community.description,
        "usage": {"users": {"active_month": stats.active_month if stats else 0}},
        "thumbnail": {"url": _get_picture(site), "blurhash": None, "versions": {}},
        "icon": _render_icons(site),
        "languages": list(config.community.languages),
        "configuration": {
            "urls": {
                "streaming": links.streaming,
                "status": None,
                "about": f"{links.base}/about",
                "privacy_policy": _get_legal_page(site, "privacy"),
                "terms_of_service": _get_legal_page(site, "terms"),
            },
            "vapid": {"public_key": vapid_key},
            **_render_configuration(config),
            "translation": {"enabled": bool(config.translation.url)},
            "timelines_access": {
                "live_feeds": access,
                "hashtag_feeds": access,
                "trending_link_feeds": access,
            },
            "limited_federation": is_limited,
        },
        "registrations": {
            "enabled": registration in ("open", "approval"),
            "approval_required": registration == "approval",
            "reason_required": registration == "approval",
            "message": None,
            "min_age": None,
            "url": f"{links.base}/signup",
        },
        "api_versions": {"mastodon": 10},
        "contact": {"email": config.community.contact_email, "account": contact},
        "rules": _render_rules(site),
    }


def render_instance_v1(
    site: NodeContext, stats: instance_stats.InstanceStats | None, contact: Account | None, vapid_key: str
) -> dict[str, Any]:
    """Return the instance, version 1, the only one that some client libraries know. As in version 2."""
    config, links = site.config, site.links
    registration = config.registration.mode
    return {
        "uri": links.domain,
        "title": config.community.title,
        "short_description": config.community.description,
        "description": config.community.description,
        "email": config.community.contact_email,
        "version": MASTODON_VERSION,
        "source_url": site.source_url,
        "urls": {"streaming_api": links.streaming},
        "stats": {
            "user_count": stats.members if stats else 0,
            "status_count": stats.posts if stats else 0,
            "domain_count": stats.peers if stats else 0,
        },
        "thumbnail": _get_picture(site),
        "languages": list(config.community.languages),
        "registrations": registration in ("open", "approval"),
        "approval_required": registration == "approval",
        "invites_enabled": registration != "closed",
        "configuration": _render_configuration(config),
        "contact_account": contact,
        "rules": _render_rules(site),
    }
