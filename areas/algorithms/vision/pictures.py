"""Pictures as arrays: decoded within limits, resized, cut, mirrored, recoloured."""

import io

from areas.algorithms.container import UserError

PIXELS = 50_000_000  # of a picture: a small file may say that it holds more than fits in memory
KINDS = ("JPEG", "PNG")
# ImageNet's, in which networks are usually told of colours.
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def opened(data: bytes, name: str, kinds: tuple[str, ...] = KINDS):
    """A Pillow image of the bytes, not yet decoded; UserError if it is none of ``kinds`` or larger than PIXELS."""
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data), formats=kinds)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise UserError(f"{name} is not a {' or '.join(kinds)} picture") from None
    if picture.width * picture.height > PIXELS:
        raise UserError(f"{name} has {picture.width} × {picture.height} pixels: {PIXELS:,} are the most")
    return picture


def decode(data: bytes, name: str, channels: int = 3):
    """A picture as uint8 (height, width, channels); UserError if it can't be read."""
    import numpy as np

    picture = opened(data, name)
    try:
        found = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
    except (OSError, SyntaxError, ValueError):
        raise UserError(f"{name} ends within the picture, or is broken") from None
    return found[:, :, None] if channels == 1 else found


def resized(picture, height: int, width: int):
    """uint8 (rows, columns, channels) at another size, bilinear."""
    import numpy as np
    from PIL import Image

    if picture.shape[:2] == (height, width):
        return picture
    squeezed = picture[:, :, 0] if picture.shape[2] == 1 else picture
    found = np.asarray(Image.fromarray(squeezed).resize((width, height), Image.Resampling.BILINEAR))
    return found.reshape(height, width, picture.shape[2])


def shorter_side(picture, size: int):
    """The picture resized so that its shorter side has ``size`` pixels."""
    height, width = picture.shape[:2]
    factor = size / min(height, width)
    return resized(picture, max(size, round(height * factor)), max(size, round(width * factor)))


def middle(picture, height: int, width: int):
    """The middle of the picture, made larger first where it is too small."""
    if picture.shape[0] < height or picture.shape[1] < width:
        factor = max(height / picture.shape[0], width / picture.shape[1])
        grown = (max(height, round(picture.shape[0] * factor)), max(width, round(picture.shape[1] * factor)))
        picture = resized(picture, *grown)
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width]


def anywhere(picture, height: int, width: int, rng):
    """A part of the picture at random."""
    if picture.shape[0] < height or picture.shape[1] < width:
        return middle(picture, height, width)
    top = rng.integers(picture.shape[0] - height + 1)
    left = rng.integers(picture.shape[1] - width + 1)
    return picture[top : top + height, left : left + width]


def recoloured(picture, rng):
    """Brightness, contrast and each channel changed a little."""
    import numpy as np

    found = picture.astype(np.float32)
    found = (found - found.mean()) * rng.uniform(0.8, 1.2) + found.mean() * rng.uniform(0.8, 1.2)
    found = found * rng.uniform(0.9, 1.1, size=picture.shape[2])
    return np.clip(found, 0, 255).astype(np.uint8)


def turned(picture, rng):
    """Rotated by up to 10 degrees, sheared and stretched a little."""
    import numpy as np
    from PIL import Image

    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image = image.rotate(rng.uniform(-10, 10), Image.Resampling.BILINEAR)
    sheared = (1, rng.uniform(-0.1, 0.1), 0, rng.uniform(-0.1, 0.1), 1, 0)
    image = image.transform(image.size, Image.Transform.AFFINE, sheared, Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(picture.shape)


def tensor(pictures: list):
    """uint8 pictures of one size as a float tensor (pictures, channels, height, width) of standardized colours."""
    import numpy as np
    import torch

    stacked = torch.as_tensor(np.ascontiguousarray(np.stack(pictures))).permute(0, 3, 1, 2).float() / 255
    channels = stacked.shape[1]
    mean, spread = (MEAN, SPREAD) if channels == 3 else (MEAN[:1], SPREAD[:1])
    return (stacked - torch.tensor(mean).view(1, -1, 1, 1)) / torch.tensor(spread).view(1, -1, 1, 1)
