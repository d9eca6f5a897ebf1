"""What a visitor sees of how far an answer can be trusted."""

import re
from pathlib import Path

import numpy as np
import pytest
from explain_page import PHONE, bars, explained, numbers, upload
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from insects.datasets.published import SOURCE

pytestmark = pytest.mark.browser


def warning(page: Page) -> Locator:
    return page.get_by_role("alert").get_by_text("The network knows nothing but")


def tiles(page: Page) -> Locator:
    return page.locator(".st-key-similar-tiles .tile")


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=3)


@pytest.fixture
def noise(tmp_path) -> Path:
    """A picture of nothing."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_a_picture_of_no_insect_is_warned_of_above_the_bars_and_in_the_numbers(
    visit, noise, options
):
    page = visit(**options)
    explained(page)
    expect(page.get_by_text("familiar: it looks like photos of")).to_be_visible()
    upload(page, noise)
    expect(warning(page)).to_be_visible()
    expect(page.get_by_text("familiar: it looks like")).to_have_count(0)
    expect(bars(page)).to_be_visible()
    assert warning(page).bounding_box()["y"] < bars(page).bounding_box()["y"]
    assert page.locator("html").evaluate("e => e.scrollWidth") <= page.viewport_size["width"]
    page.get_by_role("button", name="Explain this photo").click()
    explained(page)
    expect(warning(page)).to_be_visible()
    found = numbers(page)
    assert found["is_familiar"] is False
    assert found["familiarity"] < 0


def test_a_sample_is_shown_with_six_training_photos_like_it_and_their_credits(visit):
    page = visit()
    explained(page)
    expect(tiles(page)).to_have_count(6)
    links = page.locator(".st-key-similar-tiles a")
    expect(links).to_have_count(6)
    for link in links.all():
        assert link.get_attribute("href").startswith(SOURCE.format(""))
    said = heading(page).inner_text().split(",")[0]
    expect(tiles(page).filter(has_text=said)).not_to_have_count(0)
    page.get_by_text("Most like it, of another class").click()
    expect(tiles(page).filter(has_text=said)).to_have_count(0)
    expect(tiles(page)).to_have_count(6)


def test_a_similar_photo_is_opened_large_and_can_be_explained_in_turn(visit, real_photos):
    page = visit()
    explained(page)
    name = tiles(page).first.locator("img").get_attribute("alt").split(", ")[1]
    tiles(page).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    dialog.get_by_role("button", name="Explain this photo").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(f"{name}:")).to_be_visible()
    expect(page.get_by_text("This very photo was in training")).to_be_visible()
    expect(tiles(page).first).to_have_text("this very photo")


def test_similar_photos_are_blurred_where_somebody_wants_that(visit, real_photos):
    page = visit()
    explained(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_text("Blur photos of insects").click()
    picture = tiles(page).last.locator("img")
    expect(picture).to_have_css("filter", re.compile("blur"))


def test_hiding_the_label_shows_the_answer_without_it_beside_the_one_before(visit, real_photos):
    page = visit()
    explained(page)
    before = heading(page).inner_text()
    expect(bars(page)).to_have_count(1)
    page.get_by_text("Hide the label strip").click()
    expect(page.get_by_text(re.compile("^Without the label"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("without its label"))).to_be_visible()
    expect(bars(page)).to_have_count(2)
    expect(heading(page)).to_have_text(before)
    page.get_by_text("Hide the label strip").click()
    expect(bars(page)).to_have_count(1)
