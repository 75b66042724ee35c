"""The recipe gel-v1 (src/images) as a Python service would write it with Pillow and numpy.

Differs from gelql in Pillow's decoders and in the rounding of its grey; not handled: CMYK, float and square-root encoded
files, and windows so narrow that gel-v1 widens them.
"""

import io

import numpy as np
from PIL import Image, ImageOps

SIDE = 224
LOW, HIGH = 0.001, 0.999


def prepare_picture(data: bytes) -> np.ndarray:
    """From a file's bytes to the one plane that the network takes: [1, 1, 224, 224] grey levels."""
    stretched = Image.fromarray(stretch(decode_grey(data)))
    return np.asarray(stretched.resize((SIDE, SIDE), Image.Resampling.BILINEAR))[np.newaxis, np.newaxis]


def decode_grey(data: bytes) -> np.ndarray:
    """Upright, one plane, transparency on white: [height, width] of 8 or 16 bits."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if picture.mode.startswith("I;16"):
        return np.asarray(picture, dtype=np.uint16)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L"))


def stretch(pixels: np.ndarray) -> np.ndarray:
    """Percentiles 0.1 and 99.9 become 0 and 255, through a table of all values."""
    ranks = np.bincount(pixels.ravel(), minlength=256).cumsum()
    wanted = [int(share * (pixels.size - 1) + 0.5) for share in (LOW, HIGH)]
    low, high = np.searchsorted(ranks, wanted, side="right")
    values = (np.arange(ranks.size) - low) * (255 / max(1, high - low)) + 0.5
    return np.clip(values, 0, 255).astype(np.uint8)[pixels]
