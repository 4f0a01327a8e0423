"""Commands that ``torchrun`` starts as several processes: they join, one of them speaks, and they end together."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from gloctm.cli.messages import exit_code
from gloctm.errors import TrainingError, TrainingInterrupted

if TYPE_CHECKING:
    from gloctm.network.ranks import Ranks


def restarted() -> bool:
    """Return whether ``torchrun`` started this process in place of one that ended."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


@contextlib.contextmanager
def joined(device: str) -> Iterator[Ranks | None]:
    """Join the processes that were started together, until all are at the end of the block.

    All but the first say nothing. If one fails, the first to notice says why, and the others end without a word.

    Args:
        device: the setting.

    Yields:
        The processes; None where this one is alone.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield None
        return
    from gloctm.network.ranks import joined_ranks
    from gloctm.training.device import own_device

    with joined_ranks(own_device(device)) as ranks:
        try:
            with _silent() if ranks.rank else contextlib.nullcontext():
                yield ranks if ranks.world > 1 else None
                ranks.leave()
        except (Exception, KeyboardInterrupt) as error:
            # torchrun terminates whoever is left where a process ends: what is to be said is why it did.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            lost = error.__context__
            why = lost if isinstance(error, KeyboardInterrupt) and isinstance(lost, TrainingError) else error
            # The first writes the checkpoint of which this interruption speaks.
            if (isinstance(why, TrainingInterrupted) and ranks.rank) or not ranks.first_to_report():
                raise typer.Exit(exit_code(why)) from None
            if why is error:
                raise
            raise why from None


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        yield
