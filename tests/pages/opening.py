"""How the tests of pages open them, and how long they wait."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).parents[2] / "pages"
PATIENCE = 600  # seconds; a bound for broken pages, never a measure


def opened(name: str, **session: object) -> AppTest:
    """Run a page for a new visitor, whose session has these values."""
    page = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=PATIENCE)
    for key, value in session.items():
        page.session_state[key] = value
    return page.run()
