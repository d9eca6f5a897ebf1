"""Photos: whatever the bytes are, an upright RGB array or one sentence comes out."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from insects.errors import PhotoError
from insects.photos import MAX_BYTES, MAX_SIDE, MIN_SIDE, load_photo, resize

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "HEIF")
RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 210), (120, 120, 120)
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


def four_corners(height=48, width=80):
    """A picture that looks different in each of the eight orientations."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = GREY
    return pixels


def encode(picture, file_format, **options):
    """A file's bytes, from an array or a Pillow image."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with_header_alone(width, height):
    """A PNG that claims a size and holds no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", b"")
        + png_chunk(b"IEND", b"")
    )


def refusal(source):
    """The sentence that says why a photo is refused."""
    with pytest.raises(PhotoError) as caught:
        load_photo(source)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return sentence


SMALL_FILES = {name: encode(four_corners(), name) for name in FORMATS}


# What is accepted


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


# What is refused


def test_more_than_20_megabytes_are_refused():
    data = SMALL_FILES["PNG"] + bytes(MAX_BYTES)
    assert "20 MB" in refusal(data)
    assert "20 MB" in refusal(io.BytesIO(data))


def test_20_megabytes_are_accepted():
    data = SMALL_FILES["PNG"]
    assert load_photo(data + bytes(MAX_BYTES - len(data))).shape == (48, 80, 3)


def test_no_more_is_read_of_a_large_file_than_tells_that_it_is_too_large():
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            assert size >= 0, "the whole file was asked for"
            self.given += size
            return bytes(size)

    endless = Endless()
    refusal(endless)
    assert endless.given <= MAX_BYTES + 1


def test_a_large_file_on_disk_is_refused(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.write(SMALL_FILES["PNG"])
        file.truncate(MAX_BYTES + 1)
    assert "20 MB" in refusal(path)


@pytest.mark.parametrize("size", [(10_000, 5_100), (10_000, 10_000), (8_000_000, 32)])
def test_more_than_50_megapixels_are_refused_by_the_header_alone(size):
    """There are no pixels in the file: whoever decoded it would call it damaged."""
    assert "50 are possible" in refusal(png_with_header_alone(*size))


def test_50_megapixels_are_not_refused_for_their_number():
    assert "damaged" in refusal(png_with_header_alone(10_000, 5_000))


@pytest.mark.parametrize("size", [(9_000, 9_000), (20_000, 20_000)])
def test_a_decompression_bomb_is_refused(size):
    bomb = encode(Image.new("1", size), "PNG")
    assert len(bomb) < 100_000
    assert "50 are possible" in refusal(bomb)


@pytest.mark.parametrize("size", [(31, 32), (32, 31), (1, 1), (5000, 8)])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_side_under_32_pixels_is_refused_with_the_size_that_came(size, file_format):
    sentence = refusal(encode(Image.new("RGB", size), file_format))
    assert f"{size[0]} × {size[1]}" in sentence
    assert "32" in sentence


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_photo_cut_off_in_the_middle_is_refused(file_format):
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    data = encode(noise, file_format)
    refusal(data[: len(data) // 2])


def test_an_empty_file_is_refused_as_empty(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    for source in (b"", io.BytesIO(), path):
        assert "empty" in refusal(source)


@pytest.mark.parametrize(
    "data",
    [
        b"Dear reader, this is no photo at all.",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'></svg>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF",
        b"PK\x03\x04" + bytes(60),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        bytes(1000),
        encode(Image.new("RGB", (40, 40)), "ICO"),
        encode(Image.new("RGB", (40, 40)), "PPM"),
    ],
    ids=["text", "svg", "xml", "pdf", "zip", "eps", "zeros", "ico", "ppm"],
)
def test_what_is_no_photo_is_refused_whatever_its_name(data, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    sentence = refusal(path)
    assert "JPEG" in sentence
    assert "HEIC" in sentence


@pytest.mark.parametrize("name", ["missing.jpg", ".", "no/such/folder/photo.jpg", "zero\0byte.jpg"])
def test_a_path_that_cannot_be_read_is_refused(name, tmp_path):
    assert "cannot be" in refusal(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    "data",
    [png_with_header_alone(10_000, 10_000), SMALL_FILES["TIFF"][:60], SMALL_FILES["JPEG"][:-300]],
    ids=["100 megapixels", "start of a TIFF", "cut-off JPEG"],
)
def test_a_refused_photo_writes_nothing_else_to_the_terminal(data, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(data)
    code = (
        "import sys; from insects import load_photo\n"
        "from insects.errors import PhotoError\n"
        "try: load_photo(sys.argv[1])\n"
        "except PhotoError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_refused_photo_does_not_stand_in_the_way_of_the_next():
    refusal(SMALL_FILES["PNG"][:-30])
    assert load_photo(SMALL_FILES["PNG"]).shape == (48, 80, 3)


# Anything else


@settings(max_examples=60)
@pytest.mark.parametrize("file_format", FORMATS)
@given(
    cut=st.one_of(st.none(), st.floats(0, 1)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    in_header=st.booleans(),
)
def test_any_change_of_a_file_gives_a_photo_or_a_photo_error(file_format, cut, changes, in_header):
    data = bytearray(SMALL_FILES[file_format])
    reach = min(len(data), 200) if in_header else len(data)
    for place, value in changes:
        data[int(place * (reach - 1))] = value
    if cut is not None:
        data = data[: int(cut * len(data))]
    try:
        photo = load_photo(bytes(data))
    except PhotoError:
        return
    assert photo.dtype == np.uint8
    assert photo.ndim == 3
    assert photo.shape[2] == 3
    assert max(photo.shape) <= MAX_SIDE
    # Only a photo that was shrunk may have a side that is shorter than what is accepted.
    assert min(photo.shape[:2]) >= MIN_SIDE or max(photo.shape) == MAX_SIDE


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_random_bytes_give_a_photo_error(data):
    refusal(data)


# What a network sees


def test_resizing_gives_a_square_and_does_not_keep_the_proportions():
    square = resize(four_corners(48, 80), 64)
    assert square.shape == (64, 64, 3)
    assert np.array_equal(square[[10, 10, 50, 50], [10, 50, 10, 50]], [RED, GREEN, BLUE, GREY])


def test_resizing_averages_over_what_it_shrinks():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::2] = 255
    assert np.abs(resize(stripes, 32).astype(int) - 127).max() < 10


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    start = data.rindex(b"\xff\xda")
    with pytest.raises(PhotoError, match="damaged"):
        load_photo(data[:start] + data[start:-2] * 300 + data[-2:])


def test_a_progressive_jpeg_as_cameras_write_it_is_read():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(buffer, "JPEG", progressive=True)
    assert load_photo(buffer.getvalue()).shape == (64, 64, 3)
