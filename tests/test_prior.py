"""The pull of a head towards what ImageNet knows."""

import numpy as np
import pytest

from insects import imagenet
from insects.networks import NETWORKS
from insects.training.prior import linear_evidence, pull_to_imagenet

NAMES = ["beetles", "cockroach", "dragonflies"]
LITE0 = NETWORKS["efficientnet_lite0"]


@pytest.fixture(scope="module")
def embeddings():
    """Like real ones: about 0 to 2, most of them small."""
    return np.random.default_rng(0).exponential(0.3, (200, 1280)).astype(np.float32)


def test_the_linear_map_is_nearer_to_the_evidence_than_the_mean_of_the_rows(embeddings):
    wanted = imagenet.evidence(embeddings, NAMES)
    weights, bias = linear_evidence(embeddings, NAMES)
    rows = [imagenet.last_layer().weights[list(imagenet.GROUPS[name])] for name in NAMES]
    means = embeddings @ np.stack([row.mean(axis=0) for row in rows], axis=1)
    means += (wanted - means).mean(axis=0)
    found = embeddings @ weights + bias
    assert np.abs(found - wanted).mean() < np.abs(means - wanted).mean() / 2
    assert (found - wanted).mean(axis=0) == pytest.approx(0, abs=1e-3)


def test_a_pulled_head_starts_at_imagenets_answer_and_pays_for_leaving_it(embeddings):
    head = LITE0.build(3)
    pull_to_imagenet(head, embeddings, NAMES, strength=0.5)
    weights, bias = linear_evidence(embeddings, NAMES)
    assert head.predict(embeddings[:5], verbose=0) == pytest.approx(
        embeddings[:5] @ weights + bias, abs=1e-4
    )
    assert float(sum(head.losses)) == 0
    head.layers[-1].set_weights([weights + 0.1, bias])
    assert float(sum(head.losses)) == pytest.approx(0.5 / 2 * 0.1**2 * weights.size, rel=1e-4)


def test_a_head_for_classes_that_imagenet_does_not_know_is_left_alone(embeddings):
    head = LITE0.build(2)
    before = head.get_weights()
    pull_to_imagenet(head, embeddings, ["cups", "plates"], strength=0.5)
    assert all(np.array_equal(a, b) for a, b in zip(before, head.get_weights(), strict=True))
    assert head.losses == []


def test_the_labels_of_the_photos_have_no_say_in_where_a_head_starts(embeddings):
    first, _ = linear_evidence(embeddings, NAMES)
    second, _ = linear_evidence(embeddings[::-1], NAMES[::-1])
    assert first == pytest.approx(second[:, ::-1], abs=1e-3)
