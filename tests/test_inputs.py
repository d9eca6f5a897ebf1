"""What a network is trained on: read once, kept on disk whole or not at all, varied by the seed."""

import os
from dataclasses import dataclass

import numpy as np
import pytest

from insects.datasets import Dataset, Photo
from insects.errors import PhotoError, SettingsError
from insects.networks import NETWORKS, Network
from insects.photos import resize
from insects.runs.locks import is_locked, try_lock
from insects.storage import cache_folder
from insects.training import squares
from insects.training.batches import Batches, varied
from insects.training.inputs import Part, can_augment, load_part

CLASS_NAMES = ("beetles", "ants")
SMALL = Network("small", "Small", "", 8, NETWORKS["tang"].recipe, NETWORKS["tang"].build)


@dataclass(frozen=True)
class MadePhoto(Photo):
    """A photo of noise that says how often it was read."""

    number: int
    split: str
    reads: list
    broken: bool = False

    @property
    def name(self):
        return f"{self.number}"

    @property
    def label(self):
        return CLASS_NAMES[self.number % 2]

    @property
    def content_hash(self):
        return f"{self.number * 7919 % 1009:064x}"

    def load(self):
        if self.broken:
            raise PhotoError(f"{self.name}: no photo")
        self.reads.append(self.number)
        rng = np.random.default_rng(self.number)
        return rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))


def made(count=6, first=0, reads=None, broken=()):
    """Photos with numbers; every third is for testing."""
    reads = [] if reads is None else reads
    photos = (
        MadePhoto(i, "train" if i % 3 else "test", reads, i in broken)
        for i in range(first, first + count)
    )
    return Dataset("made", CLASS_NAMES, tuple(photos))


def load(dataset, part="train", network=SMALL, told=None):
    return load_part(dataset, part, network, lambda *step: told is not None and told.append(step))


def files():
    return sorted((cache_folder() / "squares").glob("squares-*"))


def drafts():
    return sorted((cache_folder() / "squares").glob(".squares-*"))


# Squares on disk


def test_a_part_has_its_photos_at_the_networks_size_in_the_datasets_order():
    dataset = made()
    part = load(dataset)
    wanted = [resize(photo.load(), 8) for photo in dataset.part("train")]
    assert part.inputs.shape == (4, 8, 8, 3)
    assert np.array_equal(part.inputs[np.arange(4)], wanted)
    assert part.labels.tolist() == [1, 0, 0, 1]
    assert part.photos == dataset.part("train")


def test_photos_are_read_once_for_both_parts_and_for_all_that_follow():
    reads = []
    for _ in range(2):
        for part in ("train", "test"):
            load(made(reads=reads), part)
    assert sorted(reads) == list(range(6))


def test_another_split_of_some_of_the_photos_reads_none_again():
    reads = []
    whole = made(reads=reads)
    load(whole)
    reads.clear()
    other = whole.with_photos([photo.in_part("train") for photo in whole.photos[2:]], "other")
    part = load(other)
    assert reads == []
    assert np.array_equal(part.inputs[-1:][0], resize(whole.photos[-1].load(), 8))


def test_a_new_photo_makes_a_new_file():
    load(made(6))
    load(made(7))
    assert len(files()) == 2


def test_each_size_has_a_file_of_its_own():
    load(made())
    larger = Network("large", "", "", 12, SMALL.recipe, SMALL.build)
    assert load(made(), network=larger).inputs.shape == (4, 12, 12, 3)


def test_photos_stay_on_disk_until_some_are_asked_for():
    part = load(made())
    assert isinstance(part.inputs._kept, np.memmap)
    assert isinstance(part.take(np.array([2, 0])).inputs._kept, np.memmap)


def test_a_reading_that_breaks_off_leaves_nothing_that_counts():
    def break_off(what, done, of):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_part(made(), "train", SMALL, break_off)
    assert files() == drafts() == []


