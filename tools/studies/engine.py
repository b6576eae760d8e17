"""Studies: many trials that answer one question, each stored as soon as it is finished.

A study is a generator: it yields the trials that it wants next and gets their records, so that what one trial gave may
decide on the next ones. Trials that were asked for together may run at the same time, here or on many machines
(``tools.executor``). Every record is a file of its own below ``data/trained/studies/NAME``; a trial that is stored is
read, never run again, and never replaced unless that is asked for.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from helpers import places
from helpers.recipe import Recipe
from helpers.records import schema
from helpers.records.write import write_json
from tools.executor import Executor, Job

TRAINED = "tools.studies.trained:train"
DRY_IMAGES = 500


@dataclass(frozen=True)
class Trial:
    """One thing to find out: a training by a recipe, or a computation with ``facts`` by another ``function``.

    ``label`` says what the trial stands for in its study. ``images`` are the first ones to train on, all when None.
    Only a ``final`` trial is scored on the test set: all choices are made on validation. ``validation=False`` holds no
    image out, and ``weights`` brings those of the trained model home.
    """

    recipe: Recipe | None = None
    seed: int = 0
    label: str = ""
    images: int | None = None
    final: bool = False
    validation: bool = True
    weights: bool = False
    function: str = TRAINED
    facts: dict = field(default_factory=dict)

    def payload(self, dataset: str, dry: bool) -> dict:
        """What the function gets, as JSON-ready data; a dry run has one epoch, and few images of Shapes-10."""
        recipe = self.recipe
        if recipe and dry:
            recipe = dataclasses.replace(recipe, epochs=1, small_epochs=0)
        return {
            "recipe": recipe.as_dict() if recipe else None,
            "seed": self.seed,
            "images": min(self.images or DRY_IMAGES, DRY_IMAGES) if dry else self.images,
            "final": self.final,
            "validation": self.validation,
            "weights": self.weights,
            "facts": self.facts,
            "dataset": dataset,
            "dry": dry,
        }

    def key(self, dataset: str) -> str:
        """Eight letters that change with everything that decides the result, and with nothing else."""
        payload = self.payload(dataset, dry=False) | {"function": self.function}
        decides = {name: value for name, value in payload.items() if name not in ("weights", "dry") and value}
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]


Asks = Generator[list[Trial], list[dict], object]


@dataclass(frozen=True)
class Study:
    """A function that returns the generator, and whether its seconds are compared: then one worker runs it in turn."""

    name: str
    ask: Callable[[], Asks]
    timed: bool

    @property
    def first_line(self) -> str:
        return (self.ask.__doc__ or "").strip().splitlines()[0]


STUDIES: dict[str, Study] = {}


def study(timed: bool = False) -> Callable[[Callable[[], Asks]], Callable[[], Asks]]:
    """Register a generator function as a study under its own name."""

    def register(ask: Callable[[], Asks]) -> Callable[[], Asks]:
        STUDIES[ask.__name__] = Study(ask.__name__, ask, timed)
        return ask

    return register


def together(*asks: Asks) -> Asks:
    """Several chains of trials side by side: every round asks for the next trials of all of them."""
    waiting = [(one, trials) for one in asks if (trials := next(one, None)) is not None]
    while waiting:
        records = iter((yield [trial for _, trials in waiting for trial in trials]))
        going_on = []
        for one, trials in waiting:
            answer = [next(records) for _ in trials]
            try:
                going_on.append((one, one.send(answer)))
            except StopIteration:
                continue
        waiting = going_on


class Store:
    """The records of one study: a file a trial, in the order in which they were first asked for."""

    def __init__(self, study: Study, folder: Path, dataset: str):
        self.study, self.folder, self.dataset = study, folder / study.name, dataset
        self.asked: list[str] = []

    def find(self, trial: Trial) -> Path | None:
        """The file of a trial, when it is stored; what another study has found out is taken over, but for timings."""
        key = trial.key(self.dataset)
        mine = next(self.folder.glob(f"*-{key}.json"), None)
        if mine or self.study.timed:
            return mine
        timed = {name for name, study in STUDIES.items() if study.timed}
        others = (path for path in self.folder.parent.glob(f"*/*-{key}.json") if path.parent.name not in timed)
        other = next(others, None)
        return self.write(trial, schema.read_json(other)) if other else None

    def read(self, trial: Trial) -> dict:
        """The record of a stored trial."""
        return schema.read(self.find(trial))

    def write(self, trial: Trial, record: dict) -> Path:
        """Store a record under its trial's position in the study, its name and its key; returns the file."""
        key = trial.key(self.dataset)
        if key not in self.asked:
            self.asked.append(key)
        name = re.sub(r"[^a-z0-9]+", "-", (trial.label or trial.recipe.model).lower()).strip("-")
        path = next(self.folder.glob(f"*-{key}.json"), None)
        path = path or self.folder / f"{self.asked.index(key):03d}-{name}-seed-{trial.seed}-{key}.json"
        label = {"label": trial.label} if trial.label else {}
        write_json(path, label | {name: value for name, value in record.items() if name != "label"})
        return path


