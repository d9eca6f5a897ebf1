"""Colours as people see them: contrast, and what those see who are blind to some of them."""

import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

# How linear RGB looks without the cones for red, for green and for blue, from Machado, Oliveira &
# Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
WITHOUT = {
    "red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def _linear(colour: str) -> np.ndarray:
    """Return the linear RGB of a colour such as #1b9a59, (3,)."""
    parts = np.array(list(bytes.fromhex(colour.removeprefix("#")))) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2)."""
    dark, bright = sorted(_linear(c) @ [0.2126, 0.7152, 0.0722] for c in (one, other))
    return float((bright + 0.05) / (dark + 0.05))


def difference(one: str, other: str, without: str | None = None) -> float:
    """Return how far apart two colours look (CIEDE2000), to all or to those without some cones."""
    return float(deltaE_ciede2000(_lab(one, without), _lab(other, without)))


def _lab(colour: str, without: str | None) -> np.ndarray:
    linear = _linear(colour)
    if without:
        linear = np.clip(WITHOUT[without] @ linear, 0, 1)
    parts = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(parts)
