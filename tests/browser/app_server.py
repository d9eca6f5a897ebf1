"""The app as a server of its own, for the tests in a browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds; a bound for broken pages, never a measure


@contextmanager
def running_app(folder: Path, **environment: str) -> Iterator[str]:
    """Run the app with runs of its own; its log must end without a traceback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "headless": "true",
        "fileWatcherType": "none",
        "address": "127.0.0.1",
        "port": port,
    }
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    command += [
        text for name, value in options.items() for text in (f"--server.{name}", f"{value}")
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "INSECTS_RUNS": str(folder / "runs"), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(PATIENCE)
    said = (folder / "log").read_text(errors="replace")
    assert "Traceback" not in said, said


def _wait_for(address: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the app did not start")
