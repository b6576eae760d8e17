"""What was measured and trained before, read from ``data/trained``: records remember."""

from helpers.records.read import MARKS, benchmark, histories, result, seconds_to, study
from helpers.records.schema import write_json
from helpers.records.weights import imagenet_classes, pretrained, save_weights, stored_model, trained
