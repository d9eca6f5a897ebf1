"""An explanation under way: what the Explain page shows of it, and how it ends."""

from explain_view import alts, button, chart_alts, finished
from opening import text, until

import insects.explanation


def test_while_it_runs_it_shows_how_far_it_is_and_what_it_has_found(visit, gate):
    page = until(visit(), lambda page: alts(page, "What speaks"))
    assert button(page, "Stop")
    assert page.get("progress")
    assert not page.download_button


def test_overlays_are_pictures_while_it_runs_and_charts_to_point_at_afterwards(visit, gate):
    page = until(visit(), lambda page: alts(page, "What speaks"))
    assert not [alt for alt in chart_alts(page) if alt.startswith("What speaks")]
    gate.set()
    finished(page)
    assert len([alt for alt in chart_alts(page) if alt.startswith("What speaks")]) == 3


def test_stop_keeps_what_was_found(visit, gate):
    page = until(visit(nsamples=5000), lambda page: alts(page, "What speaks"))
    button(page, "Stop").click().run()
    finished(page)
    spent = page.session_state.job.explanation.nsamples
    assert spent < 5000
    assert f"Stopped after {spent} samples" in text(page)
    assert len(alts(page, "What speaks")) == 3


def test_a_stopped_explanation_is_not_given_to_others_as_the_result(visit, gate):
    page = until(visit(), lambda page: alts(page, "What speaks"))
    button(page, "Stop").click().run()
    finished(page)
    gate.set()
    other = finished(visit())
    assert other.session_state.job.explanation.nsamples == 100


def test_asking_anew_stops_what_still_ran(visit, gate):
    page = until(visit(), lambda page: alts(page, "What speaks"))
    old = page.session_state.job
    page.slider(key="n_segments").set_value(12)
    button(page, "Explain").click().run()
    assert page.session_state.job is not old
    until(page, lambda _: old.state != "running")
    assert old.state == "stopped"


def test_an_unforeseen_failure_is_a_sentence_and_leaves_the_page_usable(visit, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("secret detail")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(insects.explanation, "explain", broken)
        page = until(visit(), lambda page: page.error)
        (error,) = page.error
        assert error.value.startswith("Something went wrong")
        assert "secret" not in text(page)
    button(page, "Explain").click().run()
    assert not finished(page).error
