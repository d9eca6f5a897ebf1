"""The label that the published photos carry: a black strip with a number at the lower right.

Found on 1,017 of the 1,019 published photos, and on none of 443 photos from elsewhere that have
none. The two that are missed have it some pixels away from the photo's edge.
"""

import numpy as np

Box = tuple[int, int, int, int]  # top, bottom, left, right; the ends are not in it

# On the 0-255 scale of luminance. JPEG blurs glyphs that are a pixel wide.
DARK, LIGHT = 75, 115
CORNER = (48, 200)  # height and width of the corner that is searched
MOST_GAP = 4  # rows or columns between the strip and the photo's edge
PROBE = 45  # columns at the right that are in any strip
GLYPH_HEIGHTS = (5, 22)
TEXT_ASPECT = (4.0, 13.0)  # width over height of the whole number
LIGHT_SHARE = (0.2, 0.65)  # of the number's box
FEWEST_STROKES = 7  # light runs in the row of the number that has most
RIM = 5  # pixels around the strip that hold its JPEG ringing


def find_strip(photo: np.ndarray) -> Box | None:
    """Return where the label is: a near-black strip with a light number, at the lower right."""
    grey = photo[-CORNER[0] :, -CORNER[1] :] @ np.array([0.299, 0.587, 0.114], np.float32)
    if min(grey.shape) < 2 * MOST_GAP + GLYPH_HEIGHTS[0] or grey.shape[1] < PROBE + MOST_GAP:
        return None
    found = _in_corner(grey < DARK, grey > LIGHT)
    if found is None:
        return None
    down, along = photo.shape[0] - grey.shape[0], photo.shape[1] - grey.shape[1]
    top, bottom, left, right = found
    return top + down, bottom + down, left + along, right + along


def hide_strip(photo: np.ndarray) -> np.ndarray:
    """Return a photo with what lies above its label mirrored into it; without one, as it is.

    Args:
        photo: (H, W, 3) uint8.
    """
    box = find_strip(photo)
    if box is None:
        return photo
    top, left = max(box[0] - RIM, 1), max(box[2] - RIM, 0)
    rows = np.arange(top, len(photo))
    hidden = photo.copy()
    hidden[top:, left:] = photo[np.maximum(2 * top - 1 - rows, 0), left:]
    return hidden


def _in_corner(dark: np.ndarray, light: np.ndarray) -> Box | None:
    """Return the strip in a corner, dark and light pixels (H, W) bool."""
    if (rows := _rows(dark[:, -PROBE:-MOST_GAP], light[:, -PROBE:-MOST_GAP])) is None:
        return None
    top, first, last, bottom = rows
    framed = dark[top:first].max(axis=0) & dark[last:bottom].max(axis=0)
    if (columns := _columns(framed, light[first:last].max(axis=0), last - first)) is None:
        return None
    left, start, end, right = columns
    text = light[first:last, start:end]
    aspect, share = text.shape[1] / text.shape[0], text.mean()
    strokes = (text[:, 1:] & ~text[:, :-1]).sum(axis=1).max()
    good = (
        TEXT_ASPECT[0] <= aspect <= TEXT_ASPECT[1]
        and LIGHT_SHARE[0] <= share <= LIGHT_SHARE[1]
        and strokes >= FEWEST_STROKES
    )
    return (top, bottom, left, right) if good else None


def _rows(dark: np.ndarray, light: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return the strip's first row, the number's first, and the ends of both, from the bottom."""
    plain = (dark.mean(axis=1) > 0.9) & ~light.any(axis=1)
    bottom = _last(plain)
    if bottom is None or len(plain) - bottom > MOST_GAP:
        return None
    last = _before(plain, bottom)
    first = _before(~plain, last)
    if not GLYPH_HEIGHTS[0] <= last - first <= GLYPH_HEIGHTS[1] or first == 0:
        return None
    top = max(_before(plain, first), first - (bottom - last) - 1)
    return top, first, last, bottom


def _columns(
    framed: np.ndarray, light: np.ndarray, glyph_height: int
) -> tuple[int, int, int, int] | None:
    """Return the strip's first column, the number's first, and the ends of both.

    Args:
        framed: (W,) bool, columns that are dark above and below the number.
        light: (W,) bool, columns that are light somewhere between.
    """
    right = _last(framed)
    if right is None or len(framed) - right > MOST_GAP:
        return None
    limit = _before(framed, right)
    lit = np.flatnonzero(light[limit:right]) + limit
    if not len(lit):
        return None
    parted = np.flatnonzero(np.diff(lit) > 1.5 * glyph_height)
    start, end = (lit[parted[-1] + 1] if len(parted) else lit[0]), lit[-1] + 1
    left = max(limit, start - (right - end))
    return int(left), int(start), int(end), int(right)


def _last(is_so: np.ndarray) -> int | None:
    """Return the place after the last that is so."""
    places = np.flatnonzero(is_so)
    return int(places[-1]) + 1 if len(places) else None


def _before(is_so: np.ndarray, end: int) -> int:
    """Return where the run of those that are so begins that ends at `end`."""
    others = np.flatnonzero(~is_so[:end])
    return int(others[-1]) + 1 if len(others) else 0
