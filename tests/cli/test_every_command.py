"""What holds of every command: the answer alone, one line where it cannot be, and help."""

import json

import pytest
from terminal import FEW, complaint, process

from insects.runs import Run
from insects.wording import METHOD_SENTENCES

COMMANDS = ("predict", "explain", "train", "runs", "evaluate", "bench")


@pytest.mark.parametrize("command", [("predict",), ("explain", *FEW)], ids=lambda c: c[0])
def test_nothing_but_the_answer_reaches_the_terminal(photo, command):
    status, out, err = process(command[0], photo, *command[1:], "--json")
    assert (status, err) == (0, "")
    json.loads(out)


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


def test_a_network_that_is_still_being_trained_is_refused_in_one_line(cli, photo, own_runs_folder):
    (own_runs_folder / "half-way").mkdir(parents=True)
    (own_runs_folder / "half-way" / "config.json").write_text('{"network": "zhang"}')
    (own_runs_folder / "half-way" / "status").write_text("running\n")
    with Run(own_runs_folder / "half-way").hold():
        assert "running" in complaint(cli("predict", photo, "--network", "half-way"), 1)


def test_an_error_is_one_line_in_a_process_of_its_own_too(no_photo):
    assert "not a photo" in complaint(process("explain", no_photo), 1)


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
