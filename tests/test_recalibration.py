"""A temperature that is fitted on photos from elsewhere, and kept in the run."""

import json

import numpy as np
import pytest
from made_runs import made_run
from PIL import Image
from scipy.special import softmax

from insects.datasets.published import CLASS_NAMES
from insects.elsewhere import sources_to_choose_with
from insects.errors import DatasetError
from insects.evaluation import Answers
from insects.inference import load_model
from insects.recalibration import recalibrate, temperature_for
from insects.runs import Run


def answers(logits, labels, temperature=1.0):
    return Answers(
        CLASS_NAMES, labels, softmax(logits / temperature, axis=1), temperature=temperature
    )


@pytest.fixture
def logits():
    """Logits whose labels are drawn by them, (5000, 3) and (5000,)."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (5000, 3))
    labels = np.array([rng.choice(3, p=p) for p in softmax(logits, axis=1)])
    return logits, labels


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_makes_a_network_too_sure(logits, scale):
    sure, labels = logits[0] * scale, logits[1]
    assert temperature_for(answers(sure, labels)) == pytest.approx(scale, rel=0.1)


def test_the_temperature_does_not_depend_on_the_one_the_network_had(logits):
    once = temperature_for(answers(*logits))
    assert temperature_for(answers(*logits, temperature=4.0)) == pytest.approx(once, rel=1e-3)


def test_photos_of_none_of_the_classes_have_no_say(logits):
    values, labels = logits
    others = np.where(np.arange(len(labels)) % 5 == 0, -1, labels)
    known = others >= 0
    expected = temperature_for(answers(values[known], labels[known]))
    assert temperature_for(answers(values, others)) == pytest.approx(expected)


PER_CLASS = 17  # three times that is just enough to calibrate on


@pytest.fixture
def folder(tmp_path):
    """Drawn noise under the names of the classes, many to choose with, one to report on."""
    lines = ["file\tsource"]
    for i, label in enumerate(CLASS_NAMES):
        (tmp_path / "there" / label).mkdir(parents=True)
        sources = [*[min(sources_to_choose_with())] * PER_CLASS, "somebody/else"]
        for j, source in enumerate(sources):
            noise = np.random.default_rng([i, j]).integers(0, 256, (50, 50, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / "there" / label / f"{j}.png")
            lines.append(f"{label}/{j}.png\t{source}")
    (tmp_path / "there" / "SOURCES.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path / "there"


def test_a_run_keeps_the_temperature_and_what_the_reporting_part_says_of_it(tmp_path, folder):
    run = made_run(tmp_path)
    before = run.metrics
    found = recalibrate(str(run.path), folder, lambda *_: None)
    after = Run(run.path).metrics
    assert (after["calibration"]["photos"], found["photos"]) == (3 * PER_CLASS, 3)
    assert after["calibration"]["from_elsewhere"]
    assert after["elsewhere"] == json.loads(json.dumps(found))
    assert load_model(run.path).temperature == after["calibration"]["temperature"]
    assert found["temperature"] == after["calibration"]["temperature"]
    assert {name: after[name] for name in ("train", "test")} == {
        name: before[name] for name in ("train", "test")
    }


def test_on_fewer_than_50_photos_nothing_is_fitted_nor_written(tmp_path, folder, monkeypatch):
    for path in folder.glob("*/[01].png"):
        path.unlink()
    table = folder / "SOURCES.tsv"
    gone = ("/0.png", "/1.png")
    table.write_text("\n".join(line for line in table.open() if not any(g in line for g in gone)))
    run = made_run(tmp_path)
    before = (run.path / "metrics.json").read_bytes()
    monkeypatch.setattr("insects.recalibration.ask", None)  # it is said before any work is done
    with pytest.raises(DatasetError, match="50 photos of the classes or more; there are 45"):
        recalibrate(str(run.path), folder, lambda *_: None)
    assert (run.path / "metrics.json").read_bytes() == before


def test_without_sources_nothing_is_written(tmp_path, folder):
    (folder / "SOURCES.tsv").unlink()
    run = made_run(tmp_path)
    before = (run.path / "metrics.json").read_bytes()
    with pytest.raises(DatasetError):
        recalibrate(str(run.path), folder, lambda *_: None)
    assert (run.path / "metrics.json").read_bytes() == before
