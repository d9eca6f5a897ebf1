"""What a visitor does on the Explain page, from the first click to the downloaded files."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from explain_page import (
    CLASS_NAMES,
    PHONE,
    bars,
    changed_note,
    download,
    explain_button,
    explained,
    hint,
    made_how,
    numbers,
    outlined_photo,
    overlays,
    predicted,
    press,
    region_words,
    samples,
    stop_button,
    superpixels,
    upload,
)
from PIL import Image
from playwright.sync_api import Page, expect

from insects import load_model, load_photo
from insects.explanation import Settings
from insects.photos import resize
from insects.wording import singular

pytestmark = pytest.mark.browser

MORE_SUPERPIXELS = Settings().n_segments + 5


def probabilities(model, path: Path) -> list[float]:
    return model.predict(load_photo(path)).probabilities.tolist()


def light(colour: str) -> bool:
    """Return whether a CSS colour, such as #eceff2 or rgb(20, 24, 29), is light."""
    if colour.startswith("#"):
        parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    else:
        parts = [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
    return sum(parts) / 3 > 128


def test_a_visitor_uploads_a_photo_moves_both_sliders_explains_and_downloads(
    visit, photo_file, default_model
):
    page, path = visit(), photo_file("beetles")
    explained(page)
    upload(page, path)
    expect(outlined_photo(page, path.name)).to_be_visible()
    expect(hint(page)).to_be_visible()
    press(superpixels(page), *["ArrowRight"] * 5)
    press(samples(page), "Home", "ArrowRight")
    expect(superpixels(page)).to_have_value(str(MORE_SUPERPIXELS))
    expect(samples(page)).to_have_value("150")
    explain_button(page).click()
    explained(page)
    expect(bars(page)).to_be_visible()
    expect(overlays(page)).to_have_count(3)

    picture = download(page, "Figure (PNG)")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert min(Image.open(io.BytesIO(picture)).size) > 500

    found = numbers(page)
    assert (found["settings"]["n_segments"], found["settings"]["nsamples"]) == (
        MORE_SUPERPIXELS,
        150,
    )
    shap_values = np.array(found["shap_values"])
    assert shap_values.shape == (found["n_superpixels"], 3)
    assert np.unique(found["segments"]).tolist() == list(range(found["n_superpixels"]))
    expect(made_how(page)).to_contain_text(f"{found['n_superpixels']} superpixels")
    expect(outlined_photo(page)).to_have_attribute(
        "alt", f"{path.name}, cut into {found['n_superpixels']} superpixels"
    )
    total = np.array(found["base_values"]) + shap_values.sum(axis=0)
    assert np.allclose(total, found["probabilities"], atol=1e-4)
    assert np.allclose(found["probabilities"], probabilities(default_model, path), atol=1e-4)


def test_the_superpixel_slider_cuts_the_photo_anew_and_starts_no_explanation(visit):
    page = visit()
    explained(page)
    outlines = outlined_photo(page).get_attribute("src")
    drawn = [region_words(page, name) for name in CLASS_NAMES]
    how = made_how(page).inner_text()
    press(superpixels(page), *["PageUp"] * 3)
    expect(outlined_photo(page)).not_to_have_attribute("src", outlines)
    expect(changed_note(page)).to_be_visible()
    expect(stop_button(page)).to_have_count(0)
    expect(made_how(page)).to_have_text(how)
    assert [region_words(page, name) for name in CLASS_NAMES] == drawn


def test_a_file_that_is_no_photo_is_refused_in_a_sentence_and_the_answer_stays(visit, tmp_path):
    page = visit()
    explained(page)
    answer = page.get_by_role("heading", level=3).inner_text()
    how = made_how(page).inner_text()
    bad = tmp_path / "bug.jpg"
    bad.write_text("Dear reader, this is no photo at all.")
    upload(page, bad)
    expect(page.get_by_role("alert")).to_have_text(
        re.compile(r"This file is not a photo that can be read\. Please use [^.]+\.$")
    )
    expect(page.get_by_role("heading", level=3)).to_have_text(answer)
    expect(made_how(page)).to_have_text(how)
    expect(overlays(page)).to_have_count(3)
    expect(outlined_photo(page, "sample photo")).to_be_visible()


def test_stop_keeps_what_was_found_so_far(visit, photo_file):
    page = visit()
    explained(page)
    upload(page, photo_file("cockroach"))
    expect(hint(page)).to_be_visible()
    press(samples(page), "End")
    expect(samples(page)).to_have_value("5000")
    explain_button(page).click()
    expect(overlays(page)).to_have_count(3)  # of the first estimates
    stop_button(page).click()
    note = page.get_by_text("Stopped after")
    expect(note).to_be_visible()
    explained(page)
    expect(overlays(page)).to_have_count(3)
    found = numbers(page)
    assert found["nsamples"] < 5000
    expect(note).to_contain_text(f"Stopped after {found['nsamples']} samples")


def test_a_sample_photo_gives_a_new_answer_and_when_asked_its_explanation(visit):
    page = visit()
    explained(page)
    first = predicted(page)
    other = next(name for name in CLASS_NAMES if name != first)
    page.get_by_role("button", name=singular(other), exact=True).first.click()
    expect(page.get_by_role("heading", level=3)).to_contain_text(singular(other))
    expect(hint(page)).to_be_visible()
    expect(overlays(page)).to_have_count(0)
    press(samples(page), "Home")
    explain_button(page).click()
    explained(page)
    expect(overlays(page)).to_have_count(3)
    expect(overlays(page).first).to_have_attribute("aria-label", re.compile(f"against {other}:"))


def test_two_visitors_at_once_see_each_their_own_photo(visit, photo_file, default_model):
    paths = [photo_file("dragonflies"), photo_file("cockroach")]
    pages = [visit() for _ in paths]
    for page, path in zip(pages, paths, strict=True):
        explained(page)
        upload(page, path)
        expect(outlined_photo(page, path.name)).to_be_visible()
        expect(hint(page)).to_be_visible()
        press(samples(page), "Home")
        expect(samples(page)).to_have_value("100")
    for page in pages:
        explain_button(page).click()
    for page, path in zip(pages, paths, strict=True):
        explained(page)
        expect(outlined_photo(page, path.name)).to_be_visible()
        expected = probabilities(default_model, path)
        assert np.allclose(numbers(page)["probabilities"], expected, atol=1e-4)


def test_on_a_phone_photo_answer_overlays_and_settings_follow_each_other_and_fit(visit):
    page = visit(**PHONE)
    explained(page)
    expect(overlays(page)).to_have_count(3)
    for element in ("html", "[data-testid=stMain]"):
        assert page.locator(element).evaluate("element => element.scrollWidth") <= 390
    parts = [
        outlined_photo(page),
        page.get_by_role("heading", level=3),
        *overlays(page).all(),
        superpixels(page),
        explain_button(page),
    ]
    boxes = [part.bounding_box() for part in parts]
    tops = [box["y"] for box in boxes]
    assert tops == sorted(tops)
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert all(box["width"] > 300 for box in (boxes[0], *boxes[2:5]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_stand_out_from_the_ground_in_both_colour_schemes(visit, scheme):
    page = visit(color_scheme=scheme)
    explained(page)
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert light(ground) == (scheme == "light")
    heading = page.get_by_role("heading", level=3)
    assert light(heading.evaluate("e => getComputedStyle(e).color")) != light(ground)
    beside_bars = bars(page).locator("text")
    expect(beside_bars).to_have_count(6)  # three names, three figures
    strongest = page.locator('[aria-label^="The strongest regions"]').locator("text")
    expect(strongest.first).to_be_visible()
    in_chart = beside_bars.or_(strongest)
    for text in in_chart.all():
        assert light(text.get_attribute("fill")) != light(ground), text.inner_text()


def test_a_photo_from_the_camera_is_predicted_and_explained(visit):
    page = visit()
    explained(page)
    page.get_by_role("radio", name="Camera").click()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    page.get_by_role("button", name="Take Photo").click()
    expect(hint(page)).to_be_visible()
    expect(outlined_photo(page, "sample photo")).to_have_count(0)
    press(samples(page), "Home")
    explain_button(page).click()
    explained(page)
    expect(overlays(page)).to_have_count(3)


def test_as_in_article_2_is_explained_with_what_that_article_used(visit):
    page = visit()
    explained(page)
    page.get_by_role("button", name="As in article 2").click()
    expect(superpixels(page)).to_have_value("100")
    expect(samples(page)).to_have_value("300")
    expect(page.get_by_text("zhang, kernel, ")).to_be_visible()
    explained(page)
    settings = numbers(page)["settings"]
    asked = {name: settings[name] for name in ("method", "baseline", "output", "nsamples")}
    assert asked == {"method": "kernel", "baseline": "white", "output": "logit", "nsamples": 300}


def test_as_in_article_1_explains_each_pixel_and_so_for_the_other_network(visit, photo_file):
    page, path = visit(), photo_file("dragonflies")
    upload(page, path)
    expect(outlined_photo(page, path.name)).to_be_visible()
    page.get_by_role("button", name="As in article 1").click()
    explained_by_pixel(page, path, "tang")
    choose(page, "Network", "Zhang's network")
    expect(hint(page)).to_be_visible()
    explain_button(page).click()
    explained_by_pixel(page, path, "zhang")


def explained_by_pixel(page: Page, path: Path, network: str) -> None:
    """Wait for a finished explanation by pixel; its values must sum to the network's logits."""
    how = page.get_by_text(re.compile(f"{network}, deep, .* background: 61 "))
    expect(how).to_be_visible()  # TensorFlow starts, niced, in between
    expect(stop_button(page)).to_have_count(0)
    explained(page)
    expect(overlays(page)).to_have_count(3)
    assert download(page, "Figure (PNG)").startswith(b"\x89PNG")
    found, model = numbers(page), load_model(network)
    assert (found["model"], found["n_superpixels"]) == (network, model.image_size**2)
    total = np.array(found["base_values"]) + np.sum(found["shap_values"], axis=0)
    logits = model.logits(resize(load_photo(path), model.image_size)[None])[0]
    assert np.abs(total - logits).max() < 1e-3


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
