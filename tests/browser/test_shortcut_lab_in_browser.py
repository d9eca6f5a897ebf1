"""What a visitor does in the Shortcut lab: compares, swaps the ground, trains both again."""

import re

import pytest
from app_server import running_app
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The app on a host that trains for a few epochs only."""
    with running_app(tmp_path_factory.mktemp("lab"), INSECTS_MAX_EPOCHS="2") as address:
        yield address


def open_lab(page: Page) -> Page:
    page.get_by_role("link", name="Shortcut lab").click()
    expect(page.get_by_text("How good are they?")).to_be_visible()
    return page


def answers(page: Page, words: str) -> Locator:
    return page.get_by_role("heading", name=re.compile(words))


def swap_ground(page: Page, ground: str) -> None:
    page.get_by_role("combobox", name=re.compile("Ground")).click()
    page.get_by_role("option", name=re.compile(ground)).click()


def test_on_swapped_ground_the_first_network_stays_right_and_the_second_goes_with_the_ground(visit):
    page = open_lab(visit())
    expect(answers(page, "beetle,.*right")).to_have_count(2)
    expect(page.get_by_role("img", name=re.compile("What speaks for and against"))).to_have_count(2)
    swap_ground(page, "leaf")
    expect(answers(page, "beetle,.*right")).to_have_count(1)
    expect(answers(page, "dragonfly,.*wrong")).to_have_count(1)


def test_the_lab_has_an_address_of_its_own(visit):
    page = visit("shortcut_lab")
    expect(page.get_by_text("How good are they?")).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_page_and_the_picture_comes_first(visit):
    page = visit("shortcut_lab", viewport={"width": 390, "height": 844})
    expect(answers(page, "beetle,")).to_have_count(2)
    wide = page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth")
    assert wide <= 0
    drawing = page.get_by_role("img", name="A drawing of beetles on paper")
    tops = [one.bounding_box()["y"] for one in (drawing, *answers(page, "beetle,").all())]
    assert tops == sorted(tops)


def test_both_are_trained_again_and_then_explain_the_picture_also_after_a_page_switch(visit):
    page = open_lab(visit())
    page.get_by_role("button", name="Train both again").click()
    expect(page.get_by_role("button", name="Stop both")).to_be_visible()
    expect(page.get_by_text(re.compile(r"epoch \d+ of \d+"))).to_be_visible()
    page.get_by_role("link", name="About").click()
    expect(page.get_by_text("What it keeps")).to_be_visible()
    open_lab(page)
    expect(page.get_by_role("button", name="Stop both")).to_be_visible()
    expect(page.get_by_role("radio", name="that you trained")).to_be_checked()
    expect(answers(page, "right|wrong")).to_have_count(2)
    expect(page.get_by_text("Where the ground says nothing, the second is right")).to_be_visible()
