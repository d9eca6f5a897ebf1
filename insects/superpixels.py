"""Cut a photo into superpixels, and hide some of them."""

import numpy as np
from PIL import Image, ImageFilter
from skimage.segmentation import slic

from insects.errors import SettingsError

BASELINES = ("white", "mean", "blur")
# Wide enough, in image sides, that no part of an insect can be recognised.
BLUR_RADIUS = 1 / 12


def segment(
    image: np.ndarray, n_segments: int, compactness: float = 5.0, sigma: float = 3.0
) -> np.ndarray:
    """Return the superpixel of each pixel, (H, W) int64, numbered 0 … n_superpixels - 1.

    SLIC (Achanta et al., 2012) gives about `n_segments`; count what came back with
    `segments.max() + 1`.

    Args:
        image: (H, W, 3) uint8.
        compactness: higher is squarer, lower follows the colours.
        sigma: blur before clustering, px.
    """
    labels = slic(image, n_segments=n_segments, compactness=compactness, sigma=sigma, start_label=0)
    return np.unique(labels, return_inverse=True)[1].reshape(labels.shape)


def make_background(image: np.ndarray, baseline: str) -> np.ndarray:
    """Return what hidden parts look like, (H, W, 3) uint8.

    Args:
        baseline: "white", "mean" (the photo's own mean colour) or "blur" (the photo, blurred).

    Raises:
        SettingsError: no baseline has that name.
    """
    if baseline == "white":
        return np.full_like(image, 255)
    if baseline == "mean":
        return np.broadcast_to(image.mean(axis=(0, 1)).round().astype(np.uint8), image.shape)
    if baseline == "blur":
        radius = BLUR_RADIUS * max(image.shape[:2])
        return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
    raise SettingsError(f"baseline must be one of {', '.join(BASELINES)}, not {baseline!r}.")


def mask_image(
    image: np.ndarray, background: np.ndarray, segments: np.ndarray, coalitions: np.ndarray
) -> np.ndarray:
    """Return the image once a coalition, with the superpixels outside the coalition hidden.

    Args:
        image, background: (H, W, 3) uint8.
        segments: (H, W) int, 0 … n_superpixels - 1.
        coalitions: (n, n_superpixels) bool, True where a superpixel is shown.

    Returns:
        (n, H, W, 3) uint8. Unsigned arithmetic wraps around, so background + 1 * (image -
        background) is the image exactly; this is four times as fast as `np.where`.
    """
    channels = np.repeat(segments[..., None], 3, axis=-1)
    shown = np.take(coalitions.astype(np.uint8), channels, axis=1)
    shown *= image - background
    shown += background
    return shown
