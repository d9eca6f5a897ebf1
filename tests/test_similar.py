"""The index of training photos: what is nearest, and what is refused."""

import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import made_run

from insects.datasets import load_dataset
from insects.datasets.published import source_of
from insects.datasets.splits import apply_split
from insects.similar import FILE, MAX_PHOTOS, N_FEATURES, Index, load_index, save_index
from insects.training.inputs import Part
from insects.training.similar_index import write_index

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")


def arrays(n=12, seed=0):
    embeddings = np.random.default_rng(seed).normal(1, 1, (n, N_FEATURES)).astype(np.float16)
    names = [f"train/{CLASS_NAMES[i % 3]}/{5000 + i}" for i in range(n)]
    contents = [f"{i:064x}" for i in range(n)]
    return {
        "embeddings": embeddings,
        "names": np.array(names),
        "labels": np.arange(n, dtype=np.int64) % 3,
        "contents": np.array(contents),
    }


def index(dataset="published", **changes):
    return Index(CLASS_NAMES, dataset, **{**arrays(), **changes})


@pytest.fixture
def run(tmp_path):
    return made_run(tmp_path)


# What is nearest


def test_the_very_photo_comes_first_and_is_named_as_such():
    made = index()
    found = made.nearest(made.embeddings[4].astype(np.float32))
    assert len(found) == 6
    assert found[0].name == "train/cockroach/5004"
    assert (found[0].class_name, found[0].content) == ("cockroach", f"{4:064x}")
    assert [one.is_same for one in found] == [True] + 5 * [False]
    similarities = [one.similarity for one in found]
    assert similarities == sorted(similarities, reverse=True)


def test_a_photo_between_two_is_most_like_these_two():
    made = index()
    between = made.embeddings[[2, 7]].astype(np.float32).mean(axis=0)
    assert {one.name[-1] for one in made.nearest(between, 2)} == {"2", "7"}


def test_brightness_that_all_photos_share_makes_nothing_alike():
    made = index(embeddings=arrays()["embeddings"] + np.float16(50))
    found = made.nearest(made.embeddings[0].astype(np.float32), 2)
    assert found[0].similarity > 0.99
    assert found[1].similarity < 0.3


@pytest.mark.parametrize("label", [0, 1, 2])
def test_of_other_classes_none_is_of_that_class_and_the_order_is_the_same(label):
    made = index()
    asked = made.embeddings[0].astype(np.float32)
    found = made.nearest_of_other_classes(asked, label, 12)
    everything = made.nearest(asked, 12)
    assert found == [one for one in everything if one.class_name != CLASS_NAMES[label]]


def test_where_there_are_fewer_photos_there_are_fewer_answers():
    made = index(**arrays(2))
    assert len(made.nearest(np.ones(N_FEATURES, np.float32))) == 2
    only_beetles = index(labels=np.zeros(12, np.int64))
    assert only_beetles.nearest_of_other_classes(np.ones(N_FEATURES, np.float32), 0) == []


def test_only_the_published_photos_have_a_page_that_credits_them():
    asked = np.ones(N_FEATURES, np.float32)
    for one in index().nearest(asked):
        assert one.source == source_of(one.name[-4:])
    assert all(one.source is None for one in index("drawn").nearest(asked))


@given(
    seed=st.integers(0, 99), n=st.integers(1, 9), scale=st.floats(0, 100), label=st.integers(0, 2)
)
def test_similarities_are_cosines_for_any_embedding(seed, n, scale, label):
    asked = np.random.default_rng(seed).normal(0, 1, N_FEATURES).astype(np.float32) * scale
    made = index(**arrays(n, seed))
    for one in [*made.nearest(asked), *made.nearest_of_other_classes(asked, label)]:
        assert -1.001 <= one.similarity <= 1.001


# In a run directory


def test_what_is_saved_comes_back(run):
    saved = arrays()
    save_index(run.path, **saved)
    found = load_index(run)
    assert found.class_names == tuple(run.config["class_names"])
    for name, values in saved.items():
        assert np.array_equal(getattr(found, name), values)


def test_a_run_without_an_index_has_none(run):
    assert load_index(run) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": np.full(12, 3)},
        {"labels": np.full(12, -1)},
        {"labels": np.zeros(11, np.int64)},
        {"names": np.array(["one"])},
        {"embeddings": np.zeros((12, 7), np.float16)},
        {"embeddings": np.full((12, N_FEATURES), np.nan, np.float16)},
        arrays(MAX_PHOTOS + 1),
        arrays(0),
    ],
    ids=["class", "negative", "labels", "names", "width", "nan", "many", "none"],
)
def test_an_index_that_makes_no_sense_is_none(run, changes):
    save_index(run.path, **{**arrays(), **changes})
    assert load_index(run) is None


def test_a_pickled_array_is_not_read(run):
    values = {**arrays(), "names": np.array([{"a": 1}] * 12, dtype=object)}
    np.savez(run.path / FILE, **values)
    assert load_index(run) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_a_damaged_file_is_none(run, content):
    (run.path / FILE).write_bytes(content)
    assert load_index(run) is None


def test_arrays_that_unpack_to_too_much_are_not_read(run, monkeypatch):
    with zipfile.ZipFile(run.path / FILE, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("embeddings.npy", bytes(20_000_000))
    monkeypatch.setattr(np, "load", None)
    assert load_index(run) is None


# Written after a training


@pytest.fixture(scope="module")
def drawn():
    return apply_split(load_dataset("drawn"), "published")


def part_of(dataset, step=8):
    photos = dataset.part("train")[::step]
    return Part(np.zeros(len(photos)), dataset.labels(photos), photos)


def small(dataset, part):
    return dataset.with_photos(part.photos, "published")


def test_a_training_photo_finds_itself_in_the_index_of_its_run(run, drawn, default_model):
    part = part_of(drawn)
    write_index(run, small(drawn, part), part)
    found = load_index(run)
    assert found.names.tolist() == [photo.full_name for photo in part.photos]
    assert found.labels.tolist() == part.labels.tolist()
    for photo in part.photos[:3]:
        first, second = found.nearest(default_model.embed(photo.load()), 2)
        assert first.content == photo.content_hash
        assert first.is_same
        assert not second.is_same


def test_of_copies_one_is_in_the_index(run, drawn):
    part = part_of(drawn, 40)
    twice = Part(np.zeros(2), np.repeat(part.labels, 2), tuple(np.repeat(part.photos, 2)))
    write_index(run, small(drawn, part), twice)
    assert len(load_index(run).names) == len(part.photos)


def test_of_too_many_photos_some_are_drawn_by_the_seed(run, drawn, monkeypatch):
    monkeypatch.setattr("insects.training.similar_index.MAX_PHOTOS", 5)
    part = part_of(drawn)
    kept = []
    for _ in range(2):
        write_index(run, small(drawn, part), part)
        kept.append(load_index(run).names.tolist())
    assert len(kept[0]) == 5
    assert kept[0] == kept[1]


def test_of_photos_that_nobody_knows_nothing_is_written(run, drawn):
    write_index(run, drawn, Part(np.zeros(3), np.zeros(3, np.int64)))
    assert not (run.path / FILE).exists()
