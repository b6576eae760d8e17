"""One module per lesson with the check behind each exercise; ``grading`` holds what they share."""

from checks.grading.yours import yours
