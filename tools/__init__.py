"""What the instructor runs: ``python -m tools.NAME``; the Makefile's targets are thin calls of these."""
