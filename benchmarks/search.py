"""`python -m benchmarks.search`: CPU milliseconds of searches over 100,000 public posts.

Words are drawn with the frequencies of a language: the hundredth is a hundredth as frequent as the first.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub.keys import load_private
from benchmarks.__main__ import Bench, free_port, measure_slowness, print_table, start_node, write_config
from benchmarks.seed import seed

BUDGET_MS = 50
VOCABULARY = [f"word{number}" for number in range(20_000)]
FREQUENCIES = list(accumulate(1 / (number + 1) for number in range(len(VOCABULARY))))
SEARCHES = {
    "the most frequent word": "word0",
    "two frequent words": "word1 word2",
    "a rare word": "word9000",
    "a frequent and a rare word": "word0 word9000",
    "a phrase": '"word0 word1"',
    "a word and not another": "word3 -word0",
    "a word of one author": "word0 from:member7",
    "a word in a year": "word5 after:2026-01-01",
    "a word that nobody wrote": "nothing",
}


def make_sentence() -> str:
    """Return a sentence of random words."""
    return " ".join(random.choices(VOCABULARY, cum_weights=FREQUENCIES, k=25)) + "."


async def run(members: int, posts: int, count: int) -> None:
    """Seed a node, run every search, and print the table."""
    with tempfile.TemporaryDirectory(prefix="fedserver-bench-") as name:
        folder, port = Path(name), free_port()
        config = write_config(folder, port)
        print(f"Seeding {members} members and {posts} public posts …", flush=True)
        nobody = [f"127.0.1.1:{free_port()}"]
        seeded = await seed(config, members, posts, nobody, visibility="public", make_text=make_sentence)
        key = load_private(seeded.keys.rsa_private)
        assert isinstance(key, RSAPrivateKey)
        process, _ = await start_node(folder, port)
        try:
            async with aiohttp.ClientSession() as session:
                bench = Bench(f"http://localhost:{port}", process.pid, seeded, session)
                for search, query in SEARCHES.items():
                    path = f"/api/v2/search?type=statuses&limit=20&q={quote(query)}"
                    await bench.measure(search, BUDGET_MS, count, lambda path=path: bench.get(path))  # type: ignore[misc]
        finally:
            process.terminate()
            await process.wait()
    print_table(bench.rows, measure_slowness(key))


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(description="CPU milliseconds of a search, beside the budget")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100)
    options = parser.parse_args()
    asyncio.run(run(options.members, options.posts, options.requests))


if __name__ == "__main__":
    main()
