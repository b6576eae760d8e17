"""Where files lie: the one module that knows.

In a checkout, everything lies below its folder. From a wheel (Colab), or where the checkout cannot be written into
(one that a class shares), images and results of runs go into ``data`` and ``build`` of the notebook's folder.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = (_PACKAGE.parent / "pyproject.toml").is_file()
_WRITABLE = _CHECKOUT and os.access(_PACKAGE.parent, os.W_OK)
_STORED = _PACKAGE.parent / "data" if _CHECKOUT else _PACKAGE / "stored"

# The project's folder; the working directory where there is none.
ROOT = _PACKAGE.parent if _CHECKOUT else Path.cwd()
# From where datasets are fetched.
MANIFEST = _STORED / "manifest.json"
# Weights and records of the trainings that come with the project.
TRAINED = _STORED / "trained"
# Photos that may be passed on; data/README.md says whose they are.
PHOTOS = _STORED / "photos"
# The datasets, once they have been fetched.
DATA = _STORED if _WRITABLE or (_STORED / "cifar-10-batches-bin").is_dir() else Path.cwd() / "data"
# Whatever a run writes; it may be deleted at any time.
BUILD = (ROOT if _WRITABLE else Path.cwd()) / "build"
