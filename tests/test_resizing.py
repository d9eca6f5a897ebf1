"""Resizing a photo to what a network sees."""

import numpy as np
from photo_files import BLUE, GREEN, GREY, RED, four_corners

from insects.photos import resize


def test_resizing_gives_a_square_and_does_not_keep_the_proportions():
    square = resize(four_corners(48, 80), 64)
    assert square.shape == (64, 64, 3)
    assert np.array_equal(square[[10, 10, 50, 50], [10, 50, 10, 50]], [RED, GREEN, BLUE, GREY])


def test_resizing_averages_over_what_it_shrinks():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::2] = 255
    assert np.abs(resize(stripes, 32).astype(int) - 127).max() < 10
