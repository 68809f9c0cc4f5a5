"""Files that a stranger hands in: each is taken, or refused with a sentence, soon."""

import base64
import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from printd.core.errors import (
    PhotoEmpty,
    PhotoIncomplete,
    PhotoOddShape,
    PhotoRefused,
    PhotoTooLarge,
    PhotoTooSmall,
    PhotoUnreadable,
    PhotoWrongKind,
)
from printd.geometry.decode.photo import PhotoFacts, PhotoLimits, read_facts, read_header
from tests.photos import ASTRONAUT, encoded, jpeg_with_size, png, png_chunk, quarters, textured

# 64 x 64 pixels shown as 64 x 48, dark left and bright right; made for this test with libheif.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAA"
    "AAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAABgAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABo"
    "dmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEA"
    "GEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAA"
    "AwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAAB"
    "AAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACBt"
    "ZGF0AAAAFCgBrxmA7iRKX//ehCsTf6hJ4oT8"
)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return tmp_path / "photo.jpg"


def facts_of(photo: Path, content: bytes) -> PhotoFacts:
    photo.write_bytes(content)
    return read_facts(photo)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_usual_kinds_are_taken_whatever_their_name(photo: Path, kind: str) -> None:
    facts = facts_of(photo, encoded(textured(640, 520), kind))

    assert (facts.width_px, facts.height_px, facts.format) == (640, 520, kind)
    assert not facts.frames_animated
    assert facts.warnings == ()


def test_heic_is_taken(photo: Path) -> None:
    facts = facts_of(photo, HEIC)

    assert (facts.width_px, facts.height_px, facts.format) == (64, 48, "HEIF")


def test_a_jpeg_of_several_pictures_is_taken(photo: Path) -> None:
    facts = facts_of(
        photo,
        encoded(textured(600, 520), "MPO", save_all=True, append_images=[textured(60, 52)]),
    )

    assert (facts.width_px, facts.format, facts.frames_animated) == (600, "MPO", False)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_is_taken_and_named(photo: Path, kind: str) -> None:
    more = [textured(64, 48, seed) for seed in range(2, 5)]

    facts = facts_of(photo, encoded(textured(64, 48), kind, save_all=True, append_images=more))

    assert facts.frames_animated


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_those_of_the_upright_picture(photo: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    facts = facts_of(photo, encoded(quarters(96, 64), kind, exif=exif))

    expected = (96, 64) if orientation <= 4 else (64, 96)
    assert (facts.width_px, facts.height_px) == expected


def test_a_small_picture_is_taken_with_a_warning(photo: Path) -> None:
    (warning,) = facts_of(photo, encoded(textured(511, 700), "JPEG")).warnings

    assert warning.startswith("photo_soft: The picture has 511 by 700 pixels")


@pytest.mark.parametrize(
    ("size", "refusal", "words"),
    [
        ((1, 1), PhotoTooSmall, "1 by 1 pixels"),
        ((1, 5000), PhotoTooSmall, "1 by 5000 pixels"),
        ((15, 15), PhotoTooSmall, "at least 16"),
        ((16, 321), PhotoOddShape, "16 by 321"),
    ],
)
def test_impossible_shapes_are_refused(
    photo: Path, size: tuple[int, int], refusal: type[PhotoRefused], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        facts_of(photo, encoded(Image.new("L", size), "PNG"))


def test_the_smallest_and_the_longest_shape_are_taken(photo: Path) -> None:
    assert facts_of(photo, encoded(Image.new("L", (16, 16)), "PNG")).width_px == 16
    assert facts_of(photo, encoded(Image.new("L", (320, 16)), "PNG")).aspect == 20


@pytest.mark.parametrize("size", [(8001, 8001), (20001, 2000), (60000, 60000)])
def test_a_png_bomb_is_refused_by_its_header(photo: Path, size: tuple[int, int]) -> None:
    with pytest.raises(PhotoTooLarge, match=f"{size[0]} by {size[1]}"):
        facts_of(photo, png(*size, rows=bytes(1000)))


@pytest.mark.parametrize("mark", [b"VP8X", b"VP8L"])
def test_a_webp_bomb_is_refused_by_its_header(photo: Path, mark: bytes) -> None:
    if mark == b"VP8X":
        body = bytes(4) + (16382).to_bytes(3, "little") * 2
    else:
        body = b"\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + bytes(8)
    chunk = mark + struct.pack("<I", len(body)) + body
    content = b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk

    with pytest.raises(PhotoTooLarge, match="16383 by 16383"):
        facts_of(photo, content)


def test_a_jpeg_that_claims_far_more_pixels_than_it_has_is_refused(photo: Path) -> None:
    content = jpeg_with_size(encoded(textured(64, 64), "JPEG"), 13_000, 13_000)

    with pytest.raises(PhotoUnreadable, match="169 million pixels, but only"):
        facts_of(photo, content)


def test_a_jpeg_above_200_million_pixels_is_refused(photo: Path) -> None:
    content = jpeg_with_size(encoded(textured(64, 64), "JPEG"), 15_000, 15_000)

    with pytest.raises(PhotoTooLarge, match="225 million; at most 200"):
        facts_of(photo, content)


def test_a_jpeg_of_thousands_of_scans_is_refused(photo: Path) -> None:
    content = encoded(textured(64, 64), "JPEG")
    scan = content[content.index(b"\xff\xda") : -2]

    with pytest.raises(PhotoUnreadable, match="5001 scans"):
        facts_of(photo, content[:-2] + scan * 5000 + content[-2:])


def test_a_huge_progressive_jpeg_is_refused_before_its_memory_is_needed(photo: Path) -> None:
    photo.write_bytes(encoded(textured(800, 600), "JPEG", progressive=True, subsampling=0))

    with pytest.raises(PhotoTooLarge, match="progressive"):
        read_facts(photo, PhotoLimits(max_jpeg_scan_memory=1_000_000))


def test_a_file_of_too_many_bytes_is_not_read(photo: Path) -> None:
    photo.write_bytes(encoded(quarters(), "JPEG"))
    os.truncate(photo, 20_000_000_000)  # sparse: nothing is on the disk

    with pytest.raises(PhotoTooLarge, match=r"20000\.0 MB; at most 60 MB"):
        read_facts(photo)


def test_an_empty_file_is_refused(photo: Path) -> None:
    with pytest.raises(PhotoEmpty):
        facts_of(photo, b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n", "a PostScript file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"BM" + bytes(60), "a Windows bitmap"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(40), "a film"),
        (b"solid cube\nendsolid", "an STL model"),
    ],
)
def test_another_kind_is_refused_by_its_name(photo: Path, content: bytes, words: str) -> None:
    with pytest.raises(PhotoWrongKind, match=words):
        facts_of(photo, content)


