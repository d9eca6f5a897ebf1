"""Pointing at regions, clicking them, one class alone, and other baselines, in a browser."""

import re

import pytest
from explain_page import (
    CLASS_NAMES,
    PHONE,
    changed_note,
    explain_button,
    explained,
    made_how,
    numbers,
    overlays,
    predicted,
    press,
    regions,
    samples,
    superpixels,
)
from playwright.sync_api import Locator, Page, expect

from insects.wording import singular

pytestmark = pytest.mark.browser

VALUE = re.compile(r"^region \d+: [+−]\d\.\d\d+ ± \d\.\d\d+ (for|against) \w+$")
# A point of the window that lies in a region, and not on its outline.
POINT_INSIDE = """path => {
    const box = path.getBBox(), toWindow = path.getScreenCTM();
    for (let i = 1; i < 40; i++) for (let j = 1; j < 40; j++) {
        const point = new DOMPoint(box.x + box.width * i / 40, box.y + box.height * j / 40);
        if (path.isPointInFill(point) && !path.isPointInStroke(point)) {
            const there = point.matrixTransform(toWindow);
            return [there.x, there.y];
        }
    }
}"""


def point_in(region: Locator) -> list[float]:
    """Return a point in a region, away from the bar at the top of the window."""
    region.evaluate("path => path.scrollIntoView({block: 'center', behavior: 'instant'})")
    return region.evaluate(POINT_INSIDE)


def number_of(region: Locator) -> str:
    return re.match(r"region (\d+)", region.get_attribute("aria-label"))[1]


def outlined_note(page: Page) -> Locator:
    return page.get_by_text("(outlined in yellow)")


def outlined(page: Page, class_name: str, number: str = "") -> Locator:
    """Return what is outlined of a class, or of that the region of a number."""
    path = f'path[stroke="#ffd91a"][aria-label^="region {number}{":" if number else ""}"]'
    return regions(page, class_name).and_(page.locator(path))


def ready(visit, **options) -> Page:
    """Return the page with few, large regions explained by few samples."""
    page = visit(**options)
    explained(page)
    press(superpixels(page), "Home", *["ArrowRight"] * 10)
    press(samples(page), "Home")
    expect(samples(page)).to_have_value("100")
    expect(changed_note(page)).to_be_visible()
    explain_button(page).click()
    explained(page)
    return page


def test_pointing_at_a_region_tells_its_value_and_error(visit):
    page = ready(visit)
    region = regions(page, predicted(page)).last
    page.mouse.move(*point_in(region))
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_be_visible()
    expect(tooltip).to_have_text(VALUE)
    expect(tooltip).to_have_text(region.get_attribute("aria-label"))


def test_a_clicked_region_is_outlined_for_every_class_and_a_second_click_gives_it_up(visit):
    page = ready(visit)
    number = number_of(regions(page, predicted(page)).last)
    page.mouse.click(*point_in(regions(page, predicted(page)).last))
    expect(outlined_note(page)).to_contain_text(f"Region {number} ")
    for name in CLASS_NAMES:
        expect(outlined(page, name)).to_have_attribute(
            "aria-label", re.compile(f"region {number}:")
        )
    page.mouse.click(*point_in(outlined(page, CLASS_NAMES[0])))
    expect(outlined_note(page)).to_have_count(0)
    expect(outlined(page, CLASS_NAMES[0])).to_have_count(0)


def test_another_region_can_be_clicked_in_another_class(visit):
    page = ready(visit)
    one, other = CLASS_NAMES[:2]
    first = number_of(regions(page, one).last)
    page.mouse.click(*point_in(regions(page, one).last))
    expect(outlined(page, other, first)).to_have_count(1)
    second = next(region for region in regions(page, other).all() if number_of(region) != first)
    number = number_of(second)
    page.mouse.click(*point_in(second))
    expect(outlined(page, one, number)).to_have_count(1)
    expect(outlined(page, one)).to_have_count(1)
    expect(outlined_note(page)).to_contain_text(f"Region {number} ")


