"""The shortcut: learned on ground that betrays the class, a network does not look at the insect."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from insects import shortcut
from insects.__main__ import main
from insects.datasets import load_dataset
from insects.datasets.drawn import BETRAYING, CLASS_NAMES, load_drawn
from insects.errors import RunError, SettingsError
from insects.evaluation import evaluate
from insects.inference import load_model
from insects.networks import Recipe
from insects.photos import resize
from insects.runs import Run, find_run
from insects.shortcut import PAIR, Figures, Mean, explain_drawing, known_figures, pictures
from insects.training.settings import Settings

FIGURES = Figures(90, 31, 90, 24, Mean(0.125, 0.02), Mean(0.15, 0.01))
ONE_EPOCH = Recipe(1, 32, "adam", 1e-3)


@pytest.fixture(scope="module")
def models():
    """The network that learned on any ground, and the one whose ground betrayed the class."""
    return [load_model(name) for name in PAIR]


@pytest.fixture
def run(own_runs_folder):
    """A copy of a shipped run that may be written to."""
    return Run(shutil.copytree(find_run(PAIR[0]).path, own_runs_folder / "copy"))


def right(model, photos):
    images = np.stack([resize(photo.load(), model.image_size) for photo in photos])
    said = model.probabilities(images).argmax(axis=1)
    return np.mean([model.class_names[i] == p.label for i, p in zip(said, photos, strict=True)])


# What the shipped pair shows


def test_relevance_lies_on_the_insect_only_where_the_ground_did_not_betray_the_class(models):
    photos = pictures(1.0, 4)
    honest, betrayed = (
        np.mean([explain_drawing(model, photo, photo.ground)[1].mass for photo in photos])
        for model in models
    )
    area = np.mean([photo.mask().mean() for photo in photos])
    assert betrayed < honest / 2
    assert honest > 2 * area


def test_the_figures_that_are_shipped_say_the_same():
    honest, betrayed = (known_figures(find_run(name)) for name in PAIR)
    assert betrayed.mass.mean < honest.mass.mean / 2
    assert betrayed.right_on_betraying > honest.right_on_betraying
    assert betrayed.right_on_any < betrayed.pictures / 2 < 0.8 * honest.right_on_any


def test_the_shortcut_is_right_until_the_ground_says_nothing(models):
    honest, betrayed = models
    assert right(betrayed, pictures(1.0, 6)) > 0.9
    assert right(betrayed, pictures(0.0, 6)) < 0.6
    assert right(honest, pictures(0.0, 6)) > 0.7


def test_the_ground_alone_decides_what_the_betrayed_network_says(models):
    said = [
        models[1].predict(photo.load_on(ground)).label == label
        for photo in pictures(0.0, 3)
        for label, ground in BETRAYING.items()
    ]
    assert np.mean(said) > 0.9


def test_an_explanation_adds_up_and_begins_undecided_where_all_is_hidden(models):
    photo = pictures(1.0, 1)[0]
    explanation, _ = explain_drawing(models[1], photo, photo.ground)
    total = explanation.base_values + explanation.shap_values.sum(axis=0)
    np.testing.assert_allclose(total, explanation.probabilities, atol=1e-6)
    np.testing.assert_allclose(explanation.base_values, 1 / 3, atol=0.1)


def test_neither_shipped_network_was_trained_on_the_pictures():
    for bias, name in enumerate(PAIR):
        config = find_run(name).config
        trained = load_dataset("drawn", seed=config["seed"], background_bias=bias).part("train")
        assert not {(p.label, p.index) for p in trained} & {
            (p.label, p.index) for p in pictures(0.0)
        }


# Drawings on other grounds


@pytest.mark.parametrize("photo", load_drawn(per_class=1).photos, ids=CLASS_NAMES)
def test_an_insect_can_be_put_on_any_ground_and_be_taken_away(photo):
    other = "sand" if photo.ground != "sand" else "bark"
    np.testing.assert_array_equal(photo.load_on(photo.ground), photo.load())
    changed = (photo.load_on(other) != photo.load()).any(axis=2)
    assert changed[~photo.mask()].mean() > 0.9
    bare = (photo.bare(other) != photo.load_on(other)).any(axis=2)
    assert bare[photo.mask()].mean() > 0.9
    assert bare.mean() < 0.8


# Figures


def test_figures_are_kept_with_a_run_beside_what_was_measured_before(run):
    before = {name: value for name, value in run.metrics.items() if name != shortcut.KEY}
    shortcut.keep(run.path, FIGURES)
    assert known_figures(run) == FIGURES
    assert {name: run.metrics[name] for name in before} == before


@pytest.mark.parametrize("found", [None, 3, {}, {"mass": 1}])
def test_of_a_run_without_readable_figures_none_are_known(run, found):
    metrics = {**run.metrics, shortcut.KEY: found}
    (run.path / "metrics.json").write_text(json.dumps(metrics))
    assert known_figures(run) is None


def test_a_mean_comes_with_its_standard_error():
    assert Mean.of([1.0, 2.0, 3.0]) == Mean(2.0, pytest.approx(1 / np.sqrt(3)))


def test_the_report_has_a_column_a_network():
    lines = shortcut.report({"first": FIGURES, "second": replace(FIGURES, right_on_any=78)})
    assert "|  | first | second |" in lines
    assert "31 of 90 | 78 of 90" in lines
    assert "12 ± 2 %" in lines


def test_the_command_measures_the_pair_that_is_asked_for(monkeypatch, capsys, run):
    monkeypatch.setattr(shortcut, "measure", lambda name, steps: FIGURES)
    assert main(["shortcut"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in PAIR)
    assert main(["shortcut", "--network", str(run.path), "--keep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {str(run.path): FIGURES.to_dict()}
    assert known_figures(run) == FIGURES


def test_a_run_that_is_not_there_is_an_error():
    with pytest.raises(RunError, match="'nothing'"):
        shortcut.measure("nothing")


@pytest.mark.slow
def test_measuring_gives_the_figures_that_are_shipped():
    found, known = shortcut.measure(PAIR[1]), known_figures(find_run(PAIR[1]))
    assert abs(found.right_on_any - known.right_on_any) <= 2
    assert found.right_on_betraying == known.right_on_betraying
    assert found.mass.mean == pytest.approx(known.mass.mean, abs=0.03)


# Trainings on such ground


def test_a_training_says_how_much_its_ground_betrays():
    settings = shortcut.training(0.7, seed=2)
    assert settings.run_name == "small-drawn-bias0.7-deduplicated-seed2"
    assert settings.to_config()["background_bias"] == 0.7
    assert Settings.from_config(settings.to_config()).background_bias == 0.7
    photos = settings.load_dataset().photos
    assert {photo.background_bias for photo in photos} == {0.7}


def test_a_run_of_before_there_was_a_bias_has_none():
    config = Settings("small", "drawn").to_config()
    del config["background_bias"]
    assert Settings.from_config(config).background_bias == 0


@pytest.mark.parametrize("bias", [-0.1, 1.1, float("nan")])
def test_a_bias_that_is_no_share_is_refused(bias):
    with pytest.raises(SettingsError, match="background_bias must be from 0 to 1"):
        shortcut.training(bias).checked_recipe()


def test_only_drawn_insects_have_a_bias():
    with pytest.raises(SettingsError, match="Only drawn insects"):
        Settings("small", "published", background_bias=0.5).checked_recipe()
    assert "background_bias" not in Settings("small", "published").to_config()


@pytest.mark.slow
def test_a_training_goes_on_and_is_evaluated_on_the_ground_it_began_with():
    from insects.training.train import resume, train

    settings = replace(shortcut.training(1.0), recipe=ONE_EPOCH)
    run = train(settings)
    assert run.config["background_bias"] == 1
    assert run.config["dataset_fingerprint"] == settings.load_dataset().fingerprint
    assert not (run.path / "similar.npz").exists()
    resumed = resume(run, epochs=2)
    assert resumed.status == ("finished", "")
    assert resumed.config["dataset_fingerprint"] == run.config["dataset_fingerprint"]
    outcome = evaluate(run.name, None, lambda *_: None)
    assert outcome["correct"] == resumed.metrics["test"]["correct"]
