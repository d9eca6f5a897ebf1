"""The Train page before a training: what can be chosen, and what Start leads to."""

import re

import pytest
from made_runs import made_run
from opening import text
from streamlit.testing.v1 import AppTest
from train_view import ME, MINE, choose, ours, press, state

from insects.networks import NETWORKS, Recipe
from insects.runs import Run
from insects.training import limits

# What can be chosen


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("efficientnet_lite0", "3,843"), ("zhang", "8,412,707"), ("tang", "5,611,083")],
)
def test_each_network_comes_with_its_sentence_and_how_many_numbers_it_learns(name, numbers, visit):
    captions = visit().radio(key="train-network").proto.captions
    (said,) = [caption for caption in captions if caption.startswith(NETWORKS[name].sentence)]
    assert said.endswith(f" {numbers} numbers to learn.")


def test_the_numbers_to_learn_are_for_as_many_classes_as_the_photos_have(visit, garden):
    page = choose(visit(), "train-dataset", garden)
    assert " 2,562 numbers to learn." in page.radio(key="train-network").proto.captions[0]


def test_a_split_is_explained_in_a_sentence(visit):
    page = visit()
    assert "Without those training photos that are also test photos." in text(page)
    choose(page, "train-split", "published")
    assert "Of five drawn photos four are for training and one is for testing." in text(page)


def test_choosing_a_network_sets_the_recipe_it_is_usually_trained_with(visit):
    page = choose(visit(), "train-network", "zhang")
    assert page.slider(key="epochs").value == 5
    assert page.select_slider(key="batch_size").value == 32
    assert page.select_slider(key="learning_rate").value == 1e-3


def test_the_layers_of_the_chosen_network_are_listed_with_their_sizes(visit, garden):
    page = choose(visit(), "train-network", "tang")
    assert "The layers of Tang's network" in [box.label for box in page.expander]
    choose(page, "train-dataset", garden)
    layers = page.dataframe[0].value
    assert layers["output_shape"].iloc[-1] == "(None, 2)"
    assert layers["parameters"].sum() > 5_000_000


def test_no_more_epochs_can_be_chosen_than_the_host_allows(visit, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", "3")
    slider = visit().slider(key="epochs")
    assert (slider.max, slider.value) == (3, 3)


def test_a_host_may_allow_a_single_epoch(visit, monkeypatch, started):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", "1")
    page = press(visit(), "Start")
    assert not page.slider
    assert started[0].config["recipe"]["epochs"] == 1


# Starting


def test_start_makes_a_run_of_this_visitors_that_waits_and_is_shown(visit, started):
    page = press(visit(), "Start")
    (run,) = ours()
    assert started == [run]
    assert run.status[0] == "queued"
    assert run.is_owned_by(ME)
    assert run.config["dataset"] == "drawn"
    assert page.selectbox(key="run").value == run.name
    assert "waiting" in state(page)


def test_a_run_is_trained_as_was_chosen(visit, started):
    page = choose(visit(), "train-network", "zhang")
    choose(page, "train-split", "published")
    choose(page, "epochs", 7)
    choose(page, "learning_rate", 3e-4)
    choose(page, "augment", True)
    press(page, "Start")
    config = started[0].config
    assert (config["network"], config["split"], config["augment"]) == ("zhang", "published", True)
    assert config["recipe"] == Recipe(7, 32, "adam", 3e-4).to_dict()


def test_photos_cannot_be_varied_before_a_backbone(visit, started):
    page = choose(choose(visit(), "train-network", "tang"), "augment", True)
    choose(page, "train-network", "efficientnet_lite0")
    assert page.toggle(key="augment").disabled
    press(page, "Start")
    assert started[0].config["augment"] is False


def test_who_starts_a_training_for_the_first_time_is_known_from_then_on(visit, started):
    page = press(visit(visitor=""), "Start")
    token = page.session_state.visitor
    assert started[0].is_owned_by(token)
    assert any(f"={token};" in element.proto.body for element in page.get("html"))


def refused(page: AppTest, words: str, started: list[Run]) -> None:
    press(page, "Start")
    (error,) = page.error
    assert re.search(words, error.value)
    assert not started


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PHOTOS", "20", "at most 20 photos; these are 450"),
        ("MINUTES", "0.01", r"about \d+ minutes; 0.01 are possible here"),
        ("EPOCHS", "201", "epochs must be from 1 to 200, not 201"),
    ],
)
def test_a_training_that_is_too_much_for_the_host_is_refused_in_words(
    variable, value, words, visit, monkeypatch, started
):
    monkeypatch.setenv(f"INSECTS_MAX_{variable}", value)
    page = visit()
    if variable == "EPOCHS":
        choose(page, "epochs", int(value))
    refused(page, words, started)
    assert not ours()


def test_a_training_that_needs_more_memory_than_is_free_is_refused_with_both(
    visit, monkeypatch, started
):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 700.0)
    refused(visit(), r"would need about [\d,]+ MB of memory; 700 MB are free", started)
    assert not ours()


def test_who_has_enough_trainings_that_wait_can_start_no_more(visit, own_runs_folder, started):
    for name in "ab":
        made_run(own_runs_folder, name, "queued", MINE)
    refused(visit(), "2 of your trainings wait already", started)
