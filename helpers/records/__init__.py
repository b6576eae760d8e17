"""What was measured and trained before, read from ``data/trained``: records remember."""

from helpers.records.read import MARKS, benchmark, histories, result, seconds_to, study
from helpers.records.weights import stored_model, trained
from helpers.records.write import save_weights, write_json
