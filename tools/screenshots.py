"""Take pictures of the node's pages, and write them on sheets, to look at what a change did to them.

`python -m tools.screenshots FOLDER` starts the nodes of `fedserver demo` on ports of their own and writes
sheets into FOLDER: every page that a guest, a member and the owner can open, at 390 and 1280 px, light and
dark, the main ones in Arabic and German, and some without JavaScript. It prints which declared pages it did
not reach. Its file `pages.png` is the one that docs/images/pages.png shows. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from PIL import Image
from playwright.async_api import Browser, async_playwright

from fedserver.cli.demo import PASSWORD
from fedserver.node import list_endpoints

OWNER = "maya"
HEIGHTS = {390: 844, 1280: 900}
MAIN_PAGES = {
    "front": "/",
    "home": "/home",
    "thread": "/@{owner}/{note}",
    "article": "/@{owner}/{article}",
    "blog": "/blog",
    "profile": "/@{owner}",
    "notifications": "/notifications",
    "composer": "/write",
    "editor": "/write/article",
    "settings": "/settings",
    "console": "/admin",
}
MEMBER = "tomas"
ROLES = ("main", "guest", "member", "owner")
MAX_TRIES = 4  # links to a declared page that are tried
# What leads away, ends the session, or is no page.
LEFT_OUT = re.compile(
    r"^/(logout|oauth|write/suggestions|admin/settings/colour|media|static|users|source|locale|api|\.well-known)\b|\.(atom|rss|csv|zip|json)$"
)
LINK = re.compile(r'<a [^>]*?href="([^"]*)"')
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Look:
    """A width in pixels, a theme and a language in which a page is shown."""

    width: int
    theme: Theme
    language: str = "en"
    scripted: bool = True  # with JavaScript


LOOKS = (Look(390, "light"), Look(390, "dark"), Look(1280, "light"), Look(1280, "dark"))
LANGUAGE_LOOKS = tuple(
    Look(width, "light" if width == 1280 else "dark", language)
    for language in ("ar", "de")
    for width in HEIGHTS
)
PLAIN_LOOKS = tuple(Look(width, "light", scripted=False) for width in HEIGHTS)
PLAIN_PAGES = {name: MAIN_PAGES[name] for name in ("home", "thread", "composer", "editor", "settings")}
# What the sheet of the documentation shows.
SHOWN = (
    ("home", Look(1280, "light", "en")),
    ("article", Look(1280, "light", "en")),
    ("console", Look(1280, "light", "en")),
    ("editor", Look(1280, "dark", "en")),
    ("profile", Look(1280, "dark", "de")),
    ("blog", Look(1280, "light", "ar")),
    ("home", Look(390, "light", "en")),
    ("thread", Look(390, "dark", "en")),
    ("composer", Look(390, "light", "en")),
    ("settings", Look(390, "dark", "de")),
    ("notifications", Look(390, "light", "ar")),
    ("article", Look(390, "dark", "ar")),
)
Pictures = dict[tuple[str, Look], Image.Image]


@asynccontextmanager
async def run_demo(port: int) -> AsyncIterator[str]:
    """Run the nodes of the demo and return the address of the first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedserver", "demo", "--port", str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if PASSWORD in line.decode():
                break
        else:
            raise SystemExit("The demo did not start.")
        yield f"http://localhost:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def log_in(browser: Browser, base: str, name: str) -> list[dict[str, str]]:
    """Return the cookies of a member."""
    context = await browser.new_context(locale="en")
    page = await context.new_page()
    await page.goto(f"{base}/login")
    await page.fill("main [name=username]", name)
    await page.fill("main [name=password]", PASSWORD)
    await page.click("main form[action='/login'] button")
    await page.wait_for_load_state()
    cookies = [
        {"name": cookie["name"], "value": cookie["value"], "url": base} for cookie in await context.cookies()
    ]
    await context.close()
    return cookies


