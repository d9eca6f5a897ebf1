"""Fetching in a process of its own, which can wait at a step and be killed."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from github_archive import CHUNK

ROOT = Path(__file__).parents[2]
FETCHING = """
import sys
from pathlib import Path
from insects.datasets import fetch, published
from insects.datasets.fetch import downloader

manifest, chunk, url, wait_at = sys.argv[1:]
published.MANIFEST = Path(manifest)
downloader.CHUNK_BYTES = int(chunk)

def on_progress(stage, done, of):
    print(f"{stage} {done}", flush=True)
    if f"{stage} {done}" == wait_at:
        sys.stdin.read()

print(fetch.fetch_published(on_progress, url=url), flush=True)
"""


@contextmanager
def fetching(server, tmp_path, wait_at=""):
    """A process that fetches and tells each step; at one it waits until it is killed."""
    command = [sys.executable, "-c", FETCHING, tmp_path / "squares.sha256", str(CHUNK)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, server.url, wait_at], cwd=ROOT, text=True, stdin=pipe, stdout=pipe
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process, beginning):
    """Read what a process prints up to such a line; if there is none, the test has failed."""
    for line in process.stdout:
        if line.startswith(beginning):
            return
    pytest.fail(f"the process ended before {beginning!r}")
