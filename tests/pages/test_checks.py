"""The panel that checks an explanation, without a browser."""

import threading

import pytest
from opening import PATIENCE, text, until
from streamlit.testing.v1 import AppTest

from insects.errors import InsectsError
from insects.ui import cache
from insects.ui.components import checks

DONE = "Taking parts away in this order lowers the answer"


def panel():
    """A page that explains a drawn photo in a few regions, and offers to check it."""
    import streamlit as st

    from insects.datasets import load_dataset
    from insects.explanation import explain
    from insects.ui import cache
    from insects.ui.components.checks import faithfulness_panel

    model = cache.model("efficientnet_lite0")
    photo = load_dataset("drawn", seed=st.session_state.get("photo_seed", 0)).photos[0].load()
    *_, explanation = explain(model, photo, n_segments=8, nsamples=30)
    faithfulness_panel(model, explanation)


@pytest.fixture(autouse=True)
def nothing_checked_before():
    cache.jobs.clear()
    cache._shared_results.clear()


@pytest.fixture
def counted(monkeypatch):
    """How often a check was made; and an event that holds it back until it is set."""
    real, made, gate = checks.faithfulness, [], threading.Event()
    gate.set()

    def slow(model, explanation, *, on_progress):
        made.append(explanation)
        while not gate.wait(0.05):
            on_progress(8, 100)
        return real(model, explanation, on_progress=on_progress)

    monkeypatch.setattr(checks, "faithfulness", slow)
    yield made, gate
    gate.set()


def visit():
    return AppTest.from_function(panel, default_timeout=PATIENCE).run()


def button(page):
    return next((one for one in page.button if one.key == "check-faithfulness"), None)


def test_nothing_is_checked_before_the_button_is_pressed(counted):
    page = visit()
    assert not page.exception
    assert button(page).label == "Is it right? Check it"
    assert counted[0] == []


def test_the_button_leads_to_two_curves_each_said_in_words():
    page = until(button(visit()).click().run(), lambda page: DONE in text(page))
    assert "Showing parts in this order raises the answer" in text(page)
    assert "20 random orders" in text(page)
    assert "are blurred" in text(page)
    assert len(page.get("vega_lite_chart")) == 2
    assert button(page) is None


def test_the_same_explanation_is_checked_once_for_all_visitors(counted):
    until(button(visit()).click().run(), lambda page: DONE in text(page))
    page = button(visit()).click().run()
    assert DONE in text(page)
    assert len(counted[0]) == 1


def test_another_explanation_has_its_own_check_and_ends_the_one_before(counted):
    made, gate = counted
    gate.clear()
    page = button(visit()).click().run()
    old = page.session_state[checks.PANEL.job_key]
    page.session_state["photo_seed"] = 1
    page.run()
    assert button(page) is not None
    old.wait()
    assert old.state == "stopped"
    gate.set()
    until(button(page).click().run(), lambda page: DONE in text(page))
    assert len(made) == 2


def test_a_running_check_shows_its_progress_and_can_be_stopped_and_begun_again(counted):
    _, gate = counted
    gate.clear()
    page = button(visit()).click().run()
    assert button(page) is None
    stop = next(one for one in page.button if one.key == "stop-check")
    page = until(stop.click().run(), lambda page: "stopped before it was done" in text(page))
    gate.set()
    until(button(page).click().run(), lambda page: DONE in text(page))


def test_a_check_that_fails_says_why_and_can_be_begun_again(monkeypatch):
    def failing(*_, **__):
        raise InsectsError("The run is gone.")

    monkeypatch.setattr(checks, "faithfulness", failing)
    page = until(button(visit()).click().run(), lambda page: "The run is gone." in text(page))
    assert button(page) is not None
