"""Figures, videos and sounds in the text of an article."""

from __future__ import annotations

import pytest

from fedserver.text.articles.figures import add_sizes, list_text_files, write_picture
from fedserver.text.markup import parse_markdown

MEDIA = "https://alpha.test/media/"


def article(text: str) -> str:
    return parse_markdown(text, article=True, base="https://alpha.test/", media_base=MEDIA).html


def test_picture_with_a_title_is_a_figure_with_a_caption() -> None:
    html = article('![a <fox>](/media/ab/fox.webp "Seen & *drawn*")')
    assert html.strip() == (
        '<figure><img src="https://alpha.test/media/ab/fox.webp" alt="a &lt;fox&gt;">'
        "<figcaption>Seen &amp; *drawn*</figcaption></figure>"
    )
    assert "<figure" not in article("![a](/media/ab/fox.webp)")
    assert "<figure" not in article('A word ![a](/media/ab/fox.webp "title") and another')


@pytest.mark.parametrize(("ending", "name"), [("mp4", "video"), ("webm", "video"), ("mp3", "audio")])
def test_only_files_of_this_node_are_played(ending: str, name: str) -> None:
    html = article(f'![How it "works"](/media/ab/film.{ending} "Caption")')
    assert f'<{name} controls="" preload="metadata"' in html
    assert 'aria-label="How it &quot;works&quot;"' in html
    assert "<figcaption>Caption</figcaption></figure>" in html
    assert list_text_files(html, MEDIA)[0].description == 'How it "works"'
    for address in (f"https://beta.test/media/film.{ending}", f"//beta.test/f.{ending}"):
        assert f"<{name}" not in article(f"![a]({address})")
    # A peer's Markdown has no files of this node, whatever it says.
    assert f"<{name}" not in parse_markdown(f"![a](/media/x.{ending})", article=True, base=MEDIA[:-6]).html


def test_files_in_a_text_are_found_once_each() -> None:
    html = article(
        "![one](/media/a/1.webp) ![again](/media/a/1.webp)\n\n![two](/media/b/2.mp4)\n\n"
        "![peer](https://beta.test/media/c/3.webp)\n\n`![code](/media/d/4.webp)`\n\n"
        "![proxy](/media/proxy/posts/1/image?u=x)"
    )
    assert [(file.key, file.description) for file in list_text_files(html, MEDIA)] == [
        ("a/1.webp", "one"),
        ("b/2.mp4", "two"),
    ]
    sized = add_sizes(html, {MEDIA + "a/1.webp": (30, 20)})
    assert sized.count('width="30" height="20"') == 2
    assert add_sizes(sized, {MEDIA + "a/1.webp": (30, 20)}) == sized


@pytest.mark.parametrize("words", ["plain", 'a "quoted" [word]', "back\\slash](", "two\n\nlines", ""])
def test_written_picture_is_read_as_it_was_meant(words: str) -> None:
    html = article(write_picture("/media/a/1.webp", words, words))
    (file,) = list_text_files(html, MEDIA)
    assert file.description == " ".join(words.split())
    assert html.count("<figure>") == bool(words)
