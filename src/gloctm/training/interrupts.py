"""Interrupts that wait for the end of a step, so that nothing is lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

#: Says whether training is to stop, and how: None, ``KeyboardInterrupt``, or a class derived from it for a termination.
Stop = Callable[[], type[KeyboardInterrupt] | None]


class Termination(KeyboardInterrupt):
    """Another program asked to end."""


@contextlib.contextmanager
def waiting_interrupts(*, wait: bool = True) -> Iterator[Stop]:
    """Have the first interrupt (Ctrl-C, SIGTERM) wait, and yield a function that says which kind came, if any.

    Outside the main thread, which alone may handle signals, nothing waits.

    Args:
        wait: False leaves interrupts as they are.
    """
    came: list[type[KeyboardInterrupt]] = []
    if not wait or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    # Whoever ignores a signal keeps it so; without a handler of Python's, SIGTERM ends the process.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before = {number: handler for number, handler in handlers.items() if callable(handler)}

    def note(number: int, _: object) -> None:
        came.append(KeyboardInterrupt if number == signal.SIGINT else Termination)
        # A second one need not wait.
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: came[0] if came else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def agreed_stop(stop: Stop, largest: Callable[[int], int]) -> Stop:
    """Return a stop that says the same in all processes that train together: what any of them was asked.

    Args:
        stop: says whether this process was asked to stop.
        largest: returns the largest of all processes' numbers, see ``Ranks``.

    Example:
        >>> agreed_stop(lambda: None, lambda number: max(number, 1))()
        <class 'KeyboardInterrupt'>
    """

    def agreed() -> type[KeyboardInterrupt] | None:
        kind = stop()
        asked = 0 if kind is None else 1 if kind is KeyboardInterrupt else 2
        return (None, KeyboardInterrupt, Termination)[largest(asked)]

    return agreed