def test_words_are_no_picture(photo: Path) -> None:
    with pytest.raises(PhotoUnreadable, match="not those of a picture"):
        facts_of(photo, b"hello, this is a letter\n")


@pytest.mark.parametrize("content", [b"\xff\xd8", b"\x89PN", b"RIFF\x00\x00", bytes(5000)])
def test_a_file_that_has_hardly_begun_is_incomplete(photo: Path, content: bytes) -> None:
    with pytest.raises(PhotoIncomplete):
        facts_of(photo, content)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("AVIF", {}),
    ],
)
def test_a_cut_file_is_incomplete_at_every_length(
    photo: Path, kind: str, options: dict[str, bool]
) -> None:
    content = encoded(textured(320, 240), kind, **options)
    # A GIF that lacks nothing but its last mark shows its whole first frame, and is taken.
    most = len(content) - (40 if kind == "GIF" else 1)

    for length in np.linspace(20, most, 40).astype(int):
        with pytest.raises(PhotoIncomplete):
            facts_of(photo, content[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_file_that_a_sender_has_reserved_and_not_filled_is_no_picture_yet(
    photo: Path, kind: str
) -> None:
    content = encoded(textured(320, 240), kind)

    for part in (0.3, 0.6, 0.9):
        written = int(part * len(content))
        with pytest.raises((PhotoIncomplete, PhotoUnreadable)):
            facts_of(photo, content[:written] + bytes(max(len(content) - written, 2048)))


def test_most_of_a_tiff_is_incomplete(photo: Path) -> None:
    content = encoded(textured(320, 240), "TIFF")

    with pytest.raises(PhotoIncomplete):
        facts_of(photo, content[: len(content) // 2])


def test_a_cut_tiff_is_refused(photo: Path) -> None:
    content = encoded(textured(320, 240), "TIFF")

    for length in np.linspace(20, len(content) - 1, 20).astype(int):
        with pytest.raises(PhotoRefused):
            facts_of(photo, content[:length])


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_png_with_a_wrong_checksum_is_refused(photo: Path, place: float) -> None:
    content = bytearray(encoded(textured(320, 240), "PNG"))
    content[int(place * len(content))] ^= 0x10

    with pytest.raises(PhotoUnreadable):
        facts_of(photo, bytes(content))


def test_a_wrong_checksum_over_whole_pixels_is_refused(photo: Path) -> None:
    content = bytearray(png(32, 32, rows=bytes(33 * 32)))
    content[-13] ^= 1  # the checksum of IDAT; its pixels are right

    with pytest.raises(PhotoUnreadable, match=r"checksum .* \(IDAT\)"):
        facts_of(photo, bytes(content))


def test_a_png_without_its_lower_rows_is_refused(photo: Path) -> None:
    with pytest.raises(PhotoUnreadable, match="fewer rows"):
        facts_of(photo, png(32, 32, rows=bytes(33 * 1)))


def test_an_interlaced_png_is_whole(photo: Path) -> None:
    # Seven passes of a 20 x 17 picture, all zero.
    counts = [(3, 3), (2, 3), (5, 2), (5, 5), (10, 4), (10, 9), (20, 8)]
    rows = b"".join(bytes((1 + cols) * lines) for cols, lines in counts)
    header = struct.pack(">IIBBBBB", 20, 17, 8, 0, 0, 0, 1)
    start, end = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header), png_chunk(b"IEND", b"")

    whole = start + png_chunk(b"IDAT", zlib.compress(rows)) + end
    short = start + png_chunk(b"IDAT", zlib.compress(rows[:-1])) + end

    assert facts_of(photo, whole).height_px == 17
    with pytest.raises(PhotoUnreadable, match="fewer rows"):
        facts_of(photo, short)


def test_a_text_of_a_hundred_megabytes_in_a_png_is_refused(photo: Path) -> None:
    bomb = b"words\x00\x00" + zlib.compress(bytes(100_000_000))
    content = png(32, 32, rows=bytes(33 * 32))
    end = content.index(b"IDAT") - 4

    with pytest.raises(PhotoUnreadable, match="cannot be decoded"):
        facts_of(photo, content[:end] + png_chunk(b"zTXt", bomb) + content[end:])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_broken_bytes_never_end_in_anything_but_a_refusal(photo: Path, kind: str) -> None:
    content = encoded(textured(160, 120), kind)
    dice = np.random.default_rng(7)

    for _ in range(60):
        broken = np.frombuffer(content, np.uint8).copy()
        places = dice.integers(0, len(broken), 8)
        broken[places] = dice.integers(0, 256, 8, dtype=np.uint8)
        with contextlib.suppress(PhotoRefused):
            facts_of(photo, broken.tobytes())


def test_a_profile_that_is_garbage_does_no_harm(photo: Path) -> None:
    facts = facts_of(photo, encoded(textured(64, 64), "JPEG", icc_profile=b"garbage" * 100))

    assert facts.width_px == 64


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG"), ("F", "TIFF")],
)
def test_rare_colour_modes_are_taken(photo: Path, mode: str, kind: str) -> None:
    picture = quarters() if mode == "I;16" else quarters().convert(mode)
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)

    facts = facts_of(photo, encoded(picture, kind))

    assert facts.mode in (mode, "I;16")
    assert facts.has_alpha == (mode == "LA")


def test_a_colour_mode_that_is_not_read_is_refused(photo: Path) -> None:
    with pytest.raises(PhotoUnreadable, match="colour mode LAB"):
        facts_of(photo, encoded(Image.new("LAB", (64, 64)), "TIFF"))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(ASTRONAUT)

    with pytest.raises(PhotoWrongKind, match="link"):
        read_facts(link)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)

    with pytest.raises(PhotoWrongKind):
        read_facts(pipe)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhotoWrongKind):
        read_facts(tmp_path)


def test_a_header_is_read_without_the_rest(photo: Path) -> None:
    content = encoded(textured(640, 520), "JPEG")
    photo.write_bytes(content[: len(content) // 2])

    assert read_header(photo).width_px == 640


def test_a_header_is_read_without_decoding(photo: Path) -> None:
    # Asking Pillow for the EXIF data of a PNG decodes it, limits or not.
    photo.write_bytes(png(7000, 7000, rows=bytes(1000)))

    assert read_header(photo).width_px == 7000


def test_a_file_of_another_program_behind_a_picture_is_not_run(photo: Path) -> None:
    # Pillow hands PostScript to a program; only kinds of the list are ever opened.
    out = io.BytesIO(encoded(quarters(), "JPEG"))
    out.seek(0, io.SEEK_END)
    out.write(b"%!PS\n(no) print\n")

    assert facts_of(photo, out.getvalue()).format == "JPEG"
