"""The page, the library and the command line say the same of a photo, to the last digit."""

import io
import json
from dataclasses import replace
from functools import cache as once

import numpy as np
import pytest
from made_photos import labelled
from opening import until
from PIL import ExifTags, Image
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df

from insects import explain, load_model, load_photo
from insects.__main__ import main
from insects.baselines import compare
from insects.datasets import load_dataset
from insects.label_strip import hide_strip
from insects.runs import SHIPPED, find_run
from insects.shortcut import explain_drawing
from insects.similar import load_index
from insects.ui import cache, trust
from insects.wording import singular

NETWORKS = ("efficientnet_lite0", "zhang", "tang", "shortcut_bias1", "of-cups")
FEW = {"n_segments": 12, "nsamples": 100}
DRAWN = load_dataset("drawn").part("test")


@once
def drawing(width=256, height=256):
    """A drawn dragonfly in that size, with grain that only the whole photo shows."""
    photo = Image.fromarray(DRAWN[-1].load()).resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 30, (height, width, 3))
    return Image.fromarray((np.asarray(photo) + grain).clip(0, 255).astype(np.uint8))


def big_jpeg():
    """As phones write them: turned on its side, and EXIF says so."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return encoded(drawing(2400, 1600), "JPEG", quality=85, exif=exif)


def small_jpeg():
    return encoded(drawing(96, 70), "JPEG", quality=90)


def png_with_alpha():
    image = drawing(400, 300).copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image, "PNG")


def drawn_png():
    return encoded(Image.fromarray(DRAWN[-1].load()), "PNG")


def encoded(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


INPUTS = {one.__name__: one for one in (big_jpeg, small_jpeg, png_with_alpha, drawn_png)}


@pytest.fixture(autouse=True)
def of_cups(own_runs_folder):
    """A network for classes that ImageNet does not know, so that nothing is familiar to it."""
    folder = own_runs_folder / "of-cups"
    folder.mkdir(parents=True)
    for file in (SHIPPED / "zhang").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["class_names"] = ["bowls", "cups", "plates"]
    (folder / "config.json").write_text(json.dumps(config))


@pytest.fixture
def cli(capfd):
    """Return a function that runs a command and returns the JSON that it printed."""

    def run(*arguments: object) -> dict:
        capfd.readouterr()
        assert main([*map(str, arguments), "--json"]) == 0
        return json.loads(capfd.readouterr().out)

    return run


def seen_by_all(photo):
    """A photo that a page can be asked about outside of a session."""
    hidden = photo.without_label and seen_by_all(photo.without_label)
    return replace(photo, is_shared=True, without_label=hidden)


def explained(model, photo):
    *_, explanation = explain(model, photo, **FEW)
    return explanation


def asked(path, network):
    """Return the command that explains with the settings of these tests."""
    few = ("--n-segments", FEW["n_segments"], "--nsamples", FEW["nsamples"])
    return ("explain", path, "--network", network, *few)


@pytest.mark.parametrize("make", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize("network", NETWORKS)
def test_page_library_and_command_line_agree_to_the_last_digit(cli, tmp_path, network, make):
    data = make()
    path = tmp_path / "photo"
    path.write_bytes(data)
    model = load_model(network)
    said, small = model.predict(load_photo(path)), seen_by_all(cache.read_photo(data, "photo"))
    on_page, by_command = (
        cache.prediction(network, small),
        cli("predict", path, "--network", network),
    )
    for probabilities in (on_page.probabilities, np.array([*by_command["probabilities"].values()])):
        assert np.array_equal(probabilities, said.probabilities)
    assert on_page.familiarity == by_command["familiarity"] == said.familiarity
    assert (said.familiarity is None) == (network == "of-cups")

    whole = explained(model, load_photo(path)).to_dict()
    assert whole["probabilities"] == said.probabilities.tolist()
    assert whole["familiarity"] == said.familiarity
    assert explained(cache.model(network), small.squares).to_dict() == whole
    assert {**cli(*asked(path, network)), "convergence": None} == {**whole, "convergence": None}


@pytest.mark.parametrize("network", ["efficientnet_lite0", "zhang"])
def test_what_a_page_shows_and_gives_as_a_file_is_what_the_command_says(
    cli, open_page, tmp_path, network
):
    path = tmp_path / "photo.jpg"
    path.write_bytes(big_jpeg())
    page = open_page("explain", network=network, **FEW)
    upload = (path.name, path.read_bytes(), "image/jpeg")
    page.file_uploader(key="upload").set_value(upload).run()
    next(button for button in page.button if button.key == "explain").click().run()
    page.session_state.job.wait()
    until(page, lambda page: len(page.download_button) == 2)
    by_command = cli(*asked(path, network))
    explanation, photo = page.session_state.job.explanation, page.session_state.photo
    assert json.loads(cache.files(explanation, seen_by_all(photo))[1]) == by_command
    bars = convert_arrow_bytes_to_pandas_df(page.get("vega_lite_chart")[0].proto.data.data)
    shown = dict(zip(bars["class"], bars["probability"], strict=True))
    names = map(singular, by_command["class_names"])
    assert shown == dict(zip(names, by_command["probabilities"], strict=True))


@pytest.mark.parametrize("width", [500, 1500])
@pytest.mark.parametrize("network", ["efficientnet_lite0", "zhang"])
def test_the_answer_without_the_label_is_that_of_the_whole_photo_without_it(network, width):
    photo, _ = labelled(np.asarray(drawing(width, width // 2)))
    small = seen_by_all(cache.SmallPhoto.of(photo, "with a label"))
    said = load_model(network).predict(hide_strip(photo))
    on_page = cache.prediction(network, small.without_label)
    assert np.array_equal(on_page.probabilities, said.probabilities)
    assert on_page.familiarity == said.familiarity


def test_similar_photos_are_found_by_the_whole_photo():
    photo = np.asarray(drawing(1500, 1000))
    found = trust.likeness("zhang", seen_by_all(cache.SmallPhoto.of(photo, "large")))
    index = load_index(find_run("zhang"))
    assert found.nearest == index.nearest(load_model("zhang").embed(photo))


def test_other_hidden_parts_leave_the_familiarity_of_the_photo_as_it_is():
    model = load_model("zhang")
    explanation = explained(model, np.asarray(drawing(900, 600)))
    familiar = {one.familiarity for one in compare(model, explanation).explanations}
    assert familiar == {explanation.familiarity}


def test_the_shortcut_lab_says_what_the_library_says_of_its_drawings():
    model, photo = load_model("shortcut_bias1"), DRAWN[0]
    explanation, _ = explain_drawing(model, photo, "leaf")
    said = model.predict(photo.load_on("leaf"))
    assert np.array_equal(explanation.probabilities, said.probabilities)
    assert explanation.familiarity == said.familiarity
