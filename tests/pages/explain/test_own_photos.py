"""A visitor's own photo, and all that is made of it, goes with their session."""

import gc
import io
import weakref

import numpy as np
import pytest
from explain_view import button, finished
from made_photos import labelled
from opening import opened, until
from PIL import Image
from streamlit.runtime.caching import cache_data_api, cache_resource_api

from insects.datasets import load_dataset, uploads
from insects.ui import cache, datasets
from insects.ui.components.trust import OTHER


@pytest.fixture(scope="module")
def photo():
    """A photo that nobody else has, with a label strip."""
    pixels, _ = labelled(load_dataset("drawn", seed=11).photos[0].load())
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def shared_entries() -> set[tuple]:
    """Return the keys of all that is kept for every visitor, in memory of any kind."""
    kept = cache_data_api._data_caches._function_caches.get(None, {})
    found = {(name, key) for name, of in kept.items() for key in of.storage._mem_cache}
    kept = cache_resource_api._resource_caches._function_caches.get(None, {})
    found |= {(name, key) for name, of in kept.items() for key in of._mem_cache}
    results = cache._shared_results()._found.values()
    return found | {("result", key) for of in results for key in of}


def seen_in_full(photo: bytes):
    """Open the page, bring the photo, and look at everything that the page makes of it."""
    page = opened("explain", nsamples=100)
    finished(page)  # the sample: what everybody needs is loaded, and kept for all
    before = shared_entries()
    page.file_uploader(key="upload").set_value(("it.png", photo, "image/png")).run()
    finished(button(page, "explain-this").click().run())
    page.segmented_control(key="similar").set_value(OTHER).run()
    page.toggle(key="hide_label").set_value(True).run()
    button(page, "check-faithfulness").click().run()
    until(page, lambda page: "Is it right?" in "".join(m.value for m in page.markdown))
    return page, before


def test_nothing_of_a_visitors_photo_comes_into_what_is_kept_for_all(photo):
    page, before = seen_in_full(photo)
    assert before
    assert shared_entries() == before
    assert page.session_state.results._found[False]  # in the session it is


def test_after_the_session_nothing_in_the_process_holds_the_photo_or_its_explanation(photo):
    page, _ = seen_in_full(photo)
    own, job = page.session_state.photo, page.session_state.job
    held = [weakref.ref(one) for one in (own, own.display, job, job.explanation)]
    assert all(one() is not None for one in held)
    del page, own, job
    opened("about")  # until another page is run, Python's own list of modules holds the last
    gc.collect()
    assert [one() for one in held] == [None] * 4


def test_another_visitor_with_the_same_photo_has_it_explained_anew(photo):
    first, _ = seen_in_full(photo)
    second, _ = seen_in_full(photo)
    assert first.session_state.photo.key == second.session_state.photo.key
    one, other = first.session_state.job.explanation, second.session_state.job.explanation
    assert one is not other
    assert np.array_equal(one.shap_values, other.shap_values)


def test_samples_are_explained_once_for_all_visitors():
    first = finished(opened("explain", nsamples=100))
    again = finished(opened("explain", nsamples=100))
    assert first.session_state.job.explanation is again.session_state.job.explanation


def test_photos_are_private_unless_they_are_said_to_be_everybodys(tmp_path, monkeypatch):
    pixels = np.zeros((40, 40, 3), np.uint8)
    assert not cache.SmallPhoto.of(pixels, "mine").is_shared
    assert all(sample.is_shared for sample in cache.samples())
    assert datasets.is_shared(load_dataset("drawn"))
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))
    own = uploads.new_dataset_path("ab" * 16, "bugs")
    for name in ("beetles", "flies"):
        (own / name).mkdir(parents=True)
        for i in range(2):
            noise = np.random.default_rng(i).integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(noise).save(own / name / f"{i}.png")
    assert not datasets.is_shared(load_dataset(str(own)))
