"""The results table: trained once a network, split and seed, a column a split."""

import json

import pytest

from insects import results
from insects.errors import RunError
from insects.networks import NETWORKS
from insects.runs import Run
from insects.training.settings import Settings


def quiet(*_):
    pass


@pytest.fixture
def trained(monkeypatch):
    """Stand in for training: a run that gets 90 of 100 right, fewer where the split is harder."""
    asked = []

    class Stub:
        def __init__(self, settings):
            correct = 90 - 10 * results.SPLITS.index(settings.split)
            test = {"photos": 100, "correct": correct, "accuracy": correct / 100, "ece": 0.1}
            self.metrics = {"test": test}

    def train(settings, on_progress):
        asked.append(settings)
        return Stub(settings)

    monkeypatch.setattr(results, "_trained", train)
    return asked


def test_every_network_is_trained_with_every_seed_on_every_split(trained):
    rows = results.reproduce(None, quiet)
    assert len(rows) == len(trained) == len(NETWORKS) * 3 * len(results.SEEDS)
    assert {row["split"] for row in rows} == {"published", "deduplicated", "by_series"}


def test_the_table_has_a_column_a_split_and_a_line_a_network(trained):
    header, _, *lines = results.markdown(results.reproduce(None, quiet)).strip().splitlines()
    assert "no series parted" in header
    assert len(lines) == len(NETWORKS)
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert [cell[:3] for cell in cells[2:5]] == ["90%", "80%", "70%"]
        assert cells[5] == "–"


def test_rows_without_a_split_leave_its_cell_empty(trained):
    rows = [row for row in results.reproduce(None, quiet) if row["split"] != "by_series"]
    assert all(line.count("–") >= 2 for line in results.markdown(rows).strip().splitlines()[2:])


def test_a_training_that_was_stopped_is_not_taken_for_a_result(own_runs_folder):
    settings = Settings("tang")
    run = Run(own_runs_folder / settings.run_name)
    run.path.mkdir(parents=True)
    (run.path / "config.json").write_text(
        json.dumps({"recipe": settings.checked_recipe().to_dict()})
    )
    run.set_status("stopped")
    with pytest.raises(RunError, match="stopped before its end"):
        results._trained(settings, quiet)
