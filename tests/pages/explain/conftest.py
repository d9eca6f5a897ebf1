"""The Explain page on a server that has explained nothing yet."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

import insects.explanation
from insects.ui import cache


@pytest.fixture(autouse=True)
def nothing_explained_before():
    """Start each test with a server that has explained nothing yet."""
    cache.jobs.clear()
    cache._shared_results.clear()


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page with these settings.

    It takes so many samples, or its default for None.
    """

    def open_one(nsamples: int | None = 100, **settings) -> AppTest:
        return open_page("explain", **({"nsamples": nsamples} if nsamples else {}), **settings)

    return open_one


@pytest.fixture
def gate(monkeypatch):
    """Let explanations get no further than their first estimate until the event is set."""
    event, real = threading.Event(), insects.explanation.explain

    def slow(model, photo, *, on_progress, **settings):
        estimates = real(model, photo, on_progress=on_progress, **settings)
        yield next(estimates)
        while not event.wait(0.05):
            on_progress(8, settings["nsamples"])
        yield from estimates

    monkeypatch.setattr(insects.explanation, "explain", slow)
    yield event
    event.set()
