"""The Explain page in the words of its tests: what is on it, and what a visitor does there."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from insects.wording import singular

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


# What is on the page


def superpixels(page: Page) -> Locator:
    return page.get_by_role("slider", name="superpixels (SLIC)")


def samples(page: Page) -> Locator:
    return page.get_by_role("slider", name="samples (nsamples)")


def explain_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Explain", exact=True)


def stop_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Stop")


def outlined_photo(page: Page, name: str = "") -> Locator:
    return page.get_by_role("img", name=re.compile(re.escape(name) + ".*, cut into"))


def predicted(page: Page) -> str:
    """Return the class that the answer in large letters names."""
    said = page.get_by_role("heading", level=3).inner_text().split(",")[0]
    return next(name for name in CLASS_NAMES if singular(name) == said)


def bars(page: Page) -> Locator:
    """Return the charts of probabilities: one, and a second without the label."""
    return page.locator('[role="graphics-document"][aria-label^="Probabilities"]')


def overlays(page: Page) -> Locator:
    """Return the overlays: charts; pictures while an explanation runs or by pixel."""
    words = 'What speaks for and against "]'
    return page.locator(f'img[alt^="{words}, [role="graphics-document"][aria-label^="{words}')


def regions(page: Page, class_name: str) -> Locator:
    """Return the regions of a class's overlay that can be pointed at, the strongest last."""
    words = f"What speaks for and against {class_name}:"
    chart = page.locator(f'[role="graphics-document"][aria-label^="{words}"]')
    return chart.locator('path[aria-label^="region "]')


def region_words(page: Page, class_name: str) -> list[str]:
    """Return what each region of a class says; the picture below them is not looked at."""
    expect(regions(page, class_name)).not_to_have_count(0)  # charts are drawn a little later
    return [one.get_attribute("aria-label") for one in regions(page, class_name).all()]


def changed_note(page: Page) -> Locator:
    return page.get_by_text("The settings have changed")


def hint(page: Page) -> Locator:
    return page.get_by_text("to see which parts of this photo say so")


def made_how(page: Page) -> Locator:
    return page.get_by_text(re.compile(r"hidden parts: \w+, seed"))


# What a visitor does


def upload(page: Page, path: Path) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)


def explained(page: Page) -> None:
    """Wait until the explanation on show is finished and is the one asked for."""
    expect(hint(page)).to_have_count(0)
    expect(changed_note(page)).to_have_count(0)
    expect(stop_button(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Figure (PNG)")).to_be_visible()


def press(slider: Locator, *keys: str) -> None:
    slider.focus()
    for key in keys:
        slider.press(key)


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    return Path(waiting.value.path()).read_bytes()


def numbers(page: Page) -> dict:
    return json.loads(download(page, "Numbers (JSON)"))
