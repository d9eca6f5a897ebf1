"""What ImageNet's last layer says: evidence for a class, and whether a photo is of any."""

import json
import shutil

import numpy as np
import pytest

from insects import imagenet
from insects.datasets import load_dataset
from insects.inference import FAMILIAR, backbone, load_model
from insects.photos import resize
from insects.runs import SHIPPED

NAMES = ("beetles", "cockroach", "dragonflies")


def test_it_knows_our_three_classes_and_no_others():
    assert imagenet.knows(NAMES)
    assert imagenet.knows(("dragonflies", "beetles"))
    assert not imagenet.knows((*NAMES, "spiders"))


def test_the_evidence_is_the_log_sum_over_the_rows_of_a_class():
    embeddings = np.random.default_rng(0).random((4, 1280), np.float32)
    logits = imagenet.last_layer().logits(embeddings).astype(float)
    expected = np.log(np.exp(logits[:, [319, 320]]).sum(axis=1))
    found = imagenet.evidence(embeddings, NAMES)
    assert found.shape == (4, 3)
    assert found[:, 2] == pytest.approx(expected, abs=1e-4)
    assert found[:, 1] == pytest.approx(logits[:, 314], abs=1e-4)


def test_familiarity_of_a_view_that_is_the_same_everywhere_is_the_log_odds_of_its_embedding():
    embedding = np.random.default_rng(1).random(1280, np.float32)
    places = np.broadcast_to(embedding, (1, 7, 7, 1280))
    shares = np.exp(imagenet.last_layer().logits(embedding[None]).astype(float))[0]
    ours = shares[list(imagenet.ALL_GROUPS)].sum()
    expected = np.log(ours / (shares.sum() - ours))
    assert imagenet.familiarity(places, NAMES)[0] == pytest.approx(expected, abs=1e-3)


def test_an_insect_in_one_place_counts_more_than_in_the_plain_mean():
    layer = imagenet.last_layer()
    places = np.zeros((1, 7, 7, 1280), np.float32)
    places[0, 3, 3] = np.maximum(layer.weights[319], 0) * 20
    focused = imagenet.familiarity(places, NAMES)
    mean = np.broadcast_to(places.mean(axis=(1, 2), keepdims=True), places.shape)
    assert focused[0] > imagenet.familiarity(mean, NAMES)[0] + 0.1


def test_the_backbone_gives_the_same_embedding_with_its_places_and_without(photos):
    image = resize(photos[0].pixels, 224)[None]
    embedding, places = backbone().read(image, lambda outputs: [one.copy() for one in outputs])
    assert np.array_equal(embedding, backbone()(image))
    assert places.shape == (1, 7, 7, 1280)
    assert places.mean(axis=(1, 2)) == pytest.approx(embedding, abs=1e-4)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "tang"])
def test_what_is_no_insect_is_unfamiliar_and_an_insect_is_not(name):
    model = load_model(name)
    noise = np.random.default_rng(2).integers(0, 256, (300, 400, 3), np.uint8)
    for photo in (noise, np.full((200, 200, 3), 255, np.uint8), np.zeros((90, 90, 3), np.uint8)):
        prediction = model.predict(photo)
        assert prediction.familiarity < FAMILIAR
        assert prediction.is_familiar is False


def test_most_published_insects_are_familiar(real_photos):
    model = load_model("efficientnet_lite0")
    photos = load_dataset("published").part("test")[::6]
    familiar = [model.predict(photo.load()).is_familiar for photo in photos]
    assert sum(familiar) > 0.7 * len(photos)


def test_of_other_classes_nobody_can_tell(tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(SHIPPED / "efficientnet_lite0", folder)
    config = json.loads((folder / "config.json").read_text())
    config["class_names"] = ["cups", "plates", "bowls"]
    (folder / "config.json").write_text(json.dumps(config))
    prediction = load_model(folder).predict(np.full((50, 50, 3), 90, np.uint8))
    assert prediction.familiarity is None
    assert prediction.is_familiar is None
