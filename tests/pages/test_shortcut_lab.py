"""The Shortcut lab, without a browser and without a training: what each choice and press shows."""

import json
import os
import re
import shutil

import pytest
from opening import text
from streamlit.testing.v1 import AppTest

from insects import shortcut
from insects.runs import Run, find_run, list_runs
from insects.shortcut import PAIR, known_figures
from insects.training import launch
from insects.ui import cache
from insects.ui import runs as runs_of_page
from insects.ui import shortcut as lab

ME, OTHER = "a" * 32, "b" * 32
TRAIN = "Train both again on this machine"
ON_THE_INSECT = re.compile(r"\*\*(\d+) % of what speaks for this answer lies on the insect")


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The runs for which a process would have been started; none is."""
    runs = []
    monkeypatch.setattr(launch, "_spawn", runs.append)
    return runs


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """The commands that would have measured a run; none is run."""
    commands = []

    class Waiting:
        def start(self, key, arguments):
            commands.append(arguments)
            return lab.Worker(arguments)

    monkeypatch.setattr(lab, "workers", Waiting)
    return commands


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page for a visitor, or another one."""

    def open_one(visitor=ME, **session) -> AppTest:
        return open_page("shortcut_lab", visitor=visitor, **session)

    return open_one


@pytest.fixture
def trained(own_runs_folder):
    """Return a function that makes a visitor's pair: the shipped one under other names."""

    def make(owner=ME, seed=1, bias=1.0, state="finished", figures=True) -> list[Run]:
        return [
            _copied(own_runs_folder, name, owner, seed, bias * i, state, figures)
            for i, name in enumerate(PAIR)
        ]

    return make


def _copied(folder, name, owner, seed, bias, state, figures) -> Run:
    settings = shortcut.training(bias, seed, owner)
    run = launch.create(settings, settings.load_dataset(), folder / f"{name}-seed{seed}")
    if state == "finished":
        shutil.copy(find_run(name).path / "model.tflite", run.path)
        metrics = find_run(name).metrics
        if not figures:
            del metrics[shortcut.KEY]
        (run.path / "metrics.json").write_text(json.dumps(metrics))
    run.set_status(state)
    os.utime(run.path / "status")
    return run


def answers(page: AppTest) -> list[str]:
    """Return what both networks say, and whether that is right."""
    return [one.value for one in page.markdown if one.value.startswith("#### ")]


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


# What is shown


def test_both_networks_answer_and_the_second_has_far_less_of_its_relevance_on_the_insect(visit):
    page = visit()
    assert [answer.rpartition(" ")[2] for answer in answers(page)] == ["right", "right"]
    honest, betrayed = map(int, ON_THE_INSECT.findall(text(page)))
    assert betrayed < honest / 2


def test_the_figures_of_both_are_told_as_they_were_measured(visit):
    said = text(visit())
    for figures in (known_figures(find_run(name)) for name in PAIR):
        assert f"{figures.right_on_any} of {figures.pictures}" in said
        assert f"{figures.right_on_betraying} of {figures.pictures}" in said
        assert f"{100 * figures.mass.mean:.0f} ± " in said


def test_every_picture_has_words_in_its_place(visit):
    pictures = visit().image
    assert len(pictures) == 3
    assert all(picture.proto.imgs[0].alt for picture in pictures)


def test_on_the_ground_of_another_class_the_second_network_is_wrong(visit):
    page = visit()
    page.selectbox(key="lab-ground").set_value("leaf").run()
    first, second = answers(page)
    assert first.startswith("#### beetle,")
    assert second.startswith("#### dragonfly,")
    assert second.endswith("wrong")


def test_another_insect_comes_on_the_ground_that_betrays_it(visit):
    page = visit()
    page.radio(key="lab-class").set_value("cockroach").run()
    assert page.selectbox(key="lab-ground").value == "bark"
    assert answers(page)[1].startswith("#### cockroach")


