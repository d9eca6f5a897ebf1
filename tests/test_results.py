"""The results tables: what is trained, a column a split, folds pooled, and what to trust."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from insects import results
from insects.datasets.published import CLASS_NAMES
from insects.elsewhere import sources_to_choose_with
from insects.errors import DatasetError, RunError
from insects.evaluation import Answers
from insects.networks import NETWORKS
from insects.predictions import Predictions, Said
from insects.runs import Run
from insects.training import calibration
from insects.training.settings import Settings

RIGHT = {"published": 90, "deduplicated": 80}
RIGHT_IN_FOLDS = (70, 60, 50, 40, 30)


def quiet(*_):
    pass


def right_of(split):
    return RIGHT.get(split) or RIGHT_IN_FOLDS[results.BY_SERIES.index(split)]


@pytest.fixture
def trained(monkeypatch):
    """Stand in for training: runs that get so many of 100 right, and of photos elsewhere."""
    asked = []

    class Stub:
        def __init__(self, settings, path):
            self.path = path
            right = right_of(settings.split)
            self.metrics = {"test": {"photos": 100, "correct": right, "accuracy": right / 100}}

    def train(settings, path, on_progress):
        asked.append((settings, path))
        return Stub(settings, path)

    def predictions(run):
        nobody = np.full(100, "")
        logits = np.tile(np.float32([4, 0, 0]), (100, 1))
        said = Said(nobody, nobody, np.zeros(100, int), logits)
        return Predictions(CLASS_NAMES, {"test": said})

    monkeypatch.setattr(results, "_trained", train)
    monkeypatch.setattr(results, "load_predictions", predictions)
    return asked


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A photo of each class, and one of none, in each part; here so few are enough."""
    monkeypatch.setattr(calibration, "FEWEST_TO_CALIBRATE", len(CLASS_NAMES))
    to_choose = min(sources_to_choose_with())
    lines = ["file\tsource"]
    for label in (*CLASS_NAMES, "other"):
        (tmp_path / "there" / label).mkdir(parents=True)
        for name, source in (("a.png", to_choose), ("b.png", "somebody/else")):
            Image.new("RGB", (40, 40)).save(tmp_path / "there" / label / name)
            lines.append(f"{label}/{name}\t{source}")
    (tmp_path / "there" / "SOURCES.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path / "there"


@pytest.fixture
def elsewhere(monkeypatch):
    """Stand in for the networks: 3 insects of 4 right, told apart from 2 others but for one."""
    answers = Answers(
        CLASS_NAMES,
        np.array([0, 1, 2, 2, -1, -1]),
        np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], *[[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]] * 2]),
        np.array([5.0, 4, 3, 1, 2, 0]),
        np.array([True, True, True, False, True, False]),
    )
    monkeypatch.setattr(results, "load_model", lambda _: SimpleNamespace(class_names=CLASS_NAMES))
    monkeypatch.setattr(results, "ask", lambda *_: answers)
    monkeypatch.setattr(results, "temperature_for", lambda choosing: 2.0)


