"""Photos forget where they were taken, and stay the same pictures."""

import struct
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from printd.core.errors import PhotoRefused
from printd.geometry.decode.origin import forget_origin
from printd.geometry.decode.photo import open_photo, read_facts
from tests.photos import encoded, textured

MAKER, PLACE, WORDS = b"NosyCamera", b"GPSLatitude 52.5", b"home of mia"
PICTURE = textured(96, 64)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def told(turned: int = 1) -> bytes:
    """Return EXIF that tells everything."""
    exif = Image.Exif()
    exif[0x010F] = MAKER.decode()
    exif[0x0112] = turned
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 29: PLACE.decode()})
    return exif.tobytes()


def in_jpeg(turned: int = 1, **more: Any) -> bytes:
    photo = encoded(
        PICTURE, "JPEG", exif=told(turned), xmp=PLACE, comment=WORDS, icc_profile=PROFILE, **more
    )
    iptc = b"Photoshop 3.0\0" + PLACE
    return photo[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + photo[2:]


def in_png(turned: int = 1) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", WORDS.decode())
    words.add_itxt("XML:com.adobe.xmp", PLACE.decode())
    return encoded(PICTURE, "PNG", exif=told(turned), pnginfo=words, icc_profile=PROFILE)


def in_webp(turned: int = 1) -> bytes:
    return encoded(PICTURE, "WEBP", lossless=True, exif=told(turned), xmp=PLACE)


def in_avif(turned: int = 1) -> bytes:
    return encoded(PICTURE, "AVIF", exif=told(turned), xmp=PLACE)


PHOTOS = {
    "jpeg": in_jpeg(),
    "jpeg turned": in_jpeg(6),
    "jpeg in steps": in_jpeg(progressive=True),
    "jpeg and another one": in_jpeg(3) + in_jpeg(8),
    "jpeg of several": encoded(
        PICTURE, "MPO", exif=told(6), save_all=True, append_images=[textured(48, 32)]
    ),
    "png": in_png(),
    "png turned": in_png(8),
    "webp": in_webp(),
    "webp turned": in_webp(5),
    "avif": in_avif(),
    "avif turned": in_avif(6),
}


def upright(photo: Path) -> tuple[Image.Image, Any]:
    with open_photo(photo) as (image, _):
        return ImageOps.exif_transpose(image).convert("RGB"), image.info.get("icc_profile")


@pytest.mark.parametrize("kind", PHOTOS)
def test_nothing_is_told_and_the_picture_is_the_same(tmp_path: Path, kind: str) -> None:
    photo = tmp_path / "photo.bin"
    photo.write_bytes(PHOTOS[kind])
    facts, (pixels, profile) = read_facts(photo), upright(photo)
    forget_origin(photo)
    left = photo.read_bytes()
    assert not [word for word in (MAKER, PLACE, WORDS, b"52.5") if word in left]
    after, kept = upright(photo)
    assert replace(read_facts(photo), format=facts.format) == facts
    assert (after.tobytes(), kept) == (pixels.tobytes(), profile)
    forget_origin(photo)
    assert photo.read_bytes() == left


@pytest.mark.parametrize("kind", ["jpeg", "jpeg in steps", "png", "webp", "avif"])
def test_what_was_cut_off_is_not_mended(tmp_path: Path, kind: str) -> None:
    photo = tmp_path / "photo.bin"
    photo.write_bytes(PHOTOS[kind][:-60])
    before = refusal(photo)
    with suppress(PhotoRefused):
        forget_origin(photo)
    assert refusal(photo) is before


def refusal(photo: Path) -> type[PhotoRefused]:
    with pytest.raises(PhotoRefused) as refused:
        read_facts(photo)
    return refused.type
