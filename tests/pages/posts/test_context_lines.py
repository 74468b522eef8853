"""What posts say about themselves: whom they answer, how long they are, what is in them."""

from __future__ import annotations

from fedserver.text.anchors import Heading, add_anchors, list_headings
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor
from tests.pages.posts.test_posts import post_of


async def test_reply_says_whom_it_answers_wherever_it_is_shown(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    first = await node.publish(ann, "A question")
    answer = await node.publish(bob, "@ann An answer", in_reply_to_id=first)
    silent = await node.publish(bob, "No names", in_reply_to_id=first)
    own = await node.publish(ann, "And another thing", in_reply_to_id=first)
    quoting = await node.publish(ann, "See", quoted_id=answer)
    visitor = await log_in_visitor(node, "ann")
    thread = (await visitor.open(f"/@ann/{first}")).text
    assert 'class="why' not in post_of(thread, first)
    for shown in (post_of(thread, answer), post_of((await visitor.open("/@bob?tab=replies")).text, answer)):
        assert 'In reply to <bdi dir="ltr">@ann</bdi>' in shown
        assert f'href="/@bob/{answer}#post-{first}"' in shown
    assert "A reply: see what it answers" in post_of(thread, silent)
    assert "Continues an earlier post" in post_of(thread, own)
    assert "In reply to" in post_of((await visitor.open(f"/@ann/{quoting}")).text, quoting)
    assert "In reply to" in (await visitor.open("/notifications")).text


async def test_article_says_how_long_it_takes_everywhere(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "word " * 880, kind="Article", title="Long")
    note = await node.publish(ann, "A note")
    visitor = Visitor(node)
    for path in ("/@ann", "/blog", "/local", "/@ann/long"):
        assert "Article · 4 min" in (await visitor.open(path)).text, path
    assert "Article ·" not in (await visitor.open(f"/@ann/{note}")).text
    member = await log_in_visitor(node, "ann")
    await member.fill_in(f"/edit/{post_id}", "title", text="word " * 220, title="Short")
    assert "Article · 1 min" in (await visitor.open("/blog")).text


async def test_article_with_three_headings_has_contents(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    draft = {"kind": "Article", "content_type": "text/markdown"}
    text = "## One & <b>\n\na\n\n### Two\n\nb\n\n## One & <b>\n\nc"
    await node.publish(ann, text, title="Long", **draft)
    await node.publish(ann, "## One\n\na\n\n## Two\n\nb", title="Short", **draft)
    await node.publish(ann, text, title="Careful", sensitive=True, summary="War", **draft)
    visitor = Visitor(node)
    page = (await visitor.open("/@ann/long")).text
    contents = page.partition('<nav class="contents"')[2].partition("</nav>")[0]
    assert contents.count("<li") == 3
    assert "<b>" not in contents
    for target in contents.split('href="#')[1:]:
        assert f'id="{target.partition(chr(34))[0]}"' in page
    assert 'class="level-3"' in contents
    assert 'class="contents"' not in (await visitor.open("/@ann/short")).text
    page = (await visitor.open("/@ann/careful")).text
    assert page.index('<details class="warning"') < page.index('class="contents"')


def test_headings_of_hostile_html_are_bounded() -> None:
    html = add_anchors("<h2>A</h2><h2></h2><h3>B <em>c</em> &amp; d</h3>" + "<h2>x</h2>" * 500)
    headings = list_headings(html)
    assert len(headings) == 100
    assert headings[1] == Heading(3, headings[1].identifier, "B c & d")
    assert list_headings("<h2>Without an id</h2><p>x</p>") == []