def test_another_picture_is_another_insect_of_the_class_and_after_the_last_comes_the_first(visit):
    page = visit()
    first = page.image[0].proto.imgs[0].url
    assert press(page, "Another picture").image[0].proto.imgs[0].url != first
    last = visit(**{"lab-number": shortcut.PER_CLASS - 1})
    assert press(last, "Another picture").image[0].proto.imgs[0].url == first


def test_the_two_networks_are_offered_nowhere_else():
    assert not set(PAIR) & set(cache.network_titles())
    assert not set(PAIR) & {run.name for run in runs_of_page.visible()}


# Training


def test_one_press_starts_two_trainings_on_the_same_insects(visit, started):
    page = visit()
    page.slider(key="lab-bias").set_value(70).run()
    press(page, TRAIN)
    honest, betrayed = (run.config for run in started)
    assert (honest["background_bias"], betrayed["background_bias"]) == (0, 0.7)
    assert honest["seed"] == betrayed["seed"] == 1
    assert honest["network"] == betrayed["network"] == "small"
    assert all(run.is_owned_by(ME) for run in started)


def test_while_they_go_on_the_page_shows_how_far_they_are_and_the_networks_of_before(visit):
    page = press(visit(), TRAIN)
    assert "Stop both" in labels(page)
    assert TRAIN not in labels(page)
    assert len(page.get("progress")) == 2
    assert len(answers(page)) == 2


def test_where_the_host_allows_fewer_epochs_they_are_trained_for_so_many(
    visit, started, monkeypatch
):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", "7")
    page = press(visit(), TRAIN)
    assert not page.error
    assert [run.config["recipe"]["epochs"] for run in started] == [7, 7]


def test_both_can_be_stopped(visit, started):
    press(press(visit(), TRAIN), "Stop both")
    assert all(run.wants_to_stop for run in started)


def test_where_the_second_cannot_wait_the_first_does_not_start(visit, started, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_QUEUED", "1")
    page = press(visit(), TRAIN)
    (first,) = started
    assert first.wants_to_stop
    assert "wait already" in page.error[0].value


def test_a_trained_pair_takes_the_place_of_the_shipped_one_which_can_be_had_back(visit, trained):
    trained(bias=0.8)
    page = visit()
    assert "in 80 pictures of 100" in text(page)
    (choice,) = [one for one in page.get("button_group") if one.key == "lab-pair"]
    choice.set_value("that come with the app").run()
    assert "in 80 pictures of 100" not in text(page)


def test_the_next_pair_is_of_other_insects_and_the_latest_is_shown(visit, trained, started):
    trained(seed=1, bias=0.5)
    trained(seed=2, bias=0.6)
    page = visit()
    assert "in 60 pictures of 100" in text(page)
    press(page, TRAIN)
    assert {run.config["seed"] for run in started} == {3}


def test_a_pair_that_was_not_measured_yet_is_measured_and_shown_meanwhile(visit, trained, measured):
    pair = trained(figures=False)
    page = visit()
    assert "Asking both about new pictures" in text(page)
    assert len(answers(page)) == 2
    paths = {command[command.index("--network") + 1] for command in measured}
    assert paths == {str(run.path.resolve()) for run in pair}


def test_a_training_that_failed_says_why_and_the_shipped_pair_stays(visit, trained):
    for run in trained(state="failed"):
        run.set_status("failed", "no memory was left")
    page = visit()
    assert "no memory was left" in page.warning[0].value
    assert TRAIN in labels(page)
    assert len(answers(page)) == 2


def test_the_pairs_of_other_visitors_are_not_shown(visit, trained):
    trained(owner=OTHER, bias=0.8)
    assert "in 80 pictures of 100" not in text(visit(ME))
    assert "in 80 pictures of 100" in text(visit(OTHER))


def test_a_run_that_is_no_half_of_a_pair_changes_nothing(visit, trained):
    shutil.rmtree(trained(bias=0.8)[0].path)
    assert "in 80 pictures of 100" not in text(visit())
    assert len(list_runs(ME)) > 0
