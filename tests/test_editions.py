"""What a running server keeps of a run gives way when the run changes, whatever file that is in."""

import json
import os
import shutil

import pytest
from made_explanations import in_nine_parts
from made_runs import made_run

from insects.datasets import load_dataset
from insects.errors import RunError
from insects.runs import SHIPPED, Run
from insects.ui import cache, trust
from insects.ui.cache import SmallPhoto

CALIBRATION = {"temperature": 3.0, "photos": 100, "ece_before": 0.2, "ece_after": 0.1}


@pytest.fixture
def run(own_runs_folder):
    return made_run(own_runs_folder)


@pytest.fixture
def photo():
    drawing = load_dataset("drawn").photos[0].load()
    return SmallPhoto.of(drawing, "a drawing", is_shared=True)  # there is no session here


def write(run, name, **changes):
    path = run.path / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_run_that_stays_as_it_is_stays_in_memory(run):
    assert cache.edition(run.name) == cache.edition(run.name)
    assert cache.model(run.name) is cache.model(run.name)


def test_a_calibration_done_meanwhile_is_seen_by_a_running_server(run, photo):
    before, sure = cache.edition(run.name), cache.prediction(run.name, photo)
    write(run, "metrics.json", calibration=CALIBRATION)
    assert cache.model(run.name).temperature == 3
    after = cache.prediction(run.name, photo)
    assert after.probabilities.max() < sure.probabilities.max()
    assert cache.edition(run.name) != before


def test_figures_that_change_no_answer_change_no_edition(run):
    before = cache.edition(run.name)
    write(run, "metrics.json", shortcut={"pictures": 90})
    assert cache.edition(run.name) == before


@pytest.mark.parametrize("name", ["config.json", "model.tflite"])
def test_another_run_of_the_same_name_is_another_edition_even_with_the_same_times(run, name):
    before, path = cache.edition(run.name), run.path / name
    times = path.stat()
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cache.edition(run.name) != before


@pytest.mark.parametrize("name", ["config.json", "model.tflite"])
def test_a_run_that_lost_a_file_is_an_error_for_people(run, name):
    (run.path / name).unlink()
    with pytest.raises(RunError):
        cache.edition(run.name)
    with pytest.raises(RunError, match="has no network"):
        _ = run.edition


def test_what_a_photo_is_like_is_told_in_the_classes_that_a_run_has_now(own_runs_folder, photo):
    run = Run(own_runs_folder / "mine")
    shutil.copytree(SHIPPED / "efficientnet_lite0", run.path)
    before = trust.likeness(run.name, photo)
    write(run, "config.json", class_names=["ants", "bees", "wasps"])
    after = trust.likeness(run.name, photo)
    assert [similar.name for similar in after.nearest] == [s.name for s in before.nearest]
    assert {similar.class_name for similar in after.nearest} <= {"ants", "bees", "wasps"}


def test_files_of_an_explanation_are_of_its_own_values(photo):
    values = ([1, 2, 3, 4, 0, 0, 0, 0, 0], [4, 3, 2, 1, 0, 0, 0, 0, 0])
    files = [cache.files(in_nine_parts(one), photo) for one in values]
    told = [json.loads(numbers)["shap_values"] for _, numbers in files]
    assert [[row[1] for row in one] for one in told] == [list(map(float, one)) for one in values]
    assert files[0][0] != files[1][0]
