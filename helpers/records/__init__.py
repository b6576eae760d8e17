"""What was measured and trained before, read from ``data/trained``: records remember."""

from helpers.records.read import MARKS, benchmark, histories, result, seconds_to, study
from helpers.records.weights import load_checked, stored_model, trained
from helpers.records.write import machine, provenance, save_weights, write_json
