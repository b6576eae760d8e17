"""What a training is, as plain data: a recipe says, a model is, training does, records remember."""

from dataclasses import dataclass, field, fields
from numbers import Integral, Real

SCHEDULES = ("constant", "inverse_time", "cosine", "triangle")
FLIPS = ("none", "random", "alternating")
VIEWS = (1, 2, 6, 18)
KINDS = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bool: (bool, "True or False"),
    str: (str, "a string"),
    dict: (dict, "a dictionary"),
}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training but the images and the seed.

    A default stands for "without" and never changes, because a stored recipe names only what differs from it.

    The network: ``model``, a builder of ``helpers.models``, and the ``options`` it gets. ``bfloat16`` computes in
    bfloat16 where the processor multiplies it, in float32 elsewhere; weights are float32 in both.

    The steps: ``optimizer`` by Keras' name, or "Muon", which moves the kernels of convolutions at a rate of their own,
    ``kernel_rate``. The ``learning_rate`` is that of a constant ``schedule``, the first of an "inverse_time" one
    (rate / (1 + ``decay`` * step)) and of a "cosine" (to zero at the end), the peak of a "triangle". ``weight_decay``
    is decoupled: what a step takes away from every weight, as a share of its rate. ``lookahead`` averages the weights
    on the way. With ``equal_batches`` every epoch leaves out the few images that do not fill a batch, others each
    time. ``label_smoothing`` is that of Keras' cross-entropy.

    The images of each epoch: ``flip``, ``crop_padding`` in pixels, ``zoom`` as a share of the side, ``noise`` as a
    standard deviation in grey values; the first ``small_epochs`` see images of ``small_side`` pixels.

    The prediction: the mean over so many ``views`` of an image (test-time augmentation); with a ``view_margin``, only
    for images whose two highest logits lie less than that apart after two views.
    """

    model: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    options: dict = field(default_factory=dict)
    bfloat16: bool = False
    schedule: str = "constant"
    decay: float = 0.0
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    kernel_rate: float = 0.0
    lookahead: bool = False
    equal_batches: bool = False
    label_smoothing: float = 0.0
    flip: str = "none"
    crop_padding: int = 0
    zoom: float = 0.0
    noise: float = 0.0
    small_epochs: int = 0
    small_side: int = 0
    views: int = 1
    view_margin: float | None = None

    def __post_init__(self):
        for one in fields(self):
            value, (kind, words) = getattr(self, one.name), KINDS.get(one.type, KINDS[float])
            fits = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
            if not fits and not (value is None and one.default is None):
                raise ValueError(f"{one.name} is {value!r}: it must be {words}.")
        for name, choices in (("schedule", SCHEDULES), ("flip", FLIPS), ("views", VIEWS)):
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"{name} is {value!r}: choose one of {', '.join(map(repr, choices))}.")
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError(f"epochs is {self.epochs} and batch_size {self.batch_size}: one of each at least.")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate}: a rate above 0 is needed.")
        if not 0 <= self.small_epochs < self.epochs or (self.small_epochs and self.small_side < 1):
            raise ValueError(
                f"small_epochs is {self.small_epochs} of {self.epochs} and small_side {self.small_side}: small images "
                "have pixels, and one epoch at least must see whole ones."
            )
        if (self.optimizer == "Muon") != (self.kernel_rate > 0):
            raise ValueError(
                f"optimizer is {self.optimizer!r} and kernel_rate {self.kernel_rate}: Muon needs a rate for kernels, "
                "the others have none."
            )
        if self.view_margin is not None and (self.views <= 2 or not self.view_margin > 0):
            raise ValueError(
                f"views is {self.views} and view_margin {self.view_margin}: a margin above 0 decides which images get "
                "more than two views."
            )

    def as_dict(self) -> dict:
        """JSON-ready data: what every recipe must say, and what differs from a default; ``Recipe(**data)`` reads it."""
        usual = {one.name: one.default_factory() if one.name == "options" else one.default for one in fields(self)}
        return {name: getattr(self, name) for name, default in usual.items() if getattr(self, name) != default}
