"""The settings of the Explain page: what a change of each leads to."""

import re
import threading

import numpy as np
from explain_view import CHANGED, alts, button, chart_alts, finished
from opening import PATIENCE, text, until

import insects.explanation
from insects.explanation import METHODS, Settings
from insects.pixelwise.child import PixelMap
from insects.superpixels import BASELINES
from insects.ui.components.explain import BASELINE_TITLES, METHOD_TITLES
from insects.ui.jobs import AT_ONCE


def test_moving_a_slider_starts_no_explanation_and_says_that_the_settings_have_changed(visit):
    page = finished(visit())
    job = page.session_state.job
    page.slider(key="n_segments").set_value(40).run()
    page.slider(key="nsamples").set_value(150).run()
    assert page.session_state.job is job
    assert CHANGED in text(page)
    assert len(page.download_button) == 2


def test_moving_the_slider_back_takes_the_note_away(visit):
    page = finished(visit())
    page.slider(key="n_segments").set_value(40).run()
    page.slider(key="n_segments").set_value(Settings().n_segments).run()
    assert CHANGED not in text(page)


def test_moving_the_superpixel_slider_cuts_the_photo_anew(visit):
    page = visit()
    (before,) = alts(page, "sample photo of ")
    page.slider(key="n_segments").set_value(150).run()
    (after,) = alts(page, "sample photo of ")
    few, many = (int(re.search(r"cut into (\d+) superpixels", a)[1]) for a in (before, after))
    assert many > few
    assert f"SLIC gave {many} parts of about 150 asked for" in text(page)


def test_pressing_explain_explains_with_the_settings_on_the_sliders(visit):
    page = finished(visit())
    first = page.session_state.job
    page.slider(key="n_segments").set_value(40)
    page.slider(key="nsamples").set_value(150)
    button(page, "Explain").click().run()
    second = finished(page).session_state.job
    assert second is not first
    assert (second.explanation.settings.n_segments, second.explanation.nsamples) == (40, 150)
    assert CHANGED not in text(page)


def test_the_same_photo_with_the_same_settings_is_explained_only_once(visit):
    finished(visit())
    page = visit()  # another visitor
    assert page.session_state.job.state == "done"
    assert len(page.download_button) == 2


def test_as_in_article_2_sets_what_that_article_used_and_explains_at_once(visit):
    page = finished(visit())
    button(page, "As in article 2").click().run()
    sliders = {key: page.slider(key=key).value for key in ("n_segments", "nsamples")}
    choices = {key: page.selectbox(key=key).value for key in ("method", "baseline", "output")}
    assert sliders == {"n_segments": 100, "nsamples": 300}
    assert choices == {"method": "kernel", "baseline": "white", "output": "logit"}
    finished(page)
    assert "zhang, kernel, " in text(page)
    assert "300 samples" in text(page)
    assert CHANGED not in text(page)


def test_as_in_article_1_explains_each_pixel_of_the_photo_with_that_articles_network(
    visit, monkeypatch
):
    def pixel_maps(method, run, image, *_):  # the real ones are waited for in the browser
        values = np.zeros((*image.shape[:2], 3))
        values[:70, :70], values[-70:, -70:] = 1e-3, -1e-3
        yield PixelMap(values, np.zeros(3), 61, 61, f"61 made photos for {method} of {run.name}")

    monkeypatch.setattr(insects.explanation, "pixel_maps", pixel_maps)
    page = finished(visit())
    button(page, "As in article 1").click().run()
    assert page.selectbox(key="network").value == "tang"
    assert page.selectbox(key="method").value == "deep"
    assert page.slider(key="n_segments").disabled
    assert page.slider(key="nsamples").disabled
    finished(page)
    assert "tang, deep, 50,176 pixels, background: 61 made photos for deep of tang" in text(page)
    assert chart_alts(page) == [alt for alt in chart_alts(page) if alt.startswith("Probab")]
    assert text(page).count("This method has no error bars.") == 3
    assert len(alts(page, "What speaks for and against ")) == 3
    assert "Most for it: the pixels " in text(page)
    assert CHANGED not in text(page)


def test_a_network_that_deep_cannot_explain_is_named_in_a_sentence(visit):
    page = finished(visit())
    page.selectbox(key="method").set_value("deep").run()
    (warning,) = page.warning
    assert re.fullmatch(r"deep explains only .* efficientnet_lite0\.", warning.value)
    button(page, "Explain").click().run()
    until(page, lambda page: page.error)
    assert page.error[0].value == warning.value
    page.selectbox(key="network").set_value("tang").run()
    assert not page.warning


def test_others_are_explained_by_superpixels_while_an_explanation_by_pixel_runs(visit, monkeypatch):
    let_go, begun = threading.Event(), threading.Event()
    real = insects.explanation.pixel_maps

    def slow(*arguments):
        begun.set()
        let_go.wait(PATIENCE)
        yield from real(*arguments)

    monkeypatch.setattr(insects.explanation, "pixel_maps", slow)
    pages = [finished(visit()) for _ in range(AT_ONCE + 1)]
    for number, page in enumerate(pages):
        button(page, f"sample-{number}").click().run()
        button(page, "As in article 1").click().run()
    assert begun.wait(PATIENCE)
    last = pages[-1].run()
    assert [bar for bar in last.get("progress") if f"Waiting for {AT_ONCE - 1} " in bar.proto.text]
    button(last, "Stop").click().run()
    assert last.session_state.job.state == "stopped"
    other = visit(nsamples=150)
    assert finished(other).session_state.job.explanation.nsamples == 150
    for page in pages:
        page.session_state.job.stop()
    let_go.set()


def test_the_pickers_have_words_for_every_method_and_every_baseline():
    assert set(METHOD_TITLES) == set(METHODS)
    assert set(BASELINE_TITLES) == set(BASELINES)


def test_permutation_of_more_superpixels_than_samples_allow_is_refused_in_a_sentence(visit):
    page = finished(visit())
    page.slider(key="n_segments").set_value(200)
    page.selectbox(key="method").set_value("permutation")
    button(page, "Explain").click().run()
    until(page, lambda page: page.error)
    assert "permutation needs at least" in page.error[0].value


def test_exact_values_of_too_many_superpixels_are_refused_in_a_sentence(visit):
    page = finished(visit())
    page.slider(key="n_segments").set_value(100)
    page.selectbox(key="method").set_value("exact")
    button(page, "Explain").click().run()
    until(page, lambda page: page.error)
    assert "14" in page.error[0].value
    assert page.error[0].value.endswith(".")
