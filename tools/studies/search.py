"""How studies choose a hyperparameter: by validation accuracy after the last epoch, the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tools.studies.engine import Asks, Trial

RATES = (0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def score(record: dict) -> float:
    """Validation accuracy after the last epoch; 0 for a training whose loss was no number."""
    return (record["history"]["val_accuracy"] or [0.0])[-1]


def best(records: Sequence[dict], choices: Sequence[float]) -> float:
    """The choice whose record has the highest validation accuracy, the first of equals."""
    return max(zip(records, choices), key=lambda pair: score(pair[0]))[1]


def best_rate(trial: Callable[[float], Trial], start: float) -> Asks:
    """The learning rate with the best validation accuracy: from ``start`` up and down until both neighbours are worse.

    The same search for everybody, so that nobody's rate lies at the end of a range that was too short for it.
    """
    position, records = RATES.index(start), {}
    while True:
        new = [rate for rate in RATES[max(position - 1, 0) : position + 2] if rate not in records]
        records |= zip(new, (yield [trial(rate) for rate in new])) if new else {}
        # Of equals the lowest: it is the way back when all of them were too high to give a number.
        top = max(records, key=lambda rate: (score(records[rate]), -rate))
        if top == RATES[position]:
            return top
        position = RATES.index(top)
