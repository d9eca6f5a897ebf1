"""`runs`: which there are, in words and in JSON."""

import json
from pathlib import Path

from terminal import CLASS_NAMES, complaint

from insects.runs import Run


def test_runs_lists_the_shipped_network_with_what_it_got_right(cli):
    status, out, err = cli("runs")
    assert (status, err) == (0, "")
    (line,) = [line for line in out.splitlines() if line.startswith("efficientnet_lite0: ")]
    assert "test photos right" in line


def test_runs_as_json_tells_the_state_of_each_run(cli):
    status, out, err = cli("runs", "--json")
    assert (status, err) == (0, "")
    shipped = {run["name"]: run for run in json.loads(out)}["efficientnet_lite0"]
    assert (shipped["status"], shipped["shipped"]) == ("finished", True)
    assert shipped["config"]["class_names"] == CLASS_NAMES
    assert shipped["metrics"]["test"]["photos"] == 180


def test_runs_with_a_name_shows_that_run_and_where_it_is(cli):
    status, out, err = cli("runs", "efficientnet_lite0")
    assert (status, err) == (0, "")
    assert Path(out.splitlines()[1].strip()).is_dir()


def test_runs_shows_one_that_is_not_finished_and_one_that_failed(cli, own_runs_folder):
    for name, status in {"half-way": "running", "broken": "failed no space left"}.items():
        (own_runs_folder / name).mkdir(parents=True)
        (own_runs_folder / name / "config.json").write_text('{"network": "zhang"}')
        (own_runs_folder / name / "status").write_text(status + "\n")
    with Run(own_runs_folder / "half-way").hold():
        status, out, err = cli("runs")
    assert (status, err) == (0, "")
    assert {"half-way: running", "broken: failed, no space left"} <= set(out.splitlines())


def test_an_unknown_run_is_one_line_that_tells_which_there_are(cli):
    line = complaint(cli("runs", "nonsense"), 1)
    assert "nonsense" in line
    assert "efficientnet_lite0" in line
