"""The command line: what it prints, what it complains of, and how it exits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from insects.__main__ import main
from insects.runs import Run
from insects.wording import METHOD_SENTENCES

ROOT = Path(__file__).parents[1]
COMMANDS = ("predict", "explain", "train", "runs", "evaluate", "bench")
CLASS_NAMES = ["beetles", "cockroach", "dragonflies"]
FEW = ("--n-segments", "12", "--nsamples", "100")


@pytest.fixture
def cli(capfd):
    """Return a function that runs a command in this process: (exit status, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            status = exit_.code
        return status, *capfd.readouterr()

    return run


def process(*arguments: object, **environment: str) -> tuple[int, str, str]:
    """Run a command as a person does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "insects", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def complaint(outcome: tuple[int, str, str], status: int) -> str:
    """Return the one line of a command that could not do it: nothing else may be printed."""
    assert outcome[:2] == (status, "")
    (line,) = outcome[2].splitlines()
    assert line.startswith("error: ")
    assert outcome[2] == line + "\n"
    return line


@pytest.fixture
def photo(photos, tmp_path):
    """One photo as a file."""
    path = tmp_path / "bug.png"
    Image.fromarray(photos[0].pixels).save(path)
    return path


@pytest.fixture
def no_photo(tmp_path):
    """A text in the clothes of a photo."""
    path = tmp_path / "letter.jpg"
    path.write_text("Dear reader, this is no photo at all.")
    return path


# predict


def test_predict_says_the_class_and_the_probability_of_each_largest_first(cli, photo):
    status, out, err = cli("predict", photo)
    assert (status, err) == (0, "")
    headline, *rows = out.splitlines()
    names = [row.split()[0] for row in rows]
    shares = [float(row.split()[1].rstrip("%")) for row in rows]
    assert headline.split()[0] == names[0]
    assert sorted(names) == CLASS_NAMES
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.02)


def test_predict_as_json_has_the_label_and_probabilities_that_sum_to_1(cli, photo):
    status, out, err = cli("predict", photo, "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["network"] == "efficientnet_lite0"
    assert sorted(answer["probabilities"]) == CLASS_NAMES
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)


def test_a_run_directory_can_stand_for_the_network(cli, photo):
    by_path = cli("predict", photo, "--network", ROOT / "insects/pretrained/efficientnet_lite0")
    assert by_path == cli("predict", photo)


# explain


def test_explain_says_the_class_and_the_regions_that_speak_for_it_in_two_lines(cli, photo):
    status, out, err = cli("explain", photo, *FEW)
    assert (status, err) == (0, "")
    answer, reasons = out.splitlines()
    assert answer.split()[0] in CLASS_NAMES
    assert answer.endswith(" %")
    assert "region" in reasons
    assert reasons.endswith(".")


@pytest.mark.parametrize(
    "choice",
    [
        ("--method", "leverage"),
        ("--method", "kernel"),
        ("--method", "permutation"),
        ("--method", "partition"),
        ("--method", "exact"),
        ("--baseline", "mean"),
        ("--baseline", "inpaint"),
        ("--baseline", "blur", "--seed", "3"),
    ],
    ids=" ".join,
)
def test_explain_as_json_has_values_that_sum_to_the_probabilities(cli, photo, choice):
    status, out, err = cli("explain", photo, "--json", *FEW, *choice)
    assert (status, err) == (0, "")
    found = json.loads(out)
    shap_values = np.array(found["shap_values"])
    assert found["class_names"] == CLASS_NAMES
    assert shap_values.shape == (found["n_superpixels"], 3)
    total = np.array(found["base_values"]) + shap_values.sum(axis=0)
    assert np.allclose(total, found["probabilities"], atol=1e-4)


def test_explain_of_logits_has_values_whose_sums_give_the_probabilities(cli, photo):
    found = json.loads(cli("explain", photo, "--json", *FEW, "--output", "logit")[1])
    logits = np.array(found["base_values"]) + np.sum(found["shap_values"], axis=0)
    shares = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(shares, found["probabilities"], atol=1e-4)


def test_explain_as_json_tells_the_settings_it_was_given(cli, photo):
    chosen = ("--method", "kernel", "--baseline", "mean", "--output", "logit", "--seed", "7")
    settings = json.loads(cli("explain", photo, "--json", *FEW, *chosen)[1])["settings"]
    told = {name: settings[name] for name in ("n_segments", "nsamples", "seed", "method")}
    assert told == {"n_segments": 12, "nsamples": 100, "seed": 7, "method": "kernel"}
    assert (settings["baseline"], settings["output"]) == ("mean", "logit")


def test_explain_automatic_stops_where_that_is_enough_and_says_whether_it_is_settled(cli, photo):
    status, out, err = cli(
        "explain", photo, "--n-segments", "8", "--nsamples", "5000", "--automatic"
    )
    assert (status, err) == (0, "")
    *_, verdict = out.splitlines()
    spent = int(verdict.split()[0])
    assert spent < 5000
    assert verdict == f"{spent} samples. These values are exact: nothing is left to settle."


def test_explain_as_json_tells_how_far_it_is_from_settled(cli, photo):
    found = json.loads(cli("explain", photo, "--json", *FEW)[1])["convergence"]
    assert [one["class_name"] for one in found["classes"]] == CLASS_NAMES
    assert all(len(one["strongest"]) <= 3 for one in found["classes"])


def test_explain_says_the_same_of_the_same_photo_with_the_same_seed(cli, photo):
    assert cli("explain", photo, "--json", *FEW) == cli("explain", photo, "--json", *FEW)


def test_explain_writes_the_figure_as_a_png(cli, photo, tmp_path):
    path = tmp_path / "out.png"
    status, out, err = cli("explain", photo, *FEW, "--figure", path)
    assert (status, err) == (0, "")
    assert out
    with Image.open(path) as figure:
        assert figure.format == "PNG"
        assert min(figure.size) > 500


def test_a_figure_that_cannot_be_written_is_one_line(cli, photo, tmp_path):
    path = tmp_path / "no" / "such" / "folder" / "out.png"
    outcome = cli("explain", photo, *FEW, "--figure", path)
    assert "cannot be written" in complaint(outcome, outcome[0])
    assert outcome[0] in (1, 2)


@pytest.mark.parametrize("command", [("predict",), ("explain", *FEW)], ids=lambda c: c[0])
def test_nothing_but_the_answer_reaches_the_terminal(photo, command):
    status, out, err = process(command[0], photo, *command[1:], "--json")
    assert (status, err) == (0, "")
    json.loads(out)


# runs


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


# evaluate


@pytest.fixture
def elsewhere(photos, tmp_path):
    """A folder of three photos of each class and a grey one of none, without their sources."""
    for i, labelled in enumerate(photos):
        path = tmp_path / "there" / labelled.label / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(labelled.pixels).save(path)
    (tmp_path / "there" / "other").mkdir()
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "there" / "other" / "grey.png")
    return tmp_path / "there"


def test_evaluate_tells_of_each_class_in_tables(cli, elsewhere):
    status, out, err = cli("evaluate", "--photos", elsewhere)
    assert (status, err) == (0, "")
    assert "of 9 photos right" in out.splitlines()[0]
    assert all(f"| {name} | " in out for name in CLASS_NAMES)


def test_evaluate_as_json_tells_classes_from_others(cli, elsewhere):
    status, out, err = cli("evaluate", "--photos", elsewhere, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["photos"], found["others"], found["part"]) == (9, 1, "all")
    assert list(found["classes"]) == CLASS_NAMES
    assert np.shape(found["confusion"]) == (3, 3)
    assert found["auroc_by_probability"]["others"] == 1


def test_evaluate_takes_one_part_by_source(cli, elsewhere):
    files = sorted(path.relative_to(elsewhere).as_posix() for path in elsewhere.glob("*/*"))
    sources = ["AJV009/hytech" if "cockroach" in file else "somebody/else" for file in files]
    rows = [f"{file}\t{source}" for file, source in zip(files, sources, strict=True)]
    (elsewhere / "SOURCES.tsv").write_text("\n".join(["file\tsource", *rows]))
    for part, photos, others in (("choosing", 3, 0), ("reporting", 6, 1)):
        found = json.loads(cli("evaluate", "--photos", elsewhere, "--part", part, "--json")[1])
        assert (found["part"], found["photos"], found["others"]) == (part, photos, others)


def test_evaluate_of_a_part_without_sources_is_one_line(cli, elsewhere):
    outcome = cli("evaluate", "--photos", elsewhere, "--part", "choosing")
    assert "SOURCES.tsv" in complaint(outcome, 1)


def test_evaluate_of_a_photo_that_cannot_be_read_is_one_line_that_names_it(cli, elsewhere):
    (elsewhere / "beetles" / "letter.jpg").write_text("Dear reader")
    assert "beetles/letter.jpg" in complaint(cli("evaluate", "--photos", elsewhere), 1)


def test_evaluate_of_a_folder_without_the_classes_is_one_line(cli, tmp_path):
    assert "Expected folders named" in complaint(cli("evaluate", "--photos", tmp_path), 1)


def test_tables_need_both_places_in_the_file(cli, tmp_path):
    (tmp_path / "README.md").write_text("<!-- results -->\n<!-- end of results -->\n")
    outcome = cli("evaluate", "--table", "--write", tmp_path / "README.md")
    assert "trust" in complaint(outcome, 1)


# What cannot be done: exit status 1 and one line


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_file_that_is_no_photo_is_refused_in_one_line(cli, no_photo, command):
    assert "not a photo" in complaint(cli(command, no_photo), 1)


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_missing_photo_is_refused_in_one_line_that_names_it(cli, tmp_path, command):
    assert "nowhere.jpg" in complaint(cli(command, tmp_path / "nowhere.jpg"), 1)


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_photo_is_refused_before_any_network_is_looked_for(cli, no_photo, command):
    assert "not a photo" in complaint(cli(command, no_photo, "--network", "nonsense"), 1)


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_an_unknown_network_is_one_line_that_tells_which_there_are(cli, photo, command):
    line = complaint(cli(command, photo, "--network", "nonsense"), 1)
    assert "nonsense" in line
    assert "efficientnet_lite0" in line


def test_an_unknown_run_is_one_line_that_tells_which_there_are(cli):
    line = complaint(cli("runs", "nonsense"), 1)
    assert "nonsense" in line
    assert "efficientnet_lite0" in line


def test_a_network_that_is_still_being_trained_is_refused_in_one_line(cli, photo, own_runs_folder):
    (own_runs_folder / "half-way").mkdir(parents=True)
    (own_runs_folder / "half-way" / "config.json").write_text('{"network": "zhang"}')
    (own_runs_folder / "half-way" / "status").write_text("running\n")
    with Run(own_runs_folder / "half-way").hold():
        assert "running" in complaint(cli("predict", photo, "--network", "half-way"), 1)


def test_an_error_is_one_line_in_a_process_of_its_own_too(no_photo):
    assert "not a photo" in complaint(process("explain", no_photo), 1)


def test_training_without_the_photos_says_in_one_line_what_to_do():
    line = complaint(process("train", INSECTS_PHOTOS=""), 1)
    assert "INSECTS_PHOTOS" in line
    assert "drawn" in line


# Wrong use: exit status 2 and one line


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("dance",),
        ("predict",),
        ("predict", "PHOTO", "--loud"),
        ("explain", "PHOTO", "--nsamples", "many"),
        ("explain", "PHOTO", "--nsamples", "0"),
        ("explain", "PHOTO", "--nsamples", "-5"),
        ("explain", "PHOTO", "--n-segments", "0"),
        ("explain", "PHOTO", "--method", "guess"),
        ("explain", "PHOTO", "--baseline", "pink"),
        ("explain", "PHOTO", "--n-segments", "100", "--method", "exact"),
        ("explain", "PHOTO", "--nsamples", "20", "--method", "permutation"),
        ("train", "--network", "nonsense"),
        ("train", "--dataset", "nonsense"),
        ("train", "--dataset", "drawn", "--epochs", "0"),
        ("train", "--dataset", "drawn", "--learning-rate", "nan"),
        ("evaluate", "--part", "choosing"),
        ("evaluate", "--part", "choosing", "--photos", ".", "--table"),
        ("evaluate", "--part", "nonsense", "--photos", "."),
        ("bench", "--only", "nonsense"),
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_wrong_use_is_one_line(cli, photo, arguments):
    complaint(cli(*[photo if a == "PHOTO" else a for a in arguments]), 2)


def test_a_wrong_setting_is_said_before_the_photo_is_read(cli, tmp_path):
    line = complaint(cli("explain", tmp_path / "nowhere.jpg", "--nsamples", "0"), 2)
    assert "nsamples" in line


# help


@pytest.mark.parametrize("command", [(), *[(name,) for name in COMMANDS]], ids=" ".join)
def test_help_tells_the_usage_on_standard_output(cli, command):
    status, out, err = cli(*command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(" ".join(("usage: python -m insects", *command)))


def test_help_says_in_a_sentence_what_each_method_is(cli):
    words = " ".join(cli("explain", "--help")[1].split())
    for method, sentence in METHOD_SENTENCES.items():
        assert f"{method}: {sentence}" in words


def test_help_lists_every_command(cli):
    out = cli("--help")[1]
    assert all(f"\n    {command} " in out for command in COMMANDS)


# The reader has had enough


def test_a_reader_that_closes_early_sees_no_traceback(photo):
    command = [sys.executable, "-m", "insects", "explain", str(photo), "--json", *FEW]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        running.stdout.close()
        assert running.stderr.read() == ""


# train


@pytest.mark.slow
def test_a_network_trained_on_drawn_insects_can_predict(photo, tmp_path):
    run = tmp_path / "x"
    options = ("--dataset", "drawn", "--epochs", "1", "--network", "efficientnet_lite0")
    status, out, err = process("train", *options, "--run", run, "--json")
    assert (status, err) == (0, "")
    trained = json.loads(out)
    assert (trained["status"], trained["path"]) == ("finished", str(run))
    assert trained["metrics"]["test"]["photos"] > 0

    status, out, err = process("predict", photo, "--network", run, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["label"] in CLASS_NAMES

    again = process("train", *options, "--run", run)
    assert str(run) in complaint(again, 1)