def test_a_file_that_is_cut_short_is_made_anew():
    wanted = load(made()).inputs[:]
    (path,) = files()
    os.truncate(path, path.stat().st_size // 2)
    reads = []
    assert np.array_equal(load(made(reads=reads)).inputs[:], wanted)
    assert len(reads) == 6


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_none_of_ours_is_passed_over(content):
    load(made())
    files()[0].write_bytes(content)
    assert load(made()).inputs.shape == (4, 8, 8, 3)


def test_what_a_killed_process_left_is_removed_and_what_a_live_one_writes_is_not():
    folder = cache_folder() / "squares"
    folder.mkdir(parents=True)
    left, live = folder / ".squares-8-1-x.npy.1", folder / ".squares-8-1-y.npy.2"
    for path in (left, live):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    load(made())
    assert drafts() == [live]


def test_what_a_process_writes_that_slept_for_long_is_not_taken_for_left_over():
    folder = cache_folder() / "squares"
    folder.mkdir(parents=True)
    slow = folder / ".squares-8-1-x.npy.1"
    with slow.open("wb") as file:
        assert try_lock(file.fileno())
        os.utime(slow, (0, 0))
        load(made())
        assert drafts() == [slow]
    load(made(first=100))
    assert drafts() == []


def test_a_draft_is_locked_while_it_is_written():
    seen = []

    def look(stage, done, of):
        seen.extend(is_locked(path) for path in drafts())

    squares.load_squares(made(), made().photos, 8, look)
    assert seen
    assert all(seen)


def test_the_files_used_last_are_kept_when_there_are_too_many(monkeypatch):
    load(made())
    (first,) = files()
    os.utime(first, (0, 0))
    monkeypatch.setattr(squares, "MAX_KEPT_BYTES", first.stat().st_size + 10)
    load(made(first=100))
    assert len(files()) == 1
    assert first not in files()


def test_a_photo_that_cannot_be_read_is_named_by_every_kind_of_network():
    for network in (SMALL, NETWORKS["efficientnet_lite0"]):
        with pytest.raises(PhotoError, match=r"^4: no photo$"):
            load(made(broken=(4,)), network=network)


def test_reading_is_told_photo_by_photo_and_ends_with_all():
    told = []
    load(made(), told=told)
    assert told[:6] == [("reading photos", i + 1, 6) for i in range(6)]
    assert told[-1] == ("reading photos", 4, 4)


# What a backbone saw


def test_a_head_learns_from_what_its_backbone_saw_and_looks_once(default_model):
    dataset, told = made(), []
    part = load(dataset, "test", NETWORKS["efficientnet_lite0"], told)
    images = np.stack([resize(photo.load(), 224) for photo in dataset.part("test")])
    expected = default_model._networks[0](images)
    assert np.allclose(part.inputs, expected, atol=3e-3)
    assert ("looking at photos", 6, 6) in told
    told.clear()
    load(dataset, "train", NETWORKS["efficientnet_lite0"], told)
    assert told == [("reading photos", 4, 4)]


# Parts


def test_some_rows_of_a_part_keep_inputs_labels_and_photos_together():
    part = load(made())
    rows = np.array([3, 1])
    some = part.take(rows)
    assert np.array_equal(some.inputs[:], part.inputs[rows])
    assert some.labels.tolist() == part.labels[rows].tolist()
    assert some.photos == (part.photos[3], part.photos[1])


def test_some_rows_of_a_part_in_memory_are_an_array():
    part = Part(np.arange(10.0).reshape(5, 2), np.arange(5))
    assert part.take(np.array([4])).inputs.tolist() == [[8.0, 9.0]]


# Varied photos


def photos_in(count=6):
    return np.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)


def batch(augment=True, seed=1, epoch=0, size=6):
    batches = Batches(photos_in(), np.arange(6), size, seed, augment)
    batches.begin(epoch)
    got = [batches[i] for i in range(batches.num_batches)]
    inputs, labels = (np.concatenate(parts) for parts in zip(*got, strict=True))
    return inputs[np.argsort(labels)]


def test_photos_reach_the_network_as_they_are_without_augmentation():
    assert np.array_equal(batch(augment=False), photos_in())


def test_varied_photos_are_others_in_each_epoch_and_the_same_again_by_the_seed():
    assert np.array_equal(batch(), batch())
    assert not np.array_equal(batch(), batch(epoch=1))
    assert not np.array_equal(batch(), batch(seed=2))


def test_how_a_photo_is_varied_does_not_depend_on_its_batch():
    assert np.array_equal(batch(size=6), batch(size=2))


def test_a_varied_photo_is_still_much_the_same():
    ramp = np.linspace(60, 160, 32).astype(np.uint8)
    photo = np.broadcast_to(ramp[:, None, None], (32, 32, 3)).copy()
    for seed in range(20):
        changed = varied(photo, [0, 0, seed])
        assert changed.shape == photo.shape
        assert changed.dtype == np.uint8
        assert np.abs(changed.astype(int) - photo).mean() < 40
        assert (np.diff(changed[:, 0, 0].astype(int)) >= 0).all()  # never upside down


def test_about_half_of_the_varied_photos_are_mirrored():
    photo = np.zeros((16, 16, 3), np.uint8)
    photo[:, 8:] = 200
    mirrored = [varied(photo, [0, 0, seed])[:, :4].mean() > 100 for seed in range(200)]
    assert 0.35 < np.mean(mirrored) < 0.65


def test_what_a_backbone_saw_cannot_be_varied():
    assert not can_augment(NETWORKS["efficientnet_lite0"])
    assert can_augment(NETWORKS["tang"])
    with pytest.raises(SettingsError, match="Only photos"):
        Batches(np.zeros((4, 1280), np.float32), np.arange(4), 2, 0, augment=True)
    with pytest.raises(SettingsError, match="seed"):
        Batches(photos_in(), np.arange(6), 2, augment=True)
