"""What a visitor does on the Dataset and About pages."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from insects.datasets import load_dataset

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


# What is on the page


def tiles(page: Page) -> Locator:
    """The photos of the gallery."""
    return page.locator(".st-key-photos li button")


def large(page: Page) -> Locator:
    return page.get_by_role("dialog")


def whole_report(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"^The whole health report"))


def counted(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"^Photos [\d,]+ to [\d,]+ of [\d,]+$"))


# What a visitor does


def open_dataset(page: Page) -> Page:
    page.get_by_role("link", name="Dataset").click()
    expect(tiles(page).first).to_be_visible()
    return page


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=re.compile(option)).click()


def zip_of(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "garden.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def own_zip(tmp_path):
    """A zip of two classes of drawn insects, six photos each."""
    files = {}
    for label, name in {"beetles": "round ones", "dragonflies": "long ones"}.items():
        photos = [p for p in load_dataset("drawn", seed=7).photos if p.label == label][:6]
        for photo in photos:
            buffer = io.BytesIO()
            Image.fromarray(photo.load()).save(buffer, "JPEG")
            files[f"{name}/{photo.name}.jpg"] = buffer.getvalue()
    return zip_of(tmp_path, files)


# Tests


def test_the_gallery_shows_60_photos_and_pages_to_the_next(visit):
    page = open_dataset(visit())
    expect(tiles(page)).to_have_count(60)
    first = tiles(page).first.inner_text()
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(counted(page)).to_contain_text("Photos 61 to 120")
    expect(tiles(page).first).not_to_have_text(first)
    expect(tiles(page)).to_have_count(60)


def test_a_class_a_part_and_a_number_choose_among_the_photos(visit, dataset):
    page = open_dataset(visit())
    expect(whole_report(page)).to_be_visible()
    photo = [p for p in dataset.part("test") if p.label == "cockroach"][4]
    page.get_by_role("button", name="cockroach", exact=True).click()
    page.get_by_role("radio", name="test").click()
    page.get_by_label("Number or name").fill(photo.name)
    page.get_by_label("Number or name").press("Enter")
    expect(tiles(page)).to_have_count(1)
    expect(tiles(page)).to_have_text(photo.name)


def test_a_photo_opens_large_with_its_size_and_what_the_network_says_and_can_be_explained(visit):
    page = open_dataset(visit())
    expect(whole_report(page)).to_be_visible()
    name = tiles(page).nth(3).inner_text()
    tiles(page).nth(3).click()
    expect(large(page)).to_contain_text(name)
    expect(large(page)).to_contain_text(re.compile(r"\d+ × \d+ pixels"))
    expect(large(page).get_by_role("heading", level=3)).to_contain_text(
        re.compile("%|none of the three")
    )
    large(page).get_by_role("button", name="Next").click()
    expect(large(page)).not_to_contain_text(name)
    large(page).get_by_role("button", name="Explain this photo").click()
    expect(page.get_by_role("img", name=re.compile("^What speaks for and against"))).to_have_count(
        3
    )


def test_the_health_report_says_first_what_is_serious_and_shows_the_photos(visit, real_photos):
    page = open_dataset(visit())
    alert = page.get_by_role("alert").filter(has_text="All 180 test photos")
    expect(alert).to_contain_text("memory")
    whole_report(page).click()
    page.get_by_text("Show the photos").first.click()
    pairs = page.locator(".st-key-found-0 li")
    expect(pairs).to_have_count(12)
    expect(pairs.first.get_by_role("button")).to_have_count(2)


def test_when_the_report_is_there_the_photos_can_be_split_by_series(visit):
    page = open_dataset(visit())
    expect(whole_report(page)).to_be_visible()
    page.get_by_role("radio", name="by series").click()
    expect(page.get_by_text("no test photo has a sibling")).to_be_visible()
    expect(tiles(page)).to_have_count(60)


def test_photos_are_blurred_until_pointed_at_where_a_visitor_wants_it(visit):
    page = visit()
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_text("Blur photos of insects").click()
    open_dataset(page)
    picture = tiles(page).nth(5).locator("img")
    expect(picture).to_have_css("filter", re.compile("blur"))
    tiles(page).nth(5).hover()
    expect(picture).to_have_css("filter", "none")
    page.get_by_role("link", name="Explain").click()
    photo = page.get_by_role("img", name=re.compile("cut into"))
    expect(photo).to_have_css("filter", re.compile("blur"))
    photo.hover()
    expect(photo).to_have_css("filter", "none")


def test_a_zip_of_own_photos_becomes_a_dataset_that_a_reload_still_knows(visit, own_zip):
    page = open_dataset(visit())
    page.get_by_text("Use your own photos").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(own_zip)
    expect(tiles(page)).to_have_count(12)
    expect(page.get_by_text("12 photos")).to_be_visible()
    page.reload()
    expect(tiles(page).first).to_be_visible()
    choose(page, "Photos", "garden")
    expect(tiles(page)).to_have_count(12)


def test_own_photos_are_removed_after_a_question_and_the_page_says_so(visit, own_zip):
    page = open_dataset(visit())
    page.get_by_text("Use your own photos").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(own_zip)
    expect(tiles(page)).to_have_count(12)
    remove = page.get_by_role("button", name="Remove these photos")
    for leave in (lambda: large(page).get_by_role("button", name="Keep").click(), escape(page)):
        remove.click()
        expect(large(page)).to_contain_text("cannot be brought back")
        leave()
        expect(large(page)).to_have_count(0)
        expect(tiles(page)).to_have_count(12)
    remove.click()
    large(page).get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_test_id("stToast")).to_contain_text("have been removed")
    expect(large(page)).to_have_count(0)
    expect(tiles(page)).to_have_count(60)
    expect(remove).to_have_count(0)


def escape(page: Page) -> Callable[[], None]:
    return lambda: page.keyboard.press("Escape")


def test_another_visitor_does_not_see_it(visit, own_zip):
    page = open_dataset(visit())
    page.get_by_text("Use your own photos").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(own_zip)
    expect(tiles(page)).to_have_count(12)
    other = open_dataset(visit())
    other.get_by_role("combobox", name=re.compile("Photos")).click()
    expect(other.get_by_role("option", name=re.compile("drawn"))).to_be_visible()
    expect(other.get_by_role("option", name=re.compile("garden"))).to_have_count(0)
    other.keyboard.press("Escape")


def test_a_hostile_zip_is_refused_in_a_sentence(visit, tmp_path):
    page = open_dataset(visit())
    page.get_by_text("Use your own photos").click()
    bad = zip_of(tmp_path, {"../../outside.jpg": b"x", "a/1.jpg": b"x"})
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bad)
    expect(page.get_by_role("alert").filter(has_text="outside")).to_be_visible()
    expect(tiles(page)).to_have_count(60)


def test_on_a_phone_the_page_fits_and_three_photos_stand_side_by_side(visit):
    page = visit("dataset", **PHONE)
    expect(whole_report(page)).to_be_visible()
    expect(tiles(page)).to_have_count(60)
    for element in ("html", "[data-testid=stMain]"):
        assert page.locator(element).evaluate("element => element.scrollWidth") <= 390
    tops = [tiles(page).nth(i).bounding_box()["y"] for i in range(3)]
    assert len(set(tops)) == 1


def test_about_credits_both_articles_and_says_what_is_kept(visit):
    page = visit()
    page.get_by_role("link", name="About").click()
    for words in ("Michael Tang", "Lucas Zhang", "What it keeps", "insectimages.org"):
        expect(page.get_by_text(words).first).to_be_visible()
