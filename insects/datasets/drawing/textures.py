"""Noise that looks natural: seamless tiles, made once, of which pictures take pieces."""

from functools import cache

import numpy as np
from PIL import Image

from insects.datasets.drawing.pose import SIZE

TILE = 512  # height and width of a tile, pixels; its edges meet
CELLS = 40  # cells of the "cells" tile along each side


@cache
def frequencies() -> tuple[np.ndarray, np.ndarray]:
    """Return how often each wave of a tile repeats down and across it, two (TILE, TILE)."""
    steps = np.fft.fftfreq(TILE, 1 / TILE)
    return np.meshgrid(steps, steps, indexing="ij")


def filtered(weight: np.ndarray, seed: int) -> np.ndarray:
    """Return seamless noise whose waves have these weights, (TILE, TILE), mean 0, deviation 1."""
    white = np.random.default_rng((seed, 977)).standard_normal((TILE, TILE))
    noise = np.fft.ifft2(np.fft.fft2(white) * weight).real
    return (noise - noise.mean()) / noise.std()


def clouds() -> np.ndarray:
    """Return large soft shapes with finer ones in them, (TILE, TILE)."""
    down, across = frequencies()
    return filtered(1 / (9 + down**2 + across**2) ** 0.85, 1)


def grain() -> np.ndarray:
    """Return fine even grain of about two pixels, (TILE, TILE)."""
    down, across = frequencies()
    return filtered(np.exp(-(down**2 + across**2) / 130**2), 2)


def sand() -> np.ndarray:
    """Return rounded grains of several sizes, (TILE, TILE)."""
    down, across = frequencies()
    radius = np.hypot(down, across)
    fine = filtered(np.exp(-(((radius - 105) / 45) ** 2)), 3)
    coarse = filtered(np.exp(-(((radius - 50) / 22) ** 2)), 4)
    return fine + 0.7 * np.maximum(coarse, -0.5) + 0.35 * clouds()


def bark() -> np.ndarray:
    """Return ridges and cracks that run down the tile, (TILE, TILE)."""
    down, across = frequencies()
    long = filtered(1 / (30 + (4.2 * down) ** 2 + across**2) ** 0.95, 5)
    fine = filtered(np.exp(-((down / 30) ** 2) - (((np.abs(across) - 60) / 50) ** 2)), 6)
    plates = filtered(np.exp(-((down / 9) ** 2) - (((np.abs(across) - 11) / 8) ** 2)), 7)
    cracks = np.minimum(np.abs(plates) * 1.6, 1.0) + np.minimum(np.abs(long) * 1.8, 1.2)
    return cracks * 1.1 + 0.22 * fine + 0.16 * clouds() + 0.12 * grain()


def fibres() -> np.ndarray:
    """Return the faint tangle of paper, (TILE, TILE)."""
    down, across = frequencies()
    one = filtered(np.exp(-((down / 20) ** 2) - ((across / 120) ** 2)), 8)
    other = filtered(np.exp(-((down / 120) ** 2) - ((across / 20) ** 2)), 9)
    return one + other + 0.8 * grain()


def cells() -> np.ndarray:
    """Return how far each pixel is from the border of its leaf cell, (TILE, TILE).

    One point sits at random in each square of a lattice; a cell is what is nearest to it.
    """
    rng = np.random.default_rng(10)
    points = rng.random((CELLS, CELLS, 2))
    place = (np.arange(TILE) + 0.5) * CELLS / TILE
    home = place.astype(int)
    nearest = np.full((2, TILE, TILE), np.inf)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            row, column = home[:, None] + down, home[None, :] + across
            point = points[row % CELLS, column % CELLS]
            far = np.hypot(row + point[..., 0] - place[:, None], column + point[..., 1] - place)
            nearest[1] = np.minimum(nearest[1], np.maximum(nearest[0], far))
            nearest[0] = np.minimum(nearest[0], far)
    return nearest[1] - nearest[0]


MAKERS = {
    "clouds": clouds,
    "grain": grain,
    "sand": sand,
    "bark": bark,
    "fibres": fibres,
    "cells": cells,
}


@cache
def tile(kind: str) -> np.ndarray:
    """Return a tile twice down and twice across, (2 TILE, 2 TILE) float32; do not change it.

    It depends on nothing but its name, so keeping it changes no picture.
    """
    both = np.tile(MAKERS[kind](), (2, 2)).astype(np.float32)
    both.setflags(write=False)
    return both


@cache
def tile_image(kind: str) -> Image.Image:
    """Return the same tile as a Pillow image of floats."""
    return Image.fromarray(tile(kind))


def piece(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return an upright piece of a tile, (SIZE, SIZE) float32, read-only."""
    row, column = rng.integers(0, TILE, 2)
    return tile(kind)[row : row + SIZE, column : column + SIZE]


def turned_piece(kind: str, rng: np.random.Generator, angle: float, zoom: float) -> np.ndarray:
    """Return a piece of a tile turned by `angle` and enlarged by `zoom` >= 0.71, (SIZE, SIZE)."""
    middle = rng.uniform(TILE / 2, 1.5 * TILE, 2)
    a, b = np.cos(angle) / zoom, np.sin(angle) / zoom
    half = SIZE / 2
    terms = (a, b, middle[0] - half * (a + b), -b, a, middle[1] - half * (a - b))
    turned = tile_image(kind).transform(
        (SIZE, SIZE), Image.Transform.AFFINE, terms, Image.Resampling.BILINEAR
    )
    return np.array(turned)
