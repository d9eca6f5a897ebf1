"""The Explain page, without a browser: what each click leads to."""

import io
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from opening import PATIENCE, text, until
from PIL import Image
from streamlit.testing.v1 import AppTest

import insects.explanation
from insects.explanation import METHODS, Settings
from insects.inference import Prediction
from insects.pixelwise.child import PixelMap
from insects.superpixels import BASELINES
from insects.ui import cache
from insects.ui.components.explain import BASELINE_TITLES, METHOD_TITLES
from insects.ui.jobs import AT_ONCE
from insects.wording import headline

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "explain.py"
CHANGED = "The settings have changed"
NOT_YET = "Press **Explain** to see which parts of this photo say so."


@pytest.fixture(autouse=True)
def nothing_explained_before():
    """Start each test with a server that has explained nothing yet."""
    cache.jobs.clear()


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page; it takes so many samples, or its default for None."""

    def open_one(nsamples: int | None = 100) -> AppTest:
        return open_page("explain", **({"nsamples": nsamples} if nsamples else {}))

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


def finished(page: AppTest) -> AppTest:
    return until(page, lambda page: len(page.download_button) == 2)


def button(page: AppTest, label: str):
    return next(button for button in page.button if label in (button.label, button.key))


def alts(page: AppTest, start: str = "") -> list[str]:
    """Return the words in the place of each picture, of those that start so."""
    found = [picture.alt for image in page.image for picture in image.proto.imgs]
    return [alt for alt in found + chart_alts(page) if alt.startswith(start)]


def chart_alts(page: AppTest) -> list[str]:
    """Return the words in the place of each chart."""
    return [chart.proto.alt for chart in page.get("vega_lite_chart")]


def upload(page: AppTest, name: str, data: bytes) -> AppTest:
    return page.file_uploader(key="upload").set_value((name, data, "image/jpeg")).run()


def jpeg(pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


# The first view


def test_the_first_view_says_what_the_network_sees_before_anything_is_explained(visit, gate):
    page = visit()
    assert re.fullmatch(r"(beetles|cockroach|dragonflies) (over |under )?\d+ %", headline_of(page))
    (chart,) = page.get("vega_lite_chart")
    for name in ("beetles", "cockroach", "dragonflies"):
        assert name in chart.proto.alt


def headline_of(page: AppTest) -> str:
    (subheader,) = page.subheader
    return subheader.value


def test_the_first_view_explains_a_sample_by_itself_and_in_words(visit):
    page = finished(visit(nsamples=None))
    assert re.search(
        r"Most (for it|against): the .+ region .+ \([+−]\d\.\d\d ± \d\.\d\d\)", text(page)
    )
    assert f"{Settings().nsamples} samples" in text(page)


def test_a_finished_explanation_shows_one_overlay_a_class_the_predicted_one_first(visit):
    page = finished(visit())
    predicted = headline_of(page).split()[0]
    overlays = alts(page, "What speaks for and against ")
    shown = [alt.removeprefix("What speaks for and against ").split(":")[0] for alt in overlays]
    assert shown[0] == predicted
    assert sorted(shown) == ["beetles", "cockroach", "dragonflies"]


def test_every_picture_has_words_in_its_place(visit):
    page = finished(visit())
    assert len(alts(page)) == 1 + 6 + 1 + 3 + 3  # photo, samples, bars, overlays, the strongest
    assert all(len(alt) > 10 for alt in alts(page))


def test_there_are_samples_of_every_class(visit):
    labels = [b.label for b in visit().button if (b.key or "").startswith("sample-")]
    assert sorted(set(labels)) == ["beetles", "cockroach", "dragonflies"]
    assert len(labels) == 6


# Settings


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
    assert f"{many} superpixels" in text(page)


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


# Photos


def test_an_uploaded_photo_is_predicted_at_once_and_not_explained_unasked(
    visit, photos, default_model
):
    page = finished(visit())
    job = page.session_state.job
    pixels = photos[-1].pixels
    upload(page, "mine.png", png(pixels))
    assert headline_of(page) == headline(default_model.predict(pixels))
    assert NOT_YET in text(page)
    assert page.session_state.job is job
    assert not page.download_button
    assert not alts(page, "What speaks")


def png(pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_uploaded_photo_is_explained_when_asked(visit, photos):
    page = visit()
    upload(page, "mine.jpg", jpeg(photos[-1].pixels))
    button(page, "Explain").click().run()
    finished(page)
    assert NOT_YET not in text(page)
    assert alts(page, "mine.jpg, cut into")
    assert len(alts(page, "What speaks")) == 3


def test_a_refused_upload_keeps_the_photo_and_says_why_in_one_sentence(visit):
    page = finished(visit())
    before = (alts(page), headline_of(page), page.session_state.job)
    upload(page, "bug.jpg", b"Dear reader, this is no photo at all.")
    assert (alts(page), headline_of(page), page.session_state.job) == before
    assert [error.value for error in page.error] == [
        "This file is not a photo that can be read. "
        "Please use JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC."
    ]
    assert len(page.download_button) == 2


def test_the_next_good_photo_takes_the_refusal_away(visit, photos):
    page = visit()
    upload(page, "bug.jpg", b"no photo")
    upload(page, "good.jpg", jpeg(photos[0].pixels))
    assert not page.error
    assert alts(page, "good.jpg, cut into")


def test_a_sample_becomes_the_photo_with_its_prediction_and_a_hint_to_explain(visit):
    page = finished(visit())
    other = next(
        b for b in page.button if (b.key or "").startswith("sample-") and b.label == "beetles"
    )
    other.click().run()
    assert headline_of(page).startswith("beetles ")
    assert alts(page, "sample photo of beetles, cut into")
    assert NOT_YET in text(page)


def test_the_camera_takes_the_place_of_the_uploader_and_gives_the_photo(visit, photos):
    page = visit()
    page.segmented_control(key="source").set_value("Camera").run()
    assert not page.file_uploader
    page.camera_input(key="camera").set_value(
        ("camera_input.jpg", jpeg(photos[0].pixels), "image/jpeg")
    ).run()
    assert NOT_YET in text(page)
    assert not alts(page, "sample photo of")


def test_two_visitors_see_each_the_photo_they_brought(visit, photos, default_model):
    pages = [visit(), visit()]
    mine = [photos[0].pixels, photos[-1].pixels]
    for page, pixels in zip(pages, mine, strict=True):
        upload(page, "mine.png", png(pixels))
        button(page, "Explain").click().run()
    for page, pixels in zip(pages, mine, strict=True):
        finished(page)
        prediction = Prediction(
            default_model.class_names, page.session_state.job.explanation.probabilities
        )
        assert headline(prediction) == headline(default_model.predict(pixels)) == headline_of(page)


# While an explanation runs


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


# The server


def test_explaining_imports_neither_tensorflow_nor_keras(own_runs_folder):
    code = f"""
import sys, time
from streamlit.testing.v1 import AppTest
page = AppTest.from_file({str(PAGE)!r}, default_timeout={PATIENCE})
page.session_state["nsamples"] = 100
deadline = time.monotonic() + {PATIENCE}
page.run()
while not page.download_button and time.monotonic() < deadline:
    time.sleep(0.1)
    page.run()
print("explained:", len(page.download_button) == 2)
print("imported:", sorted({{"tensorflow", "keras"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["explained: True", "imported: []"], done.stderr
