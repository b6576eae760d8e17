"""The convolution explorer as a piece of a page: its images and kernels as data, for static/explorer.js."""

from __future__ import annotations

import base64
import json

import numpy as np

# The kernels of lesson 01. Blur adds up nine pixels and divides by nine.
KERNELS = {
    "vertical edges": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "horizontal edges": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "blur": [["1/9"] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "nothing changes": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
SHRINK = 3  # pixels of the photo for one of the explorer's, along a side
CREDIT = (
    "The tower is cut from a photo by Daniel Buechele, which scikit-learn carries, "
    "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/); in grey and smaller."
)


def images() -> dict[str, np.ndarray]:
    """Name -> grey image (rows, columns) of whole numbers from 0 to 255, uint8."""
    from sklearn.datasets import load_sample_image

    grey = load_sample_image("china.jpg") @ np.array([0.299, 0.587, 0.114])
    tower = grey[20:320, 60:360].reshape(300 // SHRINK, SHRINK, 300 // SHRINK, SHRINK).mean(axis=(1, 3))
    rows, columns = np.mgrid[:32, :32]
    disc = 40 + 180 * (np.hypot(rows - 15.5, columns - 15.5) < 10)
    bar = np.zeros((9, 9))
    bar[:, 3:6] = 100
    lesson = [[1, 1, 1, 8, 9], [1, 0, 1, 9, 9], [2, 1, 1, 8, 9], [1, 1, 0, 9, 8], [1, 2, 1, 9, 9]]
    named = {"the tower": tower, "the 5×5 image of lesson 01": lesson, "a bright bar": bar, "a disc": disc}
    return {name: np.asarray(image).round().astype(np.uint8) for name, image in named.items()}


def data() -> str:
    """Images and kernels as JSON; an image's pixels row by row, in base64."""
    shown = [
        {
            "name": name,
            "rows": image.shape[0],
            "columns": image.shape[1],
            "pixels": base64.b64encode(image.tobytes()).decode(),
        }
        for name, image in images().items()
    ]
    return json.dumps({"images": shown, "kernels": KERNELS}, ensure_ascii=False)


def markdown() -> str:
    """The explorer for a MyST page; static/explorer.js fills it."""
    return (
        "```{raw} html\n"
        '<div class="explorer" data-explorer>\n'
        f'<script type="application/json">{data()}</script>\n'
        "<noscript><p>The explorer needs JavaScript.</p></noscript>\n"
        "</div>\n"
        "```\n\n"
        f"{CREDIT}\n"
    )
