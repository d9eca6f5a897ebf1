"""The Dataset page, without a browser: what each choice leads to."""

import json
import re
import secrets
import shutil
from dataclasses import replace
from functools import partial

import pytest
from made_runs import DRAWN, made_run
from opening import PATIENCE, text, until
from PIL import Image
from streamlit.testing.v1 import AppTest

from insects.datasets import load_dataset, uploads
from insects.datasets.health import Report
from insects.ui import datasets
from insects.ui.workers import Worker
from insects.wording import headline


@pytest.fixture(scope="module", autouse=True)
def examined_once(own_cache_folder):
    """Make the report on the drawn insects, which takes a while, once for all tests."""
    drawn = load_dataset("drawn")
    worker = datasets.report(drawn)
    if isinstance(worker, Worker):
        assert worker.ended.wait(PATIENCE)
    assert isinstance(datasets.report(drawn), Report)
    return own_cache_folder / "health"


@pytest.fixture(autouse=True)
def new_server(monkeypatch):
    """Start each test with a server that nobody has visited, and without the published photos."""
    monkeypatch.delenv("INSECTS_PHOTOS", raising=False)
    for kept in (datasets.workers, datasets.unpacker, datasets.fetcher, datasets._dataset):
        kept.clear()


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page with these values in the session."""
    return partial(open_page, "dataset")


def examined(page: AppTest) -> AppTest:
    return until(page, lambda page: page.expander and "health report" in labels(page))


def labels(page: AppTest) -> str:
    return " ".join(expander.label for expander in page.expander)


def gallery(page: AppTest) -> list[str]:
    """Return the captions of the photos on show."""
    found = [element for element in page.get("bidi_component") if "photos" in element.proto.id]
    groups = json.loads(found[-1].proto.json)["groups"]
    return [tile["caption"] for group in groups for tile in group]


def shown(page: AppTest) -> tuple[int, int, int]:
    """Return the places of the first and last photo on show, and of how many."""
    found = re.search(r"Photos ([\d,]+) to ([\d,]+) of ([\d,]+)", text(page))
    return tuple(int(number.replace(",", "")) for number in found.groups())


def choose(page: AppTest, key: str, value) -> AppTest:
    widgets = [*page.get("button_group"), *page.text_input, *page.selectbox]
    return next(w for w in widgets if w.key and w.key.startswith(key)).set_value(value).run()


def test_the_first_view_shows_60_photos_and_how_many_there_are_of_each_class(visit):
    page = visit()
    assert shown(page) == (1, 60, 450)
    assert len(gallery(page)) == 60
    (chart,) = page.get("vega_lite_chart")
    assert "train: beetles 120, cockroach 120, dragonflies 120" in chart.proto.alt
    assert "test: beetles 30, cockroach 30, dragonflies 30" in chart.proto.alt


def test_photos_are_chosen_by_class_part_and_number(visit):
    page = visit()
    choose(page, "labels", ["cockroach"])
    assert shown(page)[2] == 150
    choose(page, "part", "test")
    assert shown(page)[2] == 30
    choose(page, "wanted", "0011")
    assert gallery(page) == ["cockroach-0011"]


def test_where_no_photo_fits_the_page_says_what_to_change(visit):
    page = choose(visit(), "wanted", "no such photo")
    assert "No photo fits" in text(page)


def test_another_choice_begins_at_the_first_page(visit):
    page = visit()
    page.session_state.gallery_page = 3
    page.run()
    assert shown(page)[0] == 121
    choose(page, "labels", ["beetles"])
    assert shown(page)[0] == 1


def test_the_report_is_made_by_itself_and_then_read_from_the_disk(visit, examined_once):
    for made in examined_once.iterdir():
        made.unlink()
    page = visit()
    assert "Can these photos be trusted?" in text(page)
    examined(page)
    datasets.workers.clear()
    again = visit()
    assert "health report" in labels(again)
    assert datasets.workers().find(datasets._health_key(load_dataset("drawn"))) is None
    assert labels(again) == labels(page)


def test_by_series_can_be_chosen_once_the_report_is_made(visit):
    page = examined(visit())
    page.run()
    choose(page, "split", "by_series")
    assert "no test photo has a sibling" in text(page)
    assert shown(page)[2] == 450


def test_a_photo_that_was_opened_is_shown_with_size_prediction_and_the_way_on(visit, default_model):
    photos = load_dataset("drawn").photos
    page = visit(opened=(photos, 4))
    assert "beetles-0004" in text(page)
    assert "256 × 256 pixels" in text(page)
    assert page.subheader[0].value == headline(default_model.predict(photos[4].load()))
    next(b for b in page.button if b.label == "Next").click().run()
    assert "beetles-0005" in text(page)


def test_a_photo_that_the_network_was_trained_on_is_called_memory(visit, real_photos, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS", str(real_photos))
    dataset = load_dataset("published")
    leaked = {photo.content_hash for photo in dataset.part("test")}
    seen = next(p for p in dataset.part("train") if p.content_hash not in leaked)
    assert "may be memory" in text(visit(opened=((seen,), 0)))
    assert "may be memory" not in text(visit(opened=(dataset.part("test"), 0)))


def test_without_the_published_photos_they_can_be_fetched(visit):
    page = choose(visit(), "dataset", "published")
    assert "can be fetched" in text(page)
    assert [b.label for b in page.button] == ["Fetch the photos"]


def test_a_fetch_that_fails_says_why_and_can_be_tried_again(visit, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS_URL", "http://127.0.0.1:1/photos.zip")
    page = choose(visit(), "dataset", "published")
    page.button[0].click().run()
    until(page, lambda page: page.error)
    assert page.error[0].value.startswith("The photos could not be fetched")
    assert [b.label for b in page.button] == ["Fetch the photos"]


@pytest.fixture
def own_dataset():
    """A dataset that a visitor has unpacked, and the visitor's token."""
    token = secrets.token_hex(16)
    path = uploads.new_dataset_path(token, "garden")
    for label in ("ants", "bees"):
        for number, photo in enumerate(load_dataset("drawn", seed=9).photos[:4]):
            (path / label).mkdir(parents=True, exist_ok=True)
            pixels = Image.fromarray(photo.load()).rotate(90 * (label == "bees"))
            pixels.save(path / label / f"{number}.jpg")
    (path / uploads.LEFT_OUT).write_text("[]")
    return path, token


