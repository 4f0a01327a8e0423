"""What may look on while a model is trained: your own code, or the logs of an experiment tracker.

For example ``model.fit(corpus, callbacks=[TensorBoard("runs/one")])``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gloctm.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass
class TrainingRun:
    """A training under way.

    Attributes:
        settings: the settings it is done with, the seed as ``random_state`` among them.
        total_steps: how many steps it will take, unless it stops early.
        step: how many are done.
        weights: gives a copy of all trained arrays as they are now, by the names of ``gloctm.model.parameters``.
        stopped: whether a callback has ended it.

    Example:
        >>> run = TrainingRun({"num_topics": 5}, total_steps=100, step=0, weights=dict)
        >>> run.stop()
        >>> run.stopped
        True
    """

    settings: Mapping[str, Any]
    total_steps: int
    step: int
    weights: Callable[[], dict[str, NDArray[np.float32]]]
    stopped: bool = False

    def stop(self) -> None:
        """End the training after this epoch; the model is that of its end."""
        self.stopped = True


class Callback:
    """Derive from it and write what you need; each method does nothing unless written.

    An exception in a callback ends the training; a checkpoint keeps what was done when it was last written. Where a
    training was killed and goes on from a checkpoint, callbacks see the epochs since then once more.

    Example:
        >>> class Losses(Callback):
        ...     def on_epoch_end(self, run, epoch):
        ...         print(epoch["loss"])
        >>> Losses().on_epoch_end(None, {"epoch": 1, "loss": 2.5})
        2.5
    """

    def on_train_begin(self, run: TrainingRun) -> None:
        """Run before the first step, or the first after a checkpoint."""

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Run after an epoch, given its number from 1, the mean loss and its terms, the learning rate."""

    def on_train_end(self, run: TrainingRun) -> None:
        """Run after the last step."""

    def on_train_abort(self, run: TrainingRun) -> None:
        """Run instead of the former where an interrupt or an error ends the training."""


def check_callbacks(callbacks: Sequence[Callback]) -> None:
    """Raise InputError unless these are callbacks."""
    if isinstance(callbacks, str) or not isinstance(callbacks, Sequence):
        raise InputError(f"callbacks is a {type(callbacks).__name__}: give a list, even of one")
    for each in callbacks:
        if not isinstance(each, Callback):
            given = f"the class {each.__name__}" if isinstance(each, type) else f"a {type(each).__name__}"
            raise InputError(f"among the callbacks is {given}: give objects of classes derived from Callback")


class TensorBoard(Callback):
    """Write the loss and its terms for TensorBoard (``pip install tensorboard``).

    Args:
        folder: where to; see them with ``tensorboard --logdir FOLDER``.

    Example:
        >>> model.fit(corpus, callbacks=[TensorBoard("runs/one")])  # doctest: +SKIP
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingDependencyError.of("Writing for TensorBoard", "tensorboard") from error
        if Path(folder).is_file():
            raise InputError(f"TensorBoard's folder {folder} is a file: name a folder")
        self._make_writer, self._folder = SummaryWriter, os.fspath(folder)
        self._writer: SummaryWriter | None = None

    def on_train_begin(self, run: TrainingRun) -> None:
        """Make the folder and a file in it."""
        self._writer = self._make_writer(self._folder)

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Write an epoch's figures."""
        assert self._writer is not None
        for name, value in _figures(epoch).items():
            self._writer.add_scalar(name, value, int(epoch["epoch"]))

    def on_train_end(self, run: TrainingRun) -> None:
        """Close the file."""
        assert self._writer is not None
        self._writer.close()

    def on_train_abort(self, run: TrainingRun) -> None:
        """Close the file."""
        self.on_train_end(run)


class WeightsAndBiases(Callback):
    """Log to Weights & Biases (``pip install wandb``).

    Args:
        **settings: for ``wandb.init``, for example ``project``.

    Example:
        >>> model.fit(corpus, callbacks=[WeightsAndBiases(project="topics")])  # doctest: +SKIP
    """

    def __init__(self, **settings: Any) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingDependencyError.of("Logging to Weights & Biases", "wandb") from error
        self._wandb, self._settings, self._run = wandb, settings, None

    def on_train_begin(self, run: TrainingRun) -> None:
        """Begin a run with the training's settings."""
        self._run = self._wandb.init(**{"config": dict(run.settings), **self._settings})

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Log an epoch's figures."""
        assert self._run is not None
        self._run.log(_figures(epoch), step=int(epoch["epoch"]))

    def on_train_end(self, run: TrainingRun) -> None:
        """Finish the run."""
        assert self._run is not None
        self._run.finish()

    def on_train_abort(self, run: TrainingRun) -> None:
        """Finish the run as failed."""
        assert self._run is not None
        self._run.finish(exit_code=1)


class MLflow(Callback):
    """Log to MLflow (``pip install mlflow-skinny``).

    Args:
        **settings: for ``mlflow.start_run``, for example ``run_name``.

    Example:
        >>> model.fit(corpus, callbacks=[MLflow(run_name="one")])  # doctest: +SKIP
    """

    def __init__(self, **settings: Any) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise MissingDependencyError.of("Logging to MLflow", "mlflow-skinny") from error
        self._mlflow, self._settings = mlflow, settings

    def on_train_begin(self, run: TrainingRun) -> None:
        """Begin a run with the training's settings."""
        self._mlflow.start_run(**self._settings)
        self._mlflow.log_params(dict(run.settings))

    def on_epoch_end(self, run: TrainingRun, epoch: Mapping[str, float]) -> None:
        """Log an epoch's figures."""
        self._mlflow.log_metrics(_figures(epoch), step=int(epoch["epoch"]))

    def on_train_end(self, run: TrainingRun) -> None:
        """End the run."""
        self._mlflow.end_run()

    def on_train_abort(self, run: TrainingRun) -> None:
        """End the run as killed."""
        self._mlflow.end_run(status="KILLED")


def _figures(epoch: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in epoch.items() if name != "epoch"}
