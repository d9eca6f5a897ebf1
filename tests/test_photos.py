"""Photos that are accepted: an upright RGB array comes out, whatever the format."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from photo_files import BLUE, FORMATS, GREEN, GREY, RED, SMALL_FILES, encode, four_corners
from PIL import Image

from insects.photos import load_photo

# EXIF orientation -> what a camera stores of an upright picture (numpy's view of the standard).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_photo_of_each_format_keeps_its_size_and_colours(file_format):
    photo = load_photo(SMALL_FILES[file_format])
    assert photo.shape == (48, 80, 3)
    assert photo.dtype == np.uint8
    middles = photo[[12, 12, 36, 36], [20, 60, 20, 60]].astype(int)
    assert np.abs(middles - [RED, GREEN, BLUE, GREY]).max() < 12


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_photo_of_each_format_is_read_by_a_process_that_has_read_none_before(
    file_format, tmp_path
):
    path = tmp_path / "photo"
    path.write_bytes(SMALL_FILES[file_format])
    code = "import sys; from insects import load_photo; print(load_photo(sys.argv[1]).shape)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "(48, 80, 3)", done.stderr


@pytest.mark.parametrize("ending", ["jpg", "png", "txt", ""])
def test_the_content_decides_and_not_the_name(ending, tmp_path):
    path = tmp_path / f"photo.{ending}"
    path.write_bytes(SMALL_FILES["PNG"])
    assert np.array_equal(load_photo(path), four_corners())


def test_a_path_a_text_bytes_and_an_open_file_give_the_same(tmp_path):
    path = tmp_path / "photo.jpg"
    data = SMALL_FILES["JPEG"]
    path.write_bytes(data)
    expected = load_photo(data)
    sources = [path, str(path), bytearray(data), memoryview(data), io.BytesIO(data)]
    assert all(np.array_equal(load_photo(source), expected) for source in sources)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP", "JPEG", "HEIF"])
def test_every_orientation_comes_out_upright(file_format, orientation):
    """HEIC turns by a box of its own beside the EXIF note: it must not be turned twice."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {
        "WEBP": {"lossless": True},
        "JPEG": {"quality": 100, "subsampling": 0},
        "HEIF": {"quality": 95},
    }.get(file_format, {})
    stored = np.ascontiguousarray(STORED[orientation](four_corners()))
    photo = load_photo(encode(stored, file_format, exif=exif.tobytes(), **options))
    assert photo.shape == (48, 80, 3)
    assert np.abs(photo.astype(int) - four_corners()).max() < 12


def test_a_shrunk_photo_is_turned_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.rot90(four_corners(1500, 3000))
    photo = load_photo(encode(np.ascontiguousarray(stored), "JPEG", exif=exif))
    assert photo.shape == (1024, 2048, 3)
    assert np.abs(photo[100, 100].astype(int) - RED).max() < 12


@pytest.mark.parametrize("seed", range(5))
def test_broken_exif_data_do_not_spoil_an_intact_photo(seed):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 1, "a maker of cameras"
    data = bytearray(encode(four_corners(), "JPEG", exif=exif))
    start = data.index(b"Exif\0\0") + 6
    length = len(exif.tobytes()) - 6
    data[start : start + length] = np.random.default_rng(seed).bytes(length)
    assert load_photo(bytes(data)).shape == (48, 80, 3)


def test_full_transparency_becomes_white():
    rgba = np.dstack([four_corners(), np.zeros((48, 80), np.uint8)])
    for file_format in ("PNG", "WEBP", "TIFF"):
        assert (load_photo(encode(rgba, file_format)) == 255).all()


def test_half_transparent_black_becomes_middle_grey():
    rgba = np.zeros((40, 40, 4), np.uint8)
    rgba[..., 3] = 128
    assert np.abs(load_photo(encode(rgba, "PNG")).astype(int) - 127).max() <= 1


