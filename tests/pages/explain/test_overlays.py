"""What the Explain page says of an explanation: verdicts, automatic samples, focus, baselines."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from explain_view import CHANGED, alts, button, chart_alts, finished
from opening import text, until

import insects.explanation
from insects.superpixels import BASELINES
from insects.ui import cache
from insects.ui.components import baselines
from insects.wording import how_settled, singular

OVERLAY = "What speaks for and against "
DEPENDS = "you hide "


@pytest.fixture
def easy(monkeypatch):
    """Make every explanation one whose values lie far apart, with errors too small to matter."""
    real = insects.explanation.explain

    def sure(model, photo, **settings):
        for one in real(model, photo, **settings):
            ladder = np.linspace(-1, 1, one.shap_values.size).reshape(one.shap_values.shape)
            yield replace(one, shap_values=ladder, standard_errors=np.full_like(ladder, 1e-6))

    monkeypatch.setattr(insects.explanation, "explain", sure)


def explanation(page):
    return page.session_state.job.explanation


def table(page):
    """Return the rows of the table of regions."""
    (found,) = [one.value for one in page.markdown if one.value.startswith("| rank")]
    return found.splitlines()[2:]


# How sure it is


def test_below_each_overlay_stands_whether_its_strongest_regions_are_settled(visit):
    page = finished(visit())
    captions = [caption.value for caption in page.caption]
    for name in explanation(page).class_names:
        assert how_settled(explanation(page), name) in captions


def test_each_class_has_its_strongest_regions_with_errors_as_a_chart_with_words(visit):
    page = finished(visit(nsamples=250))
    strongest = [alt for alt in chart_alts(page) if alt.startswith("The strongest regions")]
    assert len(strongest) == 3
    assert all(alt.count(" ± ") == 5 for alt in strongest)


def test_a_first_look_tells_no_errors_and_calls_nothing_settled(visit):
    page = finished(visit(nsamples=100))
    assert text(page).count("A first look: how sure it is can be told from") == 3
    assert "±" not in text(page)
    assert not [alt for alt in chart_alts(page) if "±" in alt]


def test_a_method_without_errors_says_so_below_each_overlay(visit):
    page = finished(visit(method="kernel"))
    assert text(page).count("This method has no error bars.") == 3
    assert "±" not in text(page)


def test_the_table_has_every_region_the_strongest_first(visit):
    page = finished(visit())
    rows = table(page)
    assert len(rows) == explanation(page).n_superpixels
    index = explanation(page).class_names.index(explanation(page).label)
    strongest = int(np.abs(explanation(page).shap_values[:, index]).argmax())
    assert rows[0].startswith(f"| 1 | {strongest} |")


# Automatic samples


def test_automatic_stops_early_where_everything_is_settled_and_says_so(visit, easy):
    page = finished(visit(nsamples=2000, n_segments=25, automatic=True))
    assert explanation(page).nsamples < 300
    assert f"{explanation(page).nsamples} of at most 2,000 samples were enough." in text(page)


def test_without_automatic_all_samples_are_drawn(visit, easy):
    page = finished(visit(nsamples=400, n_segments=25))
    assert explanation(page).nsamples == 400
    assert "were enough" not in text(page)


def test_automatic_and_not_are_two_explanations(visit, easy):
    page = finished(visit(nsamples=400, n_segments=25, automatic=True))
    page.toggle(key="automatic").set_value(False).run()
    assert CHANGED in text(page)
    button(page, "Explain").click().run()
    assert explanation(finished(page)).nsamples == 400
    assert CHANGED not in text(page)


def test_automatic_is_not_for_methods_without_errors(visit):
    page = visit(method="kernel", automatic=True)
    assert page.toggle(key="automatic").disabled
    assert explanation(finished(page)).nsamples == 100


# One class, one region


def test_a_class_that_is_clicked_is_shown_alone_with_its_reasons_and_its_table(visit):
    page = finished(visit())
    other = next(n for n in explanation(page).class_names if n != explanation(page).label)
    page.segmented_control(key="focus").set_value(other).run()
    assert [alt.removeprefix(OVERLAY).split(":")[0] for alt in alts(page, OVERLAY)] == [other]
    assert f"**{singular(other)}**. " in text(page)
    values = explanation(page).shap_values[:, explanation(page).class_names.index(other)]
    assert table(page)[0].startswith(f"| 1 | {int(np.abs(values).argmax())} |")
    page.segmented_control(key="focus").set_value(None).run()
    assert len(alts(page, OVERLAY)) == 3


def test_a_region_that_was_clicked_tells_its_value_for_every_class_until_the_photo_changes(visit):
    page = finished(visit())
    page.session_state.region = (cache.segments_key(explanation(page)), 3)
    page.run()
    (said,) = [one.value for one in page.markdown if one.value.startswith("**Region 3**")]
    assert all(singular(name) in said for name in explanation(page).class_names)
    marked = [c for c in page.get("vega_lite_chart") if '"stroke": "#ffd91a"' in c.proto.spec]
    assert len(marked) == 3
    other = [b for b in page.button if (b.key or "").startswith("sample-")][-1]
    other.click().run()
    button(page, "Explain").click().run()
    assert "**Region 3**" not in text(finished(page))


# Baselines


def test_no_baseline_is_compared_before_the_button_is_pressed(visit):
    page = finished(visit())
    assert button(page, "Explain under each")
    assert DEPENDS not in text(page)


def test_the_button_leads_to_an_overlay_a_baseline_and_a_sentence(visit):
    page = finished(visit(n_segments=15))
    button(page, "Explain under each").click().run()
    until(page, lambda page: DEPENDS in text(page))
    assert len(alts(page, "Hidden parts ")) == len(BASELINES)
    assert explanation(page).nsamples == 100  # the explanation on show is still the visitor's own


def test_a_comparison_can_be_stopped_and_begun_again(visit, monkeypatch):
    real, gate = baselines.compare, threading.Event()

    def slow(model, one, *, on_progress):
        while not gate.wait(0.05):
            on_progress(8, 400)
        return real(model, one, on_progress=on_progress)

    monkeypatch.setattr(baselines, "compare", slow)
    page = finished(visit(n_segments=15))
    button(page, "Explain under each").click().run()
    until(page, lambda page: [b for b in page.button if b.key == "stop-baselines"])
    button(page, "stop-baselines").click().run()
    until(page, lambda page: "Stopped before all were explained." in text(page))
    gate.set()
    button(page, "Explain under each").click().run()
    until(page, lambda page: DEPENDS in text(page))
