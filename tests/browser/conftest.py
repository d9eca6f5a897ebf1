"""The app as visitors meet it: a server of its own, and headless Chromium before it."""

import importlib.util
import os
import re
import shutil
from pathlib import Path

import pytest
from app_server import PATIENCE, running_app
from PIL import Image

CHROMIUM = shutil.which("chromium")
MISSING = [
    what
    for what, is_here in {
        "Chromium (get it with: apt-get install chromium)": CHROMIUM,
        "Playwright (get it with: pip install -r requirements-dev.txt)": importlib.util.find_spec(
            "playwright"
        ),
    }.items()
    if not is_here
]
BROKEN_PICTURES = """() =>
    [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.alt)"""
if MISSING:
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter):
    """Say so where these tests were left out."""
    if MISSING:
        terminalreporter.write_line(
            f"The browser tests were not run, for want of {' and '.join(MISSING)}.", yellow=True
        )


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Run the app for all tests of a process, and return its address."""
    with running_app(tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    """Start the browser; its camera shows a test picture."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(app, chromium, request):
    """Return a function that opens the app as a new visitor, and checks on all of them at the end.

    No page may show an exception or a broken picture, raise an error in its scripts, or ask
    another host for anything.
    With INSECTS_SHOTS set, what each shows at the end of the test is saved in that folder.
    """
    pages, errors, elsewhere = [], [], []

    def open_app(path="", **options):
        options = {"viewport": {"width": 1280, "height": 720}, **options}
        context = chromium.new_context(accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE * 1000)
        context.set_default_navigation_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda asked: _is_elsewhere(asked.url) and elsewhere.append(asked.url))
        pages.append(page)
        page.goto(f"{app}/{path}")
        return page

    def _is_elsewhere(url: str) -> bool:
        return not url.startswith((app, "data:", "blob:"))

    yield open_app
    exceptions = [e.inner_text() for p in pages for e in p.get_by_test_id("stException").all()]
    broken = [alt for page in pages for alt in page.evaluate(BROKEN_PICTURES)]
    if folder := os.environ.get("INSECTS_SHOTS"):
        for number, page in enumerate(pages):
            name = re.sub(r"\W+", "-", f"{request.node.name} {number or ''}").strip("-")
            _shoot(page, Path(folder), name)
    for page in pages:
        page.context.close()
    assert exceptions == []
    assert broken == []
    assert errors == []
    assert elsewhere == []


def _shoot(page, folder: Path, name: str) -> None:
    """Save what the window shows, and the page from top to bottom."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
    height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.screenshot(path=folder / f"{name}-whole.png")


@pytest.fixture
def photo_file(dataset, tmp_path):
    """Return a function that gives a class's photo as a file: a real one where they are."""

    def find(label: str) -> Path:
        photo = [photo for photo in dataset.part("test") if photo.label == label][-1]
        if path := getattr(photo, "path", None):
            return path
        path = tmp_path / f"{photo.name}.jpg"
        Image.fromarray(photo.load()).save(path, quality=95)
        return path

    return find
