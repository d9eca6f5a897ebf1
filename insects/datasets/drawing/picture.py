"""A whole picture: an insect in a pose and a light, laid on a ground."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from insects.datasets.drawing.beetles import random_beetle
from insects.datasets.drawing.cockroaches import random_cockroach
from insects.datasets.drawing.dragonflies import random_dragonfly
from insects.datasets.drawing.grounds import GROUNDS
from insects.datasets.drawing.insect import Insect, Rng, between
from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.light import Light, random_light
from insects.datasets.drawing.pose import SIZE, Pose
from insects.datasets.drawing.textures import piece

MAKERS = {
    "beetles": random_beetle,
    "cockroach": random_cockroach,
    "dragonflies": random_dragonfly,
}
NOISE = 3.0  # standard deviation of the camera's grain, in 255ths
BLURRED = 0.15  # share of pictures slightly out of focus


@dataclass(frozen=True)
class Scene:
    """An insect painted alone, and the light and camera of its picture.

    Args:
        layer: the insect.
        light: shared by insect and ground.
        lift: how far its shadow falls, pixels.
        blur: radius of the camera's blur, pixels.
        noise: (SIZE, SIZE) float32, the camera's grain, in 255ths.
    """

    layer: Layer
    light: Light
    lift: float
    blur: float
    noise: np.ndarray

    def on(self, kind: str, rng: Rng) -> np.ndarray:
        """Return the picture on a kind of ground drawn from `rng`, (SIZE, SIZE, 3) uint8."""
        ground = GROUNDS[kind]
        rgb = ground.draw(rng, self.light)
        dark = self.layer.shadow(self.light, 1.4 * self.lift, 0.6 * self.lift)
        rgb *= 1 - np.float32(ground.shadow) * dark
        return self.photographed(self.layer.over(rgb))

    def photographed(self, rgb: np.ndarray) -> np.ndarray:
        """Return the picture as a camera takes it, (SIZE, SIZE, 3) uint8.

        Args:
            rgb: (3, SIZE, SIZE) float32; it is used up.
        """
        for channel, colour in zip(rgb, self.light.colour, strict=True):
            channel *= np.float32(255 * self.light.exposure * colour)
            channel += self.noise
        np.clip(rgb, 0, 255, out=rgb)
        pixels = np.ascontiguousarray(rgb.astype(np.uint8).transpose(1, 2, 0))
        if not self.blur:
            return pixels
        return np.array(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(self.blur)))


def random_scene(label: str, rng: Rng) -> Scene:
    """Return an insect of a class in a random pose and light."""
    insect, light = MAKERS[label](rng), random_light(rng)
    pose = random_pose(insect, rng)
    blur = between(rng, 0.5, 0.9) if rng.random() < BLURRED else 0.0
    noise = piece("grain", rng) * np.float32(NOISE * rng.uniform(0.3, 1.2))
    layer = Layer()
    for part in insect.parts:
        part.paint(layer, pose, light)
    return Scene(layer, light, insect.lift, blur, noise)


def random_pose(insect: Insect, rng: Rng) -> Pose:
    """Return a pose that keeps what matters of the insect inside the picture."""
    angle, tilt = between(rng, 0, 2 * np.pi), between(rng, 0.8, 1.0)
    bend = rng.normal(0, 0.04)
    free = Pose((0.0, 0.0), angle, insect.size, tilt, bend)
    rear, front, side = insect.reach
    corners = np.array([(-rear, -side), (-rear, side), (front, -side), (front, side)])
    box = free.to_pixels(corners)
    low, high = 6 - box.min(axis=0), SIZE - 6 - box.max(axis=0)
    middle, room = (low + high) / 2, np.maximum(high - low, 0) / 2
    centre = middle + room * np.clip(rng.normal(0, 0.55, 2), -1, 1)
    return Pose((float(centre[0]), float(centre[1])), angle, insect.size, tilt, bend)