async def find_posts(browser: Browser, base: str) -> dict[str, str]:
    """Return the places of the owner's article and of another post of theirs."""
    page = await browser.new_page()
    await page.goto(f"{base}/@{OWNER}/blog")
    article = await page.eval_on_selector_all("main a", "links => links.map(link => link.pathname)")
    await page.goto(f"{base}/@{OWNER}")
    links = await page.eval_on_selector_all("main a", "links => links.map(link => link.pathname)")
    await page.close()
    prefix = f"/@{OWNER}/"
    articles = [link.removeprefix(prefix) for link in article if link.startswith(prefix)]
    notes = [
        place
        for link in links
        if link.startswith(prefix)
        and (place := link.removeprefix(prefix)).isdigit()
        and place not in articles
    ]
    return {"owner": OWNER, "article": next(a for a in articles if a != "blog"), "note": notes[0]}


def list_patterns() -> dict[str, re.Pattern[str]]:
    """Return each declared page, and what matches its paths."""
    return {
        endpoint.path: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(endpoint.path)) + "$")
        for endpoint in list_endpoints()
        if endpoint.html and endpoint.method == "GET" and not LEFT_OUT.search(endpoint.path)
    }


def find_pattern(path: str, patterns: dict[str, re.Pattern[str]]) -> str:
    """Return the declared page that a path leads to, the one with the fewest parameters; '' for none."""
    names = [name for name, pattern in patterns.items() if pattern.match(unquote(path))]
    return min(names, key=lambda name: name.count("{"), default="")


async def find_pages(browser: Browser, base: str, cookies: list[dict[str, str]]) -> dict[str, str]:
    """Follow links from pages without parameters; return a path for each declared page that is reached."""
    context = await browser.new_context()
    if cookies:
        await context.add_cookies(cookies)  # type: ignore[arg-type]
    patterns = list_patterns()
    paths: dict[str, str] = {}
    # Pages without parameters are opened even if no link leads to them.
    waiting = ["/", *(name for name in patterns if "{" not in name and name != "/")]
    tries = Counter(waiting)  # by declared page: a link may lead to what is not there
    for path in waiting:
        name = find_pattern(path.partition("?")[0], patterns)
        if name in paths and path != name:
            continue
        answer = await context.request.get(base + path, headers={"Accept": "text/html"}, max_redirects=0)
        if not answer.ok or "text/html" not in answer.headers.get("content-type", ""):
            continue
        paths.setdefault(name, path)
        for address in LINK.findall(await answer.text()):
            link = unescape(address).partition("#")[0].removeprefix(base)
            target = find_pattern(link.partition("?")[0], patterns)
            is_new = target and target not in paths and link not in waiting and tries[target] < MAX_TRIES
            if is_new and not LEFT_OUT.search(link):
                tries[target] += 1
                waiting.append(link)
    await context.close()
    return paths


async def take(
    browser: Browser, base: str, pages: dict[str, str], look: Look, cookies: list[dict[str, str]]
) -> Pictures:
    """Take a picture of the top of each page."""
    context = await browser.new_context(
        viewport={"width": look.width, "height": HEIGHTS[look.width]},
        color_scheme=look.theme,
        locale=look.language,
        java_script_enabled=look.scripted,
    )
    if cookies:
        await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    taken: Pictures = {}
    for name, path in pages.items():
        answer = await page.goto(base + path)
        if answer is None or not answer.ok:
            print(f"{path}: {answer.status if answer else 'no answer'}", file=sys.stderr)
        taken[name, look] = Image.open(BytesIO(await page.screenshot())).convert("RGB")
    await context.close()
    return taken


