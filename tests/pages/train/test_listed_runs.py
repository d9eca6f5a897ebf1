"""The runs that the Train page lists and compares, broken ones among them."""

import json
import os
import re
from dataclasses import replace

import pytest
from made_runs import DRAWN, made_run
from opening import text
from streamlit.testing.v1 import AppTest
from train_view import ME, MINE, OTHER, choose, labels

from insects.datasets import load_dataset
from insects.datasets.splits import is_ready
from insects.networks import Recipe
from insects.runs import folder

NOTHING_TRAINED = "Nothing has been trained here yet"


def listed(page: AppTest) -> str:
    """Return the titles of the runs that can be chosen."""
    return "\n".join(page.selectbox(key="run").options)


# Which runs there are


def test_before_anything_was_trained_the_page_says_so_and_shows_what_came_with_it(visit):
    page = visit()
    assert NOTHING_TRAINED in text(page)
    assert "comes with the app" in text(page)


def test_where_there_is_no_run_at_all_the_page_says_what_to_do(visit, monkeypatch, tmp_path):
    monkeypatch.setattr(folder, "SHIPPED", tmp_path / "none")
    page = visit()
    assert NOTHING_TRAINED in page.info[0].value
    assert "press **Start**" in page.info[0].value
    assert not page.warning


def test_once_something_was_trained_nobody_says_that_nothing_was(visit, own_runs_folder):
    made_run(own_runs_folder)
    assert NOTHING_TRAINED not in text(visit())


def test_at_first_the_latest_run_of_ones_own_is_shown(visit, own_runs_folder):
    for age, (name, owner) in enumerate({"theirs": OTHER, "new": ME, "ancient": ME}.items()):
        run = made_run(own_runs_folder, name, settings=replace(DRAWN, owner=owner))
        os.utime(run.path / "config.json", (1e9 - age, 1e9 - age))
    assert visit().selectbox(key="run").value == "new"


def test_a_run_that_goes_on_is_listed_before_those_that_have_ended(visit, own_runs_folder):
    made_run(own_runs_folder, "alive", "queued")
    made_run(own_runs_folder, "ended")
    os.utime(own_runs_folder / "alive" / "config.json", (0, 0))
    assert [title.rpartition(" · ")[2] for title in listed(visit()).splitlines()[:2]] == [
        "alive",
        "ended",
    ]


def test_no_page_looks_for_series_of_photos_only_to_show_a_run(
    visit, own_runs_folder, monkeypatch, tmp_path
):
    run = made_run(own_runs_folder)
    (run.path / "config.json").write_text(json.dumps({**run.config, "split": "by_series"}))
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    assert "by series" in listed(visit())
    assert not is_ready(load_dataset("drawn"), "by_series")


def test_a_run_on_a_visitors_own_photos_is_seen_by_them_alone(visit, own_runs_folder, garden):
    made_run(own_runs_folder, "secret", settings=replace(MINE, dataset=garden))
    assert "on garden" in listed(visit(ME))
    page = visit(OTHER, run="secret", compared=["secret"])
    assert not re.search("garden|secret", listed(page) + text(page))
    assert "secret" not in page.multiselect(key="compared").value


BROKEN = {
    "cut": "{",
    "list": "[]",
    "empty": "{}",
    "unknown network": '{"network": "resnet"}',
    "no recipe": json.dumps({**DRAWN.to_config(), "class_names": ["a", "b"], "recipe": None}),
    "odd split": json.dumps({**DRAWN.to_config(), "class_names": ["a", "b"], "split": 3}),
    "no classes": json.dumps(DRAWN.to_config()),
}


@pytest.mark.parametrize("config", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_config_costs_nobody_the_other_runs(config, visit, own_runs_folder):
    made_run(own_runs_folder, "good")
    (made_run(own_runs_folder, "broken").path / "config.json").write_text(config)
    page = visit(run="broken")
    assert "· good" in listed(page)
    assert "broken" not in listed(page)
    assert "How good it is" in text(page)


@pytest.mark.parametrize("metrics", ["{", "{}", '{"test": {}}', '{"test": 3}'])
def test_broken_metrics_cost_nobody_the_other_scores(metrics, visit, own_runs_folder):
    made_run(own_runs_folder, "good")
    (made_run(own_runs_folder, "broken").path / "metrics.json").write_text(metrics)
    page = visit(run="good")
    assert "How good it is" in text(page)
    choose(page, "run", "broken")
    assert "How good it is" not in text(page)
    assert "Explain with it" not in labels(page)


# Comparing


def test_runs_are_compared_with_their_settings_side_by_side(visit, own_runs_folder):
    made_run(own_runs_folder, "a")
    tang = replace(DRAWN, network="tang", seed=3, recipe=Recipe(4, 8, "sgd", 0.01), augment=True)
    made_run(own_runs_folder, "b", settings=tang)
    page = visit(compared=["a", "b"])
    table = page.dataframe[-1].value
    assert list(table.columns) == ["a", "b"]
    assert table.loc["network"].tolist() == ["efficientnet_lite0", "tang"]
    assert table.loc["seed"].tolist() == ["0", "3"]
    assert table.loc["batch_size"].tolist() == ["32", "8"]
    assert table.loc["augmentation"].tolist() == ["no", "yes"]
    assert table.loc["test accuracy"].tolist() == ["41.0%", "43.0%"]
    alts = [chart.proto.alt for chart in page.get("vega_lite_chart")]
    assert any("a, accuracy" in alt and "b, accuracy" in alt for alt in alts)


def test_a_run_that_has_no_epoch_yet_cannot_be_compared(visit, own_runs_folder):
    made_run(own_runs_folder, "fresh", "queued", MINE)
    assert not any("fresh" in title for title in visit().multiselect(key="compared").options)