def test_grey_with_transparency_is_laid_on_white():
    alpha = np.zeros((40, 40), np.uint8)
    alpha[:, 20:] = 255
    image = Image.merge("LA", [Image.new("L", (40, 40), 80), Image.fromarray(alpha)])
    photo = load_photo(encode(image, "PNG"))
    assert (photo[:, :20] == 255).all()
    assert (photo[:, 20:] == 80).all()


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_is_laid_on_white(file_format):
    image = Image.fromarray((np.arange(40 * 40).reshape(40, 40) % 40 >= 20).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 10, 120, 200])
    photo = load_photo(encode(image, file_format, transparency=0))
    assert (photo[:, :20] == 255).all()
    assert (photo[:, 20:] == (10, 120, 200)).all()


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(file_format):
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    photo = load_photo(encode(values, file_format))
    assert np.abs(photo[..., 0].astype(float) - values / 257).max() <= 1
    assert len(np.unique(photo)) == 256


def test_16_bit_grey_of_the_other_byte_order_is_scaled_too():
    values = np.linspace(0, 65535, 64 * 64).astype(">u2").reshape(64, 64)
    header = b"MM\0*" + struct.pack(">I", 8 + values.nbytes)
    tags = [(256, 64), (257, 64), (258, 16), (259, 1), (262, 1), (278, 64)]
    entries = b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    entries += struct.pack(">HHII", 273, 4, 1, 8) + struct.pack(">HHII", 279, 4, 1, values.nbytes)
    data = header + values.tobytes() + struct.pack(">H", 8) + entries + struct.pack(">I", 0)
    photo = load_photo(data)
    assert np.abs(photo[..., 0].astype(float) - values / 257).max() <= 1


@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 255, 0), (0, 255, 0)),
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
    ],
)
def test_a_cmyk_jpeg_has_the_colours_of_its_inks(ink, colour):
    photo = load_photo(encode(Image.new("CMYK", (40, 40), ink), "JPEG"))
    assert np.abs(photo.astype(int) - colour).max() < 12


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_grey_photo_has_three_equal_channels(file_format):
    image = Image.fromarray(np.tile(np.arange(40, 200, dtype=np.uint8), (40, 1)))
    photo = load_photo(encode(image, file_format))
    assert photo.shape == (40, 160, 3)
    assert np.ptp(photo.astype(int), axis=2).max() <= 2


def test_a_black_and_white_scan_is_black_and_white():
    image = Image.fromarray(np.tile(np.arange(40) >= 20, (40, 1)))
    photo = load_photo(encode(image, "TIFF"))
    assert (photo[:, :20] == 0).all()
    assert (photo[:, 20:] == 255).all()


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_picture_of_many_is_taken(file_format):
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE, GREEN)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    data = encode(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    assert (load_photo(data) == RED).all()


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((3000, 1500), (1024, 2048, 3)),
        ((1500, 3000), (2048, 1024, 3)),
        ((2049, 2049), (2048, 2048, 3)),
        ((2048, 100), (100, 2048, 3)),
    ],
)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_a_large_photo_is_shrunk_to_2048_pixels_in_its_proportions(size, shape, file_format):
    data = encode(Image.new("RGB", size, GREEN), file_format)
    photo = load_photo(data)
    assert photo.shape == shape
    assert np.abs(photo.astype(int) - GREEN).max() < 6


def test_a_very_long_photo_keeps_at_least_a_pixel_of_width():
    photo = load_photo(encode(Image.new("RGB", (60000, 32)), "PNG"))
    assert photo.shape == (1, 2048, 3)


def test_the_smallest_photo_is_32_pixels_a_side():
    assert load_photo(encode(Image.new("RGB", (32, 32)), "PNG")).shape == (32, 32, 3)


def test_what_comes_out_can_be_written_to():
    load_photo(SMALL_FILES["PNG"])[:] = 0


def test_a_progressive_jpeg_as_cameras_write_it_is_read():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(buffer, "JPEG", progressive=True)
    assert load_photo(buffer.getvalue()).shape == (64, 64, 3)
