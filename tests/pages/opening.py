"""How the tests of pages open them, read them, and wait for them."""

import time
from collections.abc import Callable
from pathlib import Path

from streamlit.runtime import caching
from streamlit.testing.v1 import AppTest

SESSION = "test session id"  # of every `AppTest`
PAGES = Path(__file__).parents[2] / "pages"
PATIENCE = 600  # seconds; a bound for broken pages, never a measure


def opened(name: str, **session: object) -> AppTest:
    """Run a page for a new visitor, whose session has these values."""
    leave()
    page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=PATIENCE)
    for key, value in session.items():
        page.session_state[key] = value
    return page.run()


def leave() -> None:
    """Do what Streamlit does where a visitor's page is closed or loses its connection."""
    caching.clear_session_data_cache(SESSION)
    caching.clear_session_resource_cache(SESSION)


def text(page: AppTest) -> str:
    """Return all that a page says, as Markdown."""
    said = (page.subheader, page.markdown, page.caption)
    told = (page.info, page.error, page.warning, page.success)
    return "\n".join(element.value for elements in (*said, *told) for element in elements)


def until(page: AppTest, condition: Callable[[AppTest], object]) -> AppTest:
    """Run the page again and again, as its fragments do, until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition(page):
        assert time.monotonic() < deadline, f"no end after {PATIENCE} s:\n{text(page)}"
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page
