"""The posts of the demo's story, and what others say to them."""

from __future__ import annotations

from fedserver.cli.demo_community.files import store_picture
from fedserver.cli.demo_community.nodes import DemoNode
from fedserver.cli.demo_community.story import POSTS, REPLIES
from fedserver.domain.posts import likes, posts
from fedserver.domain.timelines import visibility


async def publish_posts(partners: dict[str, DemoNode]) -> dict[str, str]:
    """Publish the posts of the story and return their URIs by key."""
    uris: dict[str, str] = {}
    for story in POSTS:
        partner = partners[story.node]
        services = partner.node.services
        author = partner.people[story.author]
        cover = await store_picture(partner, author, story.hue, "") if story.hue else None
        draft = posts.Draft(
            text=story.text,
            cover_id=cover,
            kind="Article" if story.title else "Note",
            title=story.title,
            content_type="text/markdown" if story.title else "text/plain",
        )
        async with services.db.write() as tx:
            post_id = await posts.publish(tx, services.site, author, draft)
            uris[story.key] = (await visibility.get(tx, post_id, None)).uri
    return uris


async def publish_reactions(partners: dict[str, DemoNode], uris: dict[str, str]) -> None:
    """Publish replies and likes, each from another node than that of the post."""
    for reply in REPLIES:
        partner = partners[reply.node]
        services, author = partner.node.services, partner.people[reply.author]
        row = await services.resolver.resolve_post(uris[reply.to])
        if row is None:
            continue
        async with services.db.write() as tx:
            await likes.like(tx, services.site, author, row.id)
            if reply.text:
                draft = posts.Draft(text=reply.text, in_reply_to_id=row.id)
                await posts.publish(tx, services.site, author, draft)