def cells_of(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def body(table):
    return [cells_of(line) for line in table.strip().splitlines()[2:]]


def test_every_line_is_trained_with_every_seed_on_its_splits_and_once_on_every_fold(trained):
    results.reproduce(None, quiet)
    asked = {path.name for _, path in trained}
    seeds = [f"seed{seed}" for seed in range(3)]
    folds = [f"by_series_{i}_of_5-seed0" for i in range(1, 6)]
    published, honest = ([f"{s}-{seed}" for seed in seeds] for s in ("published", "deduplicated"))
    networks = ("efficientnet_lite0", "zhang", "tang")
    expected = {f"{n}-{run}" for n in networks for run in [*published, *honest, *folds]}
    assert asked == expected | {f"plain-head-{run}" for run in [*honest, *folds]}
    assert len(trained) == len(asked)
    assert not any(settings.calibrate for settings, _ in trained)


def test_the_plain_head_is_the_shipped_recipe_without_the_pull(trained):
    results.reproduce(None, quiet)
    plain = [settings for settings, path in trained if path.name.startswith("plain-head")]
    own = NETWORKS["efficientnet_lite0"].recipe
    assert {settings.network for settings in plain} == {"efficientnet_lite0"}
    assert {settings.recipe for settings in plain} == {replace(own, pull=0.0)}
    others = {settings.recipe for settings, path in trained if "plain" not in path.name}
    assert others == {None}


def test_the_table_has_a_line_a_network_and_pools_the_folds(trained):
    rows = results.reproduce(None, quiet)
    lines = body(results.markdown(rows))
    assert [cells[0] for cells in lines] == [line.title for line in results.LINES]
    for cells in lines:
        plain = "plain head" in cells[0]
        assert cells[2] == ("–" if plain else "90% (83%–94%); 90, 90, 90 of 100")
        assert cells[3] == "80% (71%–87%); 80, 80, 80 of 100"
        assert cells[4] == "50% (46%–54%); 250 of 500"
        assert cells[5] == "–"


def test_photos_elsewhere_are_seen_by_the_networks_without_copies(trained, elsewhere, folder):
    rows = results.reproduce(folder, quiet)
    assert {row["split"] for row in rows if "elsewhere" in row} == {"deduplicated"}
    assert {cells[5] for cells in body(results.markdown(rows))} == {
        "75% (30%–95%); 3, 3, 3 of 4",
    }
    json.dumps(rows)


def test_what_to_trust_is_a_column_a_network_for_both_parts(trained, elsewhere, folder):
    table = results.trust(results.reproduce(folder, quiet))
    assert cells_of(table.splitlines()[0]) == ["", *(line.title for line in results.LINES)]
    found = {cells[0]: cells[1:] for cells in body(table)}
    assert found["elsewhere, reporting: right"] == ["75% (30%–95%); 3 of 4"] * 4
    assert found["elsewhere, choosing: insects accepted"] == ["75% (30%–95%); 3 of 4"] * 4
    assert found["elsewhere, reporting: others refused"] == ["50% (9%–91%); 1 of 2"] * 4
    (auroc,) = set(found["elsewhere, reporting: AUROC of familiarity"])
    assert auroc.startswith("0.875 (")
    assert auroc.endswith("; 4 and 2")
    assert len(found) == 2 + 2 * 7


def test_errors_are_told_with_the_temperature_of_the_part_to_choose_with(
    trained, elsewhere, folder
):
    found = body(results.trust(results.reproduce(folder, quiet)))
    errors = {cells[0]: [float(cell.split()[0]) for cell in cells[1:]] for cells in found[:2]}
    sure, less_sure = (1 / (1 + 2 * np.exp(-4 / t)) for t in (1, 2))
    before, after = "test photos: calibration error", "test photos: the same with temperature"
    assert errors[before] == pytest.approx([1 - sure] * 4, abs=6e-4)
    assert errors[after] == pytest.approx([1 - less_sure] * 4, abs=6e-4)


def test_without_photos_from_elsewhere_there_is_no_temperature(trained):
    found = {cells[0]: cells[1:] for cells in body(results.trust(results.reproduce(None, quiet)))}
    before = found["test photos: calibration error"]
    assert found["test photos: the same with temperature"] == before
    assert found["elsewhere, reporting: right"] == ["–"] * 4


@pytest.mark.parametrize("missing", ["SOURCES.tsv", "beetles", "all of a part", "one of many"])
def test_photos_elsewhere_without_their_sources_are_refused_before_any_work(
    trained, folder, missing
):
    table = folder / "SOURCES.tsv"
    if missing == "SOURCES.tsv":
        table.unlink()
    elif missing == "beetles":
        table.write_text("\n".join(line for line in table.open() if "beetles" not in line))
    elif missing == "one of many":
        (folder / "beetles" / "a.png").unlink()
        table.write_text("\n".join(line for line in table.open() if "beetles/a" not in line))
    else:
        table.write_text(table.read_text().replace("somebody/else", min(sources_to_choose_with())))
    with pytest.raises(DatasetError):
        results.reproduce(folder, quiet)
    assert not trained


def test_rows_without_a_split_leave_its_cell_empty(trained):
    rows = [row for row in results.reproduce(None, quiet) if "by_series" not in row["split"]]
    assert {cells[4] for cells in body(results.markdown(rows))} == {"–"}


def finished(path, settings, status="finished"):
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(settings.to_config()))
    (path / "metrics.json").write_text("{}")
    run = Run(path)
    run.set_status(status)
    return run


def test_a_run_that_is_there_is_taken(own_runs_folder):
    settings = Settings("tang")
    run = finished(own_runs_folder / "x", settings)
    assert results._trained(settings, run.path, quiet).path == run.path


@pytest.mark.parametrize(
    "other",
    [
        Settings("tang", calibrate=True),
        Settings("tang", recipe=replace(NETWORKS["tang"].recipe, epochs=1)),
    ],
    ids=["calibrated", "fewer epochs"],
)
def test_a_run_that_was_trained_otherwise_is_not_taken_for_a_result(own_runs_folder, other):
    run = finished(own_runs_folder / "x", other)
    with pytest.raises(RunError, match="another recipe"):
        results._trained(Settings("tang"), run.path, quiet)


def test_a_training_that_was_stopped_is_not_taken_for_a_result(own_runs_folder):
    settings = Settings("tang")
    run = finished(own_runs_folder / "x", settings, "stopped")
    with pytest.raises(RunError, match="stopped before its end"):
        results._trained(settings, run.path, quiet)
