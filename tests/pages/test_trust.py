"""What the Explain page says of how far an answer can be trusted, without a browser."""

import io
import json
import shutil

import numpy as np
import pytest
from made_photos import labelled
from made_runs import made_run
from opening import text
from PIL import Image
from streamlit.testing.v1 import AppTest

from insects.datasets import load_dataset
from insects.runs import SHIPPED
from insects.similar import FILE
from insects.training.inputs import Part
from insects.training.similar_index import write_index
from insects.ui import cache, trust
from insects.ui.components.trust import ANY, OTHER

NOTHING = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
WARNING = "The network knows nothing but"
SWITCH = "Hide the label strip"


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page with a network, the default one at first."""

    def open_one(network: str = cache.DEFAULT_NETWORK) -> AppTest:
        return open_page("explain", nsamples=100, network=network)

    return open_one


@pytest.fixture
def drawn_run(own_runs_folder):
    """A network trained on drawn insects, with an index of some of them."""
    dataset = load_dataset("drawn")
    photos = dataset.part("train")[::6]
    run = made_run(own_runs_folder, "drawn-run")
    few = dataset.with_photos(photos, "published")
    write_index(run, few, Part(np.zeros(len(photos)), dataset.labels(photos), photos))
    return run, photos


def upload(page: AppTest, pixels: np.ndarray) -> AppTest:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    file = ("it.png", buffer.getvalue(), "image/png")
    return page.file_uploader(key="upload").set_value(file).run()


def tiles(page: AppTest) -> list[dict]:
    """Return the similar photos on the page, as the browser gets them."""
    found = [e for e in page.get("bidi_component") if "similar-tiles" in e.proto.id]
    return [tile for e in found for group in json.loads(e.proto.json)["groups"] for tile in group]


def toggles(page: AppTest) -> list:
    return [toggle for toggle in page.toggle if toggle.label == SWITCH]


# None of the three


def test_a_picture_of_no_insect_is_warned_of_above_the_bars(visit):
    page = upload(visit(), NOTHING)
    (warning,) = page.warning
    assert warning.value.startswith(WARNING)
    assert "a beetle, a cockroach or a dragonfly" in warning.value
    assert page.subheader[0].value == "This looks like none of the three"
    assert "familiar" not in text(page)


def test_an_insect_is_said_to_be_familiar_and_nothing_is_warned_of(visit):
    page = visit()
    assert not page.warning
    assert r"familiar\: it looks like photos of a beetle, a cockroach or a dragonfly" in text(page)


def test_where_nobody_can_tell_nothing_is_said(visit, monkeypatch):
    monkeypatch.setattr("insects.imagenet.knows", lambda names: False)
    page = upload(visit(), NOTHING)
    assert not page.warning
    assert "familiar" not in text(page)


# Similar photos


def test_six_training_photos_are_shown_with_their_classes(visit, drawn_run, default_model):
    run, photos = drawn_run
    page = visit(run.name)
    shown = tiles(page)
    assert len(shown) == 6
    assert {tile["caption"] for tile in shown} <= {"beetle", "cockroach", "dragonfly"}
    assert all(tile["picture"].startswith("data:image/webp") for tile in shown)
    assert {tile["words"].split(", ")[1] for tile in shown} <= {photo.name for photo in photos}


def test_those_of_another_class_are_of_no_predicted_class(visit, drawn_run):
    page = visit(drawn_run[0].name)
    predicted = page.subheader[0].value.split(",")[0]
    page.segmented_control(key="similar").set_value(OTHER).run()
    assert len(tiles(page)) == 6
    assert predicted not in {tile["caption"] for tile in tiles(page)}
    page.segmented_control(key="similar").set_value(ANY).run()
    assert predicted in {tile["caption"] for tile in tiles(page)}


def test_a_photo_that_was_in_training_is_named_as_such(visit, drawn_run):
    run, photos = drawn_run
    page = visit(run.name)
    assert "This very photo" not in text(page)
    upload(page, photos[3].load())
    assert "This very photo was in training" in text(page)
    captions = [tile["caption"] for tile in tiles(page)]
    assert captions[0] == "this very photo"
    assert "this very photo" not in captions[1:]
    assert photos[3].name in tiles(page)[0]["words"]


def test_the_shipped_networks_link_to_who_took_the_photos(visit, monkeypatch):
    monkeypatch.delenv("INSECTS_PHOTOS", raising=False)
    shown = tiles(visit())
    assert len(shown) == 6
    for tile in shown:
        number = tile["words"].split(", ")[1]
        assert tile["link"] == f"https://www.insectimages.org/browse/detail.cfm?imgnum={number}"
        assert tile["picture"] is None


def test_where_the_photos_are_they_are_shown_with_their_credit(visit, real_photos):
    shown = tiles(visit())
    assert len(shown) == 6
    assert all(tile["picture"] and tile["link"] for tile in shown)


def test_a_run_without_an_index_shows_no_similar_photos(visit, own_runs_folder):
    shutil.copytree(SHIPPED / "zhang", own_runs_folder / "old")
    (own_runs_folder / "old" / FILE).unlink(missing_ok=True)
    page = visit("old")
    assert not tiles(page)
    assert "training photos" not in text(page)


def test_the_index_is_asked_once_for_a_photo(visit, drawn_run, monkeypatch):
    visit(drawn_run[0].name)
    monkeypatch.setattr(trust.Index, "nearest", None)
    assert len(tiles(visit(drawn_run[0].name))) == 6


# The label strip


def test_a_photo_with_a_label_has_a_switch_that_shows_the_answer_without_it(visit):
    background = load_dataset("drawn").part("test")[0].load()
    photo, _ = labelled(background)
    page = upload(visit(), photo)
    (toggle,) = toggles(page)
    before = page.subheader[0].value
    charts = len(page.get("vega_lite_chart"))
    toggle.set_value(True).run()
    assert "Without the label" in text(page)
    assert page.subheader[0].value == before
    assert len(page.get("vega_lite_chart")) == charts + 1
    alts = [picture.alt for image in page.image for picture in image.proto.imgs]
    assert "it.png without its label" in alts


def test_a_photo_without_a_label_has_no_such_switch(visit):
    assert not toggles(upload(visit(), NOTHING))


def test_hiding_the_label_changes_what_a_network_sees_there_and_nowhere_else():
    background = np.full((900, 1200, 3), 200, np.uint8)
    background[:400] = NOTHING[:1, :1]
    photo, _ = labelled(background)
    small = cache.SmallPhoto.of(photo, "large")
    for one in (small, cache.SmallPhoto.of(labelled(NOTHING // 2 + 120)[0], "small")):
        hidden = one.without_label
        assert hidden.key != one.key
        assert hidden.display.shape == one.display.shape
        for size, square in hidden.squares.by_size.items():
            same = (square == one.squares.by_size[size]).all(axis=-1)
            assert same[: size // 2].all()
            assert same[:, : size // 3].all()
