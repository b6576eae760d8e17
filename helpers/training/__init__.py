"""Training by a recipe, and its parts: the loop, steps (Triangle, Lookahead, Muon), progress, backups, views."""

from helpers.training.backup import HISTORY_KEYS
from helpers.training.lookahead import Lookahead
from helpers.training.loop import accuracy, backup_of, fingerprint, train
from helpers.training.muon import Muon, orthogonalised
from helpers.training.optimizers import Triangle, loss, optimizer
from helpers.training.progress import Progress
from helpers.training.views import VIEWS, accuracy_by_views, predict, view_logits
