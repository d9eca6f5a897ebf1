"""Looks: each photo is looked at once, whatever happens to the file they are kept in."""

import os

import numpy as np
import pytest
from made_photos import MadePhoto, drawn_photos, made, made_dataset

from insects.datasets import Dataset, uploads
from insects.datasets import looks as looks_module
from insects.datasets.looks import EDITION, kept_folder, look


@pytest.fixture
def photos():
    """Two drawn photos of each class."""
    return drawn_photos(2)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache in which nothing is kept yet."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def loaded(monkeypatch):
    """The names of the photos that were loaded."""
    names = []
    load = MadePhoto.load
    monkeypatch.setattr(MadePhoto, "load", lambda self: names.append(self.name) or load(self))
    return names


def kept_file(dataset):
    """The file that the looks of a dataset are kept in."""
    contents = sorted(photo.content_hash for photo in dataset.photos)
    return kept_folder(dataset) / f"looks-{looks_module.digest(contents)}-{EDITION}.npz"


def test_looks_say_what_each_photo_looks_like(photos):
    dataset = made_dataset(*photos)
    looks = look(dataset)
    row = looks.rows(photos[:1])[0]
    brightness = (photos[0].load() @ [0.299, 0.587, 0.114]).mean()
    assert looks.readable.all()
    assert looks.sizes[row].tolist() == [256, 256]
    assert looks.greys[row].mean() == pytest.approx(brightness, abs=1)
    assert np.linalg.norm(looks.embeddings, axis=1) == pytest.approx(1, abs=1e-3)


def test_rows_find_each_photo_by_its_content_whatever_its_name(photos):
    looks = look(made_dataset(*photos))
    renamed = [made(photo, name="other", label="moths") for photo in reversed(photos)]
    assert looks.contents[looks.rows(renamed)].tolist() == [p.content_hash for p in renamed]


def test_a_second_look_reads_no_photo(photos, loaded):
    first = look(made_dataset(*photos))
    loaded.clear()
    second = look(made_dataset(*reversed(photos)))
    assert loaded == []
    assert second.table.tobytes() == first.table.tobytes()


def test_only_photos_that_are_new_are_read(photos, loaded):
    look(made_dataset(*photos[:4]))
    loaded.clear()
    look(made_dataset(*photos))
    assert loaded == [photo.name for photo in sorted(photos[4:], key=lambda p: p.content_hash)]


def test_copies_are_read_once(photos, loaded):
    copies = [made(photos[0], name=name) for name in ("copy", "another")]
    loaded.clear()
    assert len(look(made_dataset(photos[0], *copies)).table) == 1
    assert len(loaded) == 1


def test_a_photo_looks_the_same_in_any_company(photos):
    alone = look(made_dataset(photos[0]))
    row = look(made_dataset(*photos)).rows(photos[:1])[0]
    assert np.array_equal(alone.embeddings[0], look(made_dataset(*photos)).embeddings[row])


@pytest.mark.parametrize(
    "damage", [b"", b"not a file of ours", None], ids=["empty", "other", "cut"]
)
def test_a_damaged_file_is_made_anew(photos, loaded, damage):
    dataset = made_dataset(*photos)
    first = look(dataset)
    path = kept_file(dataset)
    path.write_bytes(path.read_bytes()[:-5000] if damage is None else damage)
    loaded.clear()
    assert np.array_equal(look(dataset).table, first.table)
    assert len(loaded) == len(photos)
    assert np.array_equal(look(dataset).table, first.table)
    assert len(loaded) == len(photos)


def test_a_changed_byte_in_the_file_is_noticed(photos, loaded):
    dataset = made_dataset(*photos)
    first = look(dataset)
    data = bytearray(kept_file(dataset).read_bytes())
    data[len(data) // 2] ^= 255
    kept_file(dataset).write_bytes(data)
    assert np.array_equal(look(dataset).table, first.table)


def test_a_photo_that_cannot_be_read_is_named_with_its_error(photos):
    broken = MadePhoto("broken", "beetles", "train", None)
    looks = look(made_dataset(broken, *photos))
    assert looks.errors[looks.rows([broken])].tolist() == ["This photo is damaged."]
    assert looks.readable.sum() == len(photos)
    assert not looks.embeddings[looks.rows([broken])].any()


def test_a_photo_that_could_not_be_read_is_tried_again_with_a_changed_dataset(photos, loaded):
    broken = MadePhoto("broken", "beetles", "train", None)
    look(made_dataset(broken, photos[0]))
    loaded.clear()
    look(made_dataset(broken, *photos[:2]))
    assert "broken" in loaded


def test_no_photos_at_all_are_no_rows():
    assert len(look(made_dataset()).table) == 0


def test_progress_ends_with_all_photos(photos):
    said = []
    look(made_dataset(*photos), lambda *step: said.append(step))
    assert said[-1] == ("looking at photos", len(photos), len(photos))


def test_only_the_files_used_last_are_kept(photos, monkeypatch):
    datasets = [made_dataset(photo) for photo in photos]
    for dataset in datasets[:3]:
        look(dataset)
    size = sum(path.stat().st_size for path in kept_folder(datasets[0]).iterdir()) // 3
    for seconds, dataset in enumerate(datasets[:3]):
        os.utime(kept_file(dataset), (seconds, seconds))
    look(datasets[0])
    monkeypatch.setattr(looks_module, "MAX_KEPT_BYTES", 3 * size + 100)
    look(datasets[3])
    assert [kept_file(dataset).exists() for dataset in datasets[:4]] == [True, False, True, True]


def test_what_is_kept_of_a_visitors_dataset_is_kept_with_it():
    folder = uploads.visitors_folder() / "somebody" / "my-bugs"
    assert kept_folder(Dataset("my-bugs", (), (), folder=folder)).is_relative_to(folder)
    assert not kept_folder(made_dataset()).is_relative_to(uploads.visitors_folder())
