"""Pages without a browser."""

import pytest
from opening import opened


@pytest.fixture
def open_page():
    """Return a function that opens a page of the app by its file's name.

    At the end its work is stopped, and it must show no exception.
    """
    pages = []

    def open_one(name: str, **session):
        pages.append(opened(name, **session))
        return pages[-1]

    yield open_one
    for page in pages:
        if "job" in page.session_state and page.session_state.job:
            page.session_state.job.stop()
        assert not page.exception