def test_the_method_can_be_switched_and_regions_then_tell_no_error(visit):
    page = visit()
    explained(page)
    page.get_by_role("button", name="As in article 2").click()
    expect(page.get_by_text("zhang, kernel, ")).to_be_visible()
    explained(page)
    expect(page.get_by_text("This method has no error bars.")).to_have_count(3)
    page.mouse.move(*point_in(regions(page, predicted(page)).last))
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip).to_have_text(re.compile(r"^region \d+: [+−]\d+\.\d\d+ (for|against) \w+$"))


def test_automatic_samples_stop_before_the_most_that_are_allowed(visit):
    page = visit()
    explained(page)
    press(superpixels(page), "Home", *["ArrowRight"] * 20)
    press(samples(page), "End")
    page.get_by_text("samples: automatic").click()
    expect(changed_note(page)).to_be_visible()
    explain_button(page).click()
    explained(page)
    found = numbers(page)
    assert found["nsamples"] < found["settings"]["nsamples"] == 5000
    assert found["standard_errors"][0][0] > 0  # not all coalitions, which is exact
    expect(page.get_by_text("of at most 5,000 samples were enough.")).to_be_visible()


def test_a_class_that_is_clicked_is_shown_alone_and_larger(visit):
    page = ready(visit)
    name = predicted(page)
    small = overlays(page).first.bounding_box()
    page.get_by_role("radio", name=singular(name), exact=True).click()
    expect(overlays(page)).to_have_count(1)
    expect(overlays(page)).to_have_attribute("aria-label", re.compile(f"against {name}:"))
    large = overlays(page).bounding_box()
    assert large["width"] > 1.8 * small["width"]
    proportions = [box["height"] / box["width"] for box in (small, large)]
    assert proportions[0] == pytest.approx(proportions[1], rel=0.05)


def test_the_table_tells_every_region_of_the_overlay_in_figures(visit):
    page = ready(visit)
    page.get_by_text("All regions for and against").click()
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows).to_have_count(numbers(page)["n_superpixels"])
    expect(rows.first).to_contain_text(re.compile(r"[+−]\d\.\d\d+\s±\s\d\.\d\d"))


def test_other_baselines_are_compared_side_by_side_without_touching_the_answer(visit):
    page = ready(visit)
    how = made_how(page).inner_text()
    page.get_by_text("What if the hidden parts looked different?").click()
    page.get_by_role("button", name="Explain under each").click()
    expect(page.get_by_text(re.compile(r"depends on what you hide (it|them) with"))).to_be_visible()
    charts = page.locator('[role="graphics-document"][aria-label^="Hidden parts "]')
    expect(charts).to_have_count(4)
    boxes = [chart.bounding_box() for chart in charts.all()]
    assert max(box["width"] for box in boxes) < 1.1 * min(box["width"] for box in boxes)
    assert len(charts.first.locator('path[aria-label^="region "]').all()) > 1
    expect(made_how(page)).to_have_text(how)


def test_on_a_phone_a_tap_selects_a_region_and_nothing_is_wider_than_the_window(visit):
    page = ready(visit, **PHONE)
    page.touchscreen.tap(*point_in(regions(page, predicted(page)).last))
    expect(outlined_note(page)).to_be_visible()
    assert page.locator("[data-testid=stMain]").evaluate("e => e.scrollWidth") <= 390
    for overlay in overlays(page).all():
        box = overlay.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_blurred_photos_are_blurred_below_their_regions_too(visit):
    page = ready(visit)
    page.mouse.move(0, 0)
    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_text("Blur photos of insects").click()
    chart = overlays(page).first.locator("svg")
    expect(chart).to_have_css("filter", "blur(14px)")
    page.mouse.move(*point_in(regions(page, predicted(page)).last))
    expect(chart).to_have_css("filter", "none")
