"""What a visitor does on the Train page: starts, watches, leaves, comes back, stops, continues."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNTIL_STOPPED = 60  # epochs; more than pass while a test looks on


# What is on the page


def words_of_curves(page: Page) -> Locator:
    """The words in the place of the accuracy's chart; they tell its latest points."""
    return page.get_by_label(re.compile(r", accuracy: [\d.]+ on training photos after \d+ steps"))


def steps(page: Page) -> int:
    words = words_of_curves(page).first.get_attribute("aria-label")
    return int(re.search(r"after (\d+) steps", words).group(1))


def drawn_length(page: Page) -> int:
    """Return how long the paths of all lines in the charts are, in letters of SVG."""
    paths = page.get_by_test_id("stVegaLiteChart").locator("path[d]")
    return paths.evaluate_all("all => all.reduce((sum, p) => sum + p.getAttribute('d').length, 0)")


def state(page: Page, words: str) -> Locator:
    return page.locator(".st-key-state").get_by_text(re.compile(words))


# What a visitor does


def open_train(page: Page) -> Page:
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    return page


def choose(page: Page, network: str, epochs: int | None = None, photos: str | None = None) -> None:
    if photos:
        page.get_by_role("combobox", name=re.compile("Photos")).click()
        page.get_by_role("option", name=re.compile(photos)).click()
    page.get_by_text(network, exact=True).first.click()
    expect(page.get_by_text(re.compile(f"^The layers of {re.escape(network)}"))).to_be_visible()
    if epochs:
        slider = page.get_by_role("slider", name="Epochs")
        slider.focus()
        slider.press("Home")
        for _ in range(epochs - 1):
            slider.press("ArrowRight")
        expect(slider).to_have_value(str(epochs))


def start(page: Page) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    expect(state(page, "(waiting|training)")).to_be_visible()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(state(page, "stopped")).to_be_visible()


# Tests


@pytest.mark.parametrize(
    ("network", "epochs"),
    [("EfficientNet-Lite0", None), ("Zhang's network", 1), ("Tang's network", 1)],
    ids=["efficientnet_lite0", "zhang", "tang"],
)
def test_a_network_is_trained_from_the_page_and_its_curves_grow(visit, network, epochs):
    page = open_train(visit())
    choose(page, network, epochs)
    start(page)
    expect(words_of_curves(page).first).to_be_visible()
    first, drawn = steps(page), drawn_length(page)
    expect(state(page, "finished")).to_be_visible()
    assert steps(page) > first
    assert drawn_length(page) > drawn
    expect(page.get_by_text("How good it is")).to_be_visible()
    expect(page.get_by_text("Is it right as often as it says?")).to_be_visible()


def test_a_page_switch_a_reload_and_another_visitor_show_the_same_run(visit):
    page = open_train(visit())
    choose(page, "Tang's network", UNTIL_STOPPED, photos="drawn")
    start(page)
    page.get_by_role("link", name="About").click()
    expect(page.get_by_text("What it keeps")).to_be_visible()
    open_train(page)
    expect(words_of_curves(page).first).to_be_visible()
    page.reload()
    expect(words_of_curves(page).first).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    other = open_train(visit())
    expect(words_of_curves(other).first).to_be_visible()
    expect(other.get_by_role("button", name="Stop")).to_have_count(0)
    stop(page)


def test_a_stopped_run_goes_on_from_the_epoch_where_it_was(visit):
    page = open_train(visit())
    choose(page, "Tang's network", UNTIL_STOPPED, photos="drawn")
    start(page)
    expect(page.get_by_text(re.compile(r"epoch (?!1 )\d+ of"))).to_be_visible()
    stop(page)
    before = steps(page)
    page.get_by_role("button", name="Resume").click()
    expect(state(page, "training")).to_be_visible()
    # At most the running epoch is lost, and one was complete.
    assert steps(page) > before / 2
    stop(page)


def test_two_visitors_start_at_once_one_waits_and_both_finish(visit):
    pages = [open_train(visit()) for _ in range(2)]
    # The first trains for long enough that the second comes while it does.
    for page, epochs in zip(pages, (5, 1), strict=True):
        choose(page, "Tang's network", epochs, photos="drawn")
    for page in pages:
        start(page)
    expect(pages[1].get_by_text(re.compile("Waiting for 1 training"))).to_be_visible()
    for page in pages:
        expect(state(page, "finished")).to_be_visible()


def test_a_leaky_split_carries_its_warning(visit, real_photos):
    page = open_train(visit())
    choose(page, "EfficientNet-Lite0")
    page.get_by_role("radio", name="published").click()
    expect(page.get_by_text("the authors' own train and test photos")).to_be_visible()
    start(page)
    warning = page.get_by_text("180 of the 180 test photos are also training photos")
    expect(warning).to_be_visible()
    expect(state(page, "finished")).to_be_visible()
    expect(warning).to_be_visible()


def test_a_finished_run_explains_without_a_restart(visit):
    page = open_train(visit())
    choose(page, "EfficientNet-Lite0", photos="drawn")
    start(page)
    expect(state(page, "finished")).to_be_visible()
    page.get_by_role("button", name="Explain with it").click()
    expect(page.get_by_role("img", name=re.compile("cut into"))).to_be_visible()
    expect(page.get_by_role("combobox", name="Network")).to_have_value(
        re.compile("^EfficientNet-Lite0: efficientnet_lite0-drawn")
    )