class _Conducted:
    """One study on its way: which trials it waits for, and what it has got."""

    def __init__(self, study: Study, store: Store, dry: bool, replace: bool):
        self.study, self.store, self.dry, self.replace = study, store, dry, replace
        self.asks, self.records = study.ask(), []
        self.trials = next(self.asks)
        self.running: dict[str, Trial] = {}
        self.renewed: set[str] = set()

    def missing(self) -> list[Job]:
        """Jobs for the trials that are not stored; goes on through all rounds that have everything they asked for."""
        while self.trials:
            jobs = []
            for trial in self.trials:
                key = trial.key(self.store.dataset)
                self.store.asked += [key] if key not in self.store.asked else []
                stored = key in self.renewed if self.replace else self.store.find(trial) is not None
                name = f"{self.study.name}: {trial.label or trial.recipe.model}, seed {trial.seed} ({key})"
                if not stored and name not in self.running:
                    self.running[name] = trial
                    group = self.study.name if self.study.timed else ""
                    jobs.append(Job(name, trial.function, trial.payload(self.store.dataset, self.dry), group))
            if self.running:
                return jobs
            answer = [self.store.read(trial) for trial in self.trials]
            self.records += [record for record in answer if record not in self.records]
            try:
                self.trials = self.asks.send(answer)
            except StopIteration:
                self.trials = []
        return []

    def keep(self, name: str, record: dict) -> None:
        """Store what a trial gave."""
        trial = self.running.pop(name)
        self.store.write(trial, record)
        self.renewed.add(trial.key(self.store.dataset))


def conduct(
    names: Iterable[str],
    executor: Executor,
    dataset: str = "cifar10",
    folder: Path | None = None,
    dry: bool = False,
    replace: bool = False,
) -> dict[str, list[dict]]:
    """Run the missing trials of some studies, storing each as soon as it is finished; returns all their records.

    Raises RuntimeError with one sentence a trial when some failed, once all that do not wait for these are stored.
    """
    folder = folder or places.TRAINED / "studies"
    studies = [STUDIES[name] for name in names]
    conducted = {study.name: _Conducted(study, Store(study, folder, dataset), dry, replace) for study in studies}
    jobs: deque[Job] = deque(job for one in conducted.values() for job in one.missing())
    problems = []
    for outcome in executor.run(jobs, "trials", dataset):
        one = conducted[outcome.job.key.partition(":")[0]]
        if outcome.problem:
            problems.append(outcome.problem)
            continue
        one.keep(outcome.job.key, outcome.record)
        tqdm.write(f"{outcome.job.key}: {outcome.record['seconds']:.0f} s")
        jobs.extend(one.missing())
    if problems:
        raise RuntimeError("Not all trials could be run; what was finished is stored.\n" + "\n".join(problems))
    return {name: one.records for name, one in conducted.items()}