def compose(pictures: list[Image.Image], columns: int, height: int) -> Image.Image:
    """Lay pictures in rows, each scaled to a height in pixels."""
    scaled = [
        picture.resize((round(picture.width * height / picture.height), height), Image.Resampling.LANCZOS)
        for picture in pictures
    ]
    gap = 12
    rows = [scaled[start : start + columns] for start in range(0, len(scaled), columns)]
    width = max(sum(picture.width + gap for picture in row) for row in rows) + gap
    sheet = Image.new("RGB", (width, len(rows) * (height + gap) + gap), "#888")
    for number, row in enumerate(rows):
        left = gap
        for picture in row:
            sheet.paste(picture, (left, gap + number * (height + gap)))
            left += picture.width + gap
    return sheet


def write_sheets(folder: Path, role: str, pictures: Pictures) -> None:
    """Write twelve narrow pages or six wide ones on each sheet, one look at a time."""
    for look in dict.fromkeys(look for _, look in pictures):
        own = [(name, picture) for (name, seen), picture in pictures.items() if seen == look]
        count, columns = (12, 6) if look.width == 390 else (6, 2)
        for start in range(0, len(own), count):
            part = own[start : start + count]
            name = f"{role}-{look.language}-{look.width}-{look.theme}-{start // count + 1}.png"
            compose([picture for _, picture in part], columns, HEIGHTS[look.width] * 3 // 4).save(
                folder / name
            )
            print(name, *(page for page, _ in part))


def write_shown(target: Path, pictures: Pictures) -> None:
    """Write the sheet that the documentation shows, in few colours so that it stays small."""
    wide = [pictures[name, look] for name, look in SHOWN if look.width > 390]
    narrow = [pictures[name, look] for name, look in SHOWN if look.width == 390]
    above, below = compose(wide, 3, 360), compose(narrow, 6, 480)
    sheet = Image.new("RGB", (max(above.width, below.width), above.height + below.height), "#888")
    sheet.paste(above, ((sheet.width - above.width) // 2, 0))
    sheet.paste(below, ((sheet.width - below.width) // 2, above.height))
    sheet.quantize(96, dither=Image.Dither.NONE).save(target, optimize=True)


async def take_main_pages(folder: Path, browser: Browser, base: str, cookies: list[dict[str, str]]) -> None:
    """Write the sheet of the documentation, and those of the main pages in other languages."""
    places = await find_posts(browser, base)
    main = {name: path.format(**places) for name, path in MAIN_PAGES.items()}
    plain = {name: path.format(**places) for name, path in PLAIN_PAGES.items()}
    shown: Pictures = {}
    for look in dict.fromkeys(look for _, look in SHOWN):
        names = [name for name, seen in SHOWN if seen == look]
        shown |= await take(browser, base, {name: main[name] for name in names}, look, cookies)
    write_shown(folder / "pages.png", shown)
    for look in LANGUAGE_LOOKS:
        write_sheets(folder, "main", await take(browser, base, main, look, cookies))
    for look in PLAIN_LOOKS:
        write_sheets(folder, "plain", await take(browser, base, plain, look, cookies))


async def run(folder: Path, port: int, roles: Sequence[str]) -> None:
    """Take the pictures and write the sheets, that of the documentation and the main pages for `main`."""
    async with run_demo(port) as base, async_playwright() as started:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = await started.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        owner, member = await log_in(browser, base, OWNER), await log_in(browser, base, MEMBER)
        if "main" in roles:
            await take_main_pages(folder, browser, base, owner)
        reached: set[str] = set()  # only what a role sees besides the pages of those before
        for role, cookies in (("guest", []), ("member", member), ("owner", owner)):
            pages = await find_pages(browser, base, cookies)
            pages = {name: path for name, path in pages.items() if name not in reached or name == "/"}
            reached |= set(pages)
            for look in LOOKS if role in roles else ():
                write_sheets(folder, role, await take(browser, base, pages, look, cookies))
        print("not reached:", *sorted(set(list_patterns()) - reached))
        await browser.close()


def main() -> None:
    """Read the folder and the first of three ports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8531)
    parser.add_argument("--roles", nargs="*", default=ROLES, choices=ROLES, help="whose pages to show")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(run(options.folder, options.port, options.roles))


if __name__ == "__main__":
    main()
