"""Memory and first answers of the real server, driven by a real browser.

Needs `requirements-dev.txt` and Debian's chromium.
"""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from subprocess import DEVNULL
from typing import Any

from insects.storage import Progress

ROOT = Path(__file__).parents[2]
EXPLANATIONS = 3
TRAININGS = 5
PATIENCE_MS = 300_000


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return seconds to the first page and overlay, and MB of the server, or why they are not.

    Args:
        quick: makes no difference here.
    """
    chromium = shutil.which("chromium")
    if not chromium:
        return {"not measured": "Chromium is not installed."}
    if not importlib.util.find_spec("playwright"):
        return {"not measured": "Playwright is not installed."}
    with _browser(chromium) as browser, _server() as (process, address, started):
        page = browser.new_page()
        page.goto(address)
        page.get_by_text("superpixels (SLIC)").wait_for(timeout=PATIENCE_MS)
        first_page = time.perf_counter() - started
        _wait_until_done(page)
        warm = _seconds_to_overlay(browser, address)
        for i in range(EXPLANATIONS - 1):
            page.locator(".st-key-sample-" + str(i + 1)).get_by_role("button").click()
            page.get_by_text("Press Explain").wait_for(timeout=PATIENCE_MS)
            page.get_by_role("button", name="Explain", exact=True).click()
            page.get_by_text("Press Explain").wait_for(state="detached", timeout=PATIENCE_MS)
            _wait_until_done(page)
            on_progress("explaining in the browser", i + 2, EXPLANATIONS)
        photos, dataset_page = _seconds_to_gallery(page, address)
        resident, _ = _memory_mb(process.pid)
        trainings = []
        for i in range(TRAININGS):
            trainings.append(_train(page, process.pid))
            on_progress("training from the page", i + 1, TRAININGS)
        trained, peak = _memory_mb(process.pid)
    figures = {
        "seconds, server start to first page": first_page,
        "seconds, opening to first overlay, warm": warm,
        f"seconds, click to the gallery of {photos} photos, warm": dataset_page,
        "MB of the server after three explanations and the gallery": resident,
        f"MB more after {TRAININGS} trainings from the page": trained - resident,
        "MB of the server at its peak": peak,
        "seconds, Start to the first point of the curves, second training": trainings[1][0],
        "seconds, Start to the final score, first training": trainings[0][1],
        "seconds, Start to the final score, second training": trainings[1][1],
        "cores that the server takes while one visitor watches a training": median(
            watched for _, _, watched in trainings
        ),
    }
    return {"default network and photos": figures}


def _wait_until_done(page: Any) -> None:
    page.get_by_text("Numbers (JSON)").wait_for(timeout=PATIENCE_MS)


def _seconds_to_overlay(browser: Any, address: str) -> float:
    """Return the seconds until a new visitor sees an overlay on a server that is warm."""
    page = browser.new_page()
    start = time.perf_counter()
    page.goto(address)
    words = '="What speaks for and against'
    overlay = page.locator(f'[alt^{words}"], [aria-label^{words}"]').first
    overlay.wait_for(timeout=PATIENCE_MS)
    seconds = time.perf_counter() - start
    page.close()
    return seconds


def _seconds_to_gallery(page: Any, address: str) -> tuple[str, float]:
    """Return how many photos the default dataset has, and the seconds until its first are seen."""
    _open_gallery(page)
    page.get_by_text("The whole health report").wait_for(timeout=PATIENCE_MS)
    other = page.context.browser.new_page()
    other.goto(address)
    _wait_until_done(other)
    start = time.perf_counter()
    _open_gallery(other)
    seconds = time.perf_counter() - start
    shown = other.get_by_text("Photos 1 to 60 of").inner_text()
    other.close()
    return shown.rpartition(" ")[2], seconds


def _open_gallery(page: Any) -> None:
    """Open the Dataset page, and wait until the last of its small pictures is there."""
    page.get_by_role("link", name="Dataset").click()
    last = page.locator(".st-key-photos li img").nth(59)
    last.wait_for(timeout=PATIENCE_MS)
    last.evaluate("image => image.decode()")


def _train(page: Any, pid: int) -> tuple[float, float, float]:
    """Train the default network on the default photos.

    Returns:
        Seconds to its first point, and to its final score; and how many cores the server, not the
        training, takes from the one to the other.
    """
    page.get_by_role("link", name="Train").click()
    button = page.get_by_role("button", name="Start", exact=True)
    button.wait_for(timeout=PATIENCE_MS)
    state = page.locator(".st-key-state")
    start = time.perf_counter()
    button.click()
    state.get_by_text("training").wait_for(timeout=PATIENCE_MS)
    curves = page.get_by_label(re.compile(r"accuracy: .* after \d+ steps")).first
    curves.wait_for(timeout=PATIENCE_MS)
    first, worked = time.perf_counter() - start, _cpu_seconds(pid)
    state.get_by_text("finished").wait_for(timeout=PATIENCE_MS)
    watched, worked = time.perf_counter() - start - first, _cpu_seconds(pid) - worked
    page.get_by_text("How good it is").wait_for(timeout=PATIENCE_MS)
    return first, time.perf_counter() - start, worked / watched


@contextmanager
def _server() -> Iterator[tuple[subprocess.Popen, str, float]]:
    """Run the app on a free port; give the process, its address and when it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    options += ["--server.address", "127.0.0.1", "--server.fileWatcherType", "none"]
    with tempfile.TemporaryDirectory() as folder:
        # Nothing is kept from before, and nothing is left behind.
        env = {**os.environ, "INSECTS_RUNS": f"{folder}/runs", "INSECTS_CACHE": f"{folder}/cache"}
        start = time.perf_counter()
        process = subprocess.Popen(
            command + options, cwd=ROOT, env=env, stdout=DEVNULL, stderr=DEVNULL
        )
        yield from _while_it_runs(process, port, start)


def _while_it_runs(
    process: subprocess.Popen, port: int, start: float
) -> Iterator[tuple[subprocess.Popen, str, float]]:
    try:
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield process, f"http://127.0.0.1:{port}", start
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return resident memory now and at its peak, from Linux's own account of the process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines)
    return tuple(int(facts[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore


def _cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has taken, from the same account."""
    of_process = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, of_process[11:13])) / os.sysconf("SC_CLK_TCK")
