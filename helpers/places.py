"""Where things lie: the one module that knows."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The datasets, once they have been fetched, and the manifest that says from where.
DATA = ROOT / "data"
# Weights and records of the trainings that come with the project.
TRAINED = DATA / "trained"
# Whatever a run writes; it may be deleted at any time.
BUILD = ROOT / "build"
