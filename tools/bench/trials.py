"""Trials an hour with one, two and four processes on this machine, in turns."""

from __future__ import annotations

import dataclasses
import statistics

from helpers import models
from tools import executor
from tools.studies.engine import Trial

ROUNDS = 2
TRIALS = 4
WORKERS = (1, 2, 4)


def executor_part(rounds: int = ROUNDS, trials: int = TRIALS) -> dict:
    """The record: workers -> trials an hour in each round; a trial is an epoch of ``plain_cnn`` on Shapes-10."""
    recipe = dataclasses.replace(models.RECIPES["plain_cnn"], epochs=1)
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    for number in range(rounds):
        for workers in WORKERS:
            with executor.connect(None, workers) as engine:
                jobs = [
                    executor.Job(f"{number} {workers} {seed}", trial.function, trial.payload("shapes10", dry=False))
                    for seed, trial in enumerate(Trial(recipe, seed) for seed in range(trials))
                ]
                rates[workers].append(round(executor.jobs_per_hour(engine, jobs), 1))
            print(f"{workers} at a time: {rates[workers][-1]:.0f} trials an hour", flush=True)
    alone = statistics.median(rates[1])
    ratios = {str(workers): round(statistics.median(rates[workers]) / alone, 2) for workers in WORKERS[1:]}
    for workers, ratio in ratios.items():
        print(f"{workers} at a time give {ratio:.2f} times as many as one", flush=True)
    return {"trials_an_hour": {str(workers): values for workers, values in rates.items()}, "ratios": ratios}
