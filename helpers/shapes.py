"""Shapes-10, the drawn stand-in for CIFAR-10: ten classes of shapes, each picture with its object's mask.

Colours, place, size, angle, background and noise are random and the same for every class, so that only
form tells the classes apart. They come in five pairs of neighbours that blend into one another: a ring
with a small hole is nearly a disc. No class changes when a picture is flipped or turned.
"""

from __future__ import annotations

import numpy as np

SIDE = 32
NEIGHBOURS = (
    ("disc", "ring"),
    ("square", "frame"),
    ("triangle", "arrowhead"),
    ("cross", "star"),
    ("stripes", "checks"),
)
CLASS_NAMES = tuple(name for pair in NEIGHBOURS for name in pair)

# Levels of 0..255, and lengths in pixels.
RADIUS = (8.0, 12.0)
CONTRAST = (45.0, 140.0)
TEXTURE = (4.0, 22.0)
NOISE = (6.0, 24.0)


def draw(pictures: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures (n, 32, 32, 3) uint8, labels (n,) int64 and masks (n, 32, 32) bool, shuffled, as many of each class.

    A mask is True where the middle of the pixel lies on the object. The same number and seed give the
    same pictures. Raises ValueError when ``pictures`` is not a positive multiple of 10.
    """
    classes = len(CLASS_NAMES)
    if pictures <= 0 or pictures % classes:
        raise ValueError(f"{pictures} pictures do not divide evenly over {classes} classes: ask for a multiple of 10.")
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.repeat(np.arange(classes, dtype=np.int64), pictures // classes))
    x = np.empty((pictures, SIDE, SIDE, 3), np.uint8)
    masks = np.empty((pictures, SIDE, SIDE), bool)
    for label, name in enumerate(CLASS_NAMES):
        members = labels == label
        x[members], masks[members] = _draw_class(name, pictures // classes, generator)
    return x, labels, masks


def _draw_class(name: str, n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    u, v, radius = _coordinates(n, generator)
    distance = SHAPES[name](u, v, generator) * radius
    inside = np.clip(0.5 - distance, 0, 1)[..., None]  # a pixel on the outline gets a share of both colours

    ground = generator.uniform(0, 255, (n, 1, 1, 3)).astype(np.float32)
    paint = _other_colour(ground, generator)
    if name in ("stripes", "checks"):
        second = _pattern(name, u * radius, v * radius, generator)[..., None]
        paint = paint + second * (_other_colour(paint, generator) - paint)
    paint = paint + _texture(n, generator)
    ground = ground + _texture(n, generator)
    noise = generator.standard_normal((n, SIDE, SIDE, 3), np.float32) * _uniform(NOISE, n, generator)[..., None]
    picture = ground + inside * (paint - ground) + noise
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), distance < 0


def _uniform(limits: tuple[float, float], n: int, generator: np.random.Generator) -> np.ndarray:
    """One number for each picture, (n, 1, 1)."""
    return generator.uniform(*limits, (n, 1, 1)).astype(np.float32)


def _coordinates(n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pixel's place (u, v) from the object's centre along its turned axes, in radii; and the radius in pixels."""
    radius = _uniform(RADIUS, n, generator)
    reach = (SIDE / 2 - 0.9 * radius) * 1.0
    row, column = np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2
    down = (row - _uniform((-1, 1), n, generator) * reach) / radius
    right = (column - _uniform((-1, 1), n, generator) * reach) / radius
    angle = _uniform((0, 2 * np.pi), n, generator)
    return np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right, radius


def _other_colour(colour: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A colour at a random distance in a random direction, stepping back where it would leave 0..255."""
    direction = generator.standard_normal(colour[:, :1, :1].shape, np.float32)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    step = direction * _uniform(CONTRAST, len(colour), generator)[..., None]
    ahead = colour + step
    return np.where((ahead < 0) | (ahead > 255), colour - step, ahead)


def _texture(n: int, generator: np.random.Generator) -> np.ndarray:
    """Three waves of random length and direction in random colours."""
    row, column = np.mgrid[:SIDE, :SIDE].astype(np.float32) * (2 * np.pi / SIDE)
    total = np.zeros((n, SIDE, SIDE, 3), np.float32)
    for _ in range(3):
        wave = np.cos(
            _uniform((-5, 5), n, generator) * row
            + _uniform((-5, 5), n, generator) * column
            + _uniform((0, 2 * np.pi), n, generator)
        )
        colour = generator.uniform(-1, 1, (n, 1, 1, 3)).astype(np.float32)
        total += wave[..., None] * colour * _uniform(TEXTURE, n, generator)[..., None]
    return total


def _pattern(name: str, u: np.ndarray, v: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Where the second colour goes, 0..1: stripes across u, or checks."""
    period = _uniform((5.0, 8.0), len(u), generator)
    wave = np.sin(2 * np.pi * u / period + _uniform((0, 2 * np.pi), len(u), generator))
    if name == "checks":
        wave = wave * np.sin(2 * np.pi * v / period + _uniform((0, 2 * np.pi), len(u), generator))
    return np.clip(0.5 + 1.5 * wave, 0, 1)


# Signed distances to an outline, negative inside, in radii. Each fits into a circle of about radius 1.


def _disc(u, v, generator):
    return np.hypot(u, v) - 0.8


def _ring(u, v, generator):
    return _with_hole(_disc(u, v, generator), generator)


def _square(u, v, generator):
    return np.maximum(np.abs(u), np.abs(v)) - 0.72


def _frame(u, v, generator):
    return _with_hole(_square(u, v, generator), generator)


def _with_hole(distance, generator):
    """Cut out what lies deeper inside than a random depth."""
    return np.maximum(distance, -distance - _uniform((0.25, 0.55), len(distance), generator))


def _spikes(u, v, points, inner):
    """A star with outer corners at 1 and inner corners at ``inner``: fold the plane to half a spike, one edge is left."""
    sector = np.pi / points
    angle = np.abs((np.arctan2(v, u) + sector) % (2 * sector) - sector)
    radius = np.hypot(u, v)
    along, across = inner * np.cos(sector) - 1, inner * np.sin(sector)
    distance = (radius * np.cos(angle) - 1) * across - radius * np.sin(angle) * along
    return distance / np.hypot(along, across)


def _triangle(u, v, generator):
    return _spikes(u, v, 3, 0.5)


def _arrowhead(u, v, generator):
    """A triangle with a notch: a second one, further back, is cut out."""
    depth = _uniform((0.3, 0.6), len(u), generator)
    return np.maximum(_triangle(u, v, generator), -_triangle(u + 1.5 - depth, v, generator))


def _star(u, v, generator):
    return _spikes(u, v, 5, _uniform((0.4, 0.6), len(u), generator))


def _cross(u, v, generator):
    arm = _uniform((0.2, 0.35), len(u), generator)
    across = np.minimum(np.abs(u), np.abs(v)) - arm
    return np.maximum(across, np.maximum(np.abs(u), np.abs(v)) - 0.9)


def _blob(u, v, generator):
    waves = np.cos(3 * np.arctan2(v, u) + _uniform((0, 2 * np.pi), len(u), generator))
    return np.hypot(u, v) - 0.8 - 0.1 * waves


SHAPES = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "frame": _frame,
    "triangle": _triangle,
    "arrowhead": _arrowhead,
    "cross": _cross,
    "star": _star,
    "stripes": _blob,
    "checks": _blob,
}