def removing(page: AppTest) -> AppTest:
    """Press the button that asks whether to remove the photos on show."""
    return next(b for b in page.button if b.label == "Remove these photos").click().run()


def test_ones_own_photos_can_be_chosen_and_kept_when_the_page_asks(visit, own_dataset):
    path, token = own_dataset
    page = removing(choose(visit(visitor=token), "dataset", str(path)))
    assert shown(page)[2] == 8
    assert "Your photos **garden** cannot be brought back." in text(page)
    page.button(key="keep-it").click().run()
    assert path.is_dir()
    assert shown(page)[2] == 8
    assert "cannot be brought back" not in text(page)


def test_ones_own_photos_are_removed_at_a_yes_and_the_page_says_what_is_gone(visit, own_dataset):
    path, token = own_dataset
    page = removing(choose(visit(visitor=token), "dataset", str(path)))
    page.button(key="do-it").click().run()
    assert not path.exists()
    assert [toast.value for toast in page.toast] == [
        "Your photos **garden** have been removed. They are gone from this server."
    ]
    assert "not on this server any more" not in text(page)
    assert shown(page)[2] == 450


def test_photos_that_went_by_themselves_are_missed_with_why(visit, own_dataset):
    path, token = own_dataset
    page = choose(visit(visitor=token), "dataset", str(path))
    shutil.rmtree(path)
    assert "not on this server any more. They are kept for a day" in text(page.run())
    assert shown(page)[2] == 450


def test_photos_that_a_training_needs_stay_and_the_question_says_why(
    visit, own_dataset, own_runs_folder
):
    path, token = own_dataset
    made_run(own_runs_folder, state="queued", settings=replace(DRAWN, dataset=str(path)))
    page = removing(choose(visit(visitor=token), "dataset", str(path)))
    page.button(key="do-it").click().run()
    assert [error.value for error in page.error] == [
        "A training on these photos goes on or waits; stop it first."
    ]
    assert path.is_dir()
    assert not page.toast


def test_a_zip_that_is_unpacked_while_the_page_is_drawn_is_chosen(visit, own_dataset, monkeypatch):
    path, token = own_dataset

    class Ending:
        """A worker that ends as soon as somebody has seen it going on."""

        state, error, arguments = "done", "", (str(path),)
        seen = False

        def __init__(self):
            self.result = {"sentence": "8 photos of 2 classes.", "left_out": []}

        @property
        def is_going_on(self):
            before, self.seen = self.seen, True
            return not before

    worker = Ending()
    monkeypatch.setattr(datasets, "unpacking", lambda target: worker if target else None)
    page = visit(visitor=token, zip_target="it")
    assert not page.exception
    assert page.session_state.dataset == str(path)
    assert shown(page)[2] == 8


def test_nobody_else_can_choose_them(visit, own_dataset):
    path, _ = own_dataset
    page = visit(visitor=secrets.token_hex(16), dataset=str(path))
    assert shown(page)[2] == 450


def test_a_photo_of_an_unknown_class_comes_with_what_the_network_knows(visit, own_dataset):
    path, token = own_dataset
    photos = load_dataset(path).photos
    page = visit(visitor=token, opened=(photos, 0), page="dataset")
    assert "knows beetles, cockroach, dragonflies alone" in text(page)


def test_two_datasets_of_one_name_can_be_told_apart(own_dataset, monkeypatch):
    path, token = own_dataset
    other = path.with_name("garden-abcdef")
    shutil.copytree(path, other)
    monkeypatch.setattr(datasets.visitor, "known_token", lambda: token)
    titles = datasets.choices()
    assert sorted([titles[str(path)], titles[str(other)]]) == ["garden", "garden (2)"]
