"""What is said on standard error, and which exit code goes with it."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from gloctm.errors import GloCTMError, TrainingError, TrainingInterrupted
from gloctm.inert import inert, inert_json, shortened

INPUT_ERROR = 2
FAILURE = 1
INTERRUPTED = 130
TERMINATED = 143

# What arguments of Python are called here, where that is not their name with hyphens. Settings of training are not
# among these, but for the method, which sentences tell to choose: they have their names in a config file, too.
FLAGS = {
    "columns": "a column's name",
    "file_format": "--format",
    "keep_words": "--keep-words",
    "more_stop_words": "--more-stop-words",
    "on_error": "--skip-bad-lines",
}
_PLAIN = (
    *("convert", "encoding", "language", "languages", "fold", "lemmas", "max_df", "max_vocabulary", "merge_regions"),
    *("drop_boilerplate", "drop_duplicates", "dropped", "embedding_dtype", "encoder", "engine"),
    *(
        "checkpoint_minutes",
        "min_confidence",
        "min_df",
        "min_documents",
        "num_words",
        "phrases",
        "processes",
        "resume",
        "via",
    ),
    *("max_train", "old_weight", "seed", "stop_words"),
    *("markup", "method", "vocabulary", "quoting", "date_order"),
)
_NAMES = "|".join((*FLAGS, *_PLAIN))
# Sentences of the library, and what they are on the command line. Names that are words of English too are arguments
# only where a sentence begins with them; text in quotation marks is the user's own.
_IN_SHELL = (
    (r" \(in Python, [^()]*(\([^()]*\))?\)", ""),
    (r"use corpus\.embed\(\) first \(gloctm corpus embed\)", "give it some with gloctm corpus embed"),
    (r"give vocabulary=, the words", "give --vocabulary LANG=FILE, the words"),
    (
        r"callbacks are given, but (.*) has no epochs to tell them of: leave them out",
        r"--tensorboard is given, but \1 has no epochs to tell of: leave it out",
    ),
    (r"(?<=\w), or None \([^()]*\)", ""),
    (r", or None for all documents", ", or all"),
    (r", or None for all cores", "; left out, all cores work"),
    (r"(?<=remove )(it|them) from languages$", r"\1 from --languages"),
    (r"pass stop_words=\{'([\w-]+)': \[\.\.\.\]\}", r"add --stop-words \1=FILE"),
    (r", or read it with cache=False", ""),
    (r"num_topics=(\d+) or num_topics='auto'", r"--num-topics \1 or --num-topics auto"),
    (r"else reversed\(\) turns it round", "else name the languages the other way round"),
    (r"build it from texts, or with vocabulary=model\.vocabulary_", "build it from texts"),
    (r": name another file, or delete it to start again", ": delete it to start again"),
    (r"give it as transform\(\.\.\., encoder=\.\.\.\) or GloCTM\.load\(path, encoder=\.\.\.\)", "name it by --encoder"),
    (r"if you trust it, give it as encoder='([^']*)'", r"if you trust it, give it as --encoder '\1'"),
    (r"give one of your own, tokenizers=", "give one of your own in Python, tokenizers="),
    (r"load the model with tokenizers=", "load the model in Python with tokenizers="),
)
_SETTING = re.compile(rf"(?<![\w'\"/.-])({_NAMES})=(['\"]?)([\w.]+)\2")
_SUBJECT = re.compile(rf"^({_NAMES})(?= (?:is|are)\b)")
_NO_WORDS = "|".join(name for name in (*FLAGS, *_PLAIN) if "_" in name)
_MENTION = re.compile(rf"(?<![\w'\"/.=-])({_NO_WORDS})(?![\w'\"/]|\.\w)")


def flag_of(name: str) -> str:
    """Return what an argument of Python is called on the command line."""
    return FLAGS.get(name, f"--{name.replace('_', '-')}")


def in_shell_terms(message: str) -> str:
    """Return a sentence of the library with what is called otherwise on the command line called so."""
    for wording, other in _IN_SHELL:
        message = re.sub(wording, other, message)
    message = _SETTING.sub(
        lambda found: flag_of(found[1]) if found[3] == "True" else f"{flag_of(found[1])} {found[3]}", message
    )
    message = _SUBJECT.sub(lambda found: flag_of(found[1]), message)
    return _MENTION.sub(lambda found: flag_of(found[1]), message)


def say(message: str) -> None:
    """Print one line for the user to standard error; line breaks, as in a file's name, become a space."""
    print(inert(_one_line(message)), file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Say a warning of the library."""
    say(f"gloctm: warning: {in_shell_terms(shortened(message))}")


def show(text: str = "") -> None:
    """Print lines for people to standard output."""
    print(inert(text))


def show_line(text: str) -> None:
    """Print one line for people to standard output, of a sentence that names what others named."""
    show(_one_line(shortened(text)))


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def show_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON to standard output."""
    print(inert_json(json.dumps(value, ensure_ascii=False, indent=indent)))


@contextlib.contextmanager
def inert_terminals() -> Iterator[None]:
    """Let nothing reach a terminal but text, whatever prints it; files and pipes get everything as it is.

    What rich draws, bars of progress and help, goes past this: it holds no text of others but by ``inert``.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Terminal(each) if each and each.isatty() else each for each in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Terminal:
    def __init__(self, stream: TextIO) -> None:
        # By this name rich finds what to draw on.
        self.rich_proxied_file = stream

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(inert(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def sentence_of(error: GloCTMError | OSError) -> str:
    """Return what went wrong as a sentence in terms of the command line."""
    return shortened(describe_os_error(error)) if isinstance(error, OSError) else in_shell_terms(str(error))


def report_error(error: Exception) -> int:
    """Say what went wrong in one sentence and return the exit code."""
    if isinstance(error, GloCTMError | OSError):
        say(f"gloctm: error: {sentence_of(error)}")
    elif isinstance(error, MemoryError):
        say("gloctm: error: out of memory: use a smaller vocabulary, fewer topics or a smaller batch")
    else:
        told = shortened(f"{type(error).__name__}: {error}")
        say(f"gloctm: unexpected error: {told} (set GLOCTM_DEBUG=1 for the whole story)")
    return exit_code(error)


def exit_code(error: BaseException) -> int:
    """Return the exit code of what ended a command."""
    if isinstance(error, KeyboardInterrupt):
        # What is derived from it is a termination, but for what says so itself.
        terminated = (
            error.terminated if isinstance(error, TrainingInterrupted) else type(error) is not KeyboardInterrupt
        )
        return TERMINATED if terminated else INTERRUPTED
    known = isinstance(error, (GloCTMError, OSError)) and not isinstance(error, TrainingError)
    return INPUT_ERROR if known else FAILURE


def describe_os_error(error: OSError) -> str:
    """Return a file error as a sentence with its cure."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk{where}: free some or write elsewhere; no half-written file was left"
    if error.errno == errno.EFBIG:
        return f"a file would grow beyond the limit set for files{where}: raise it or write elsewhere"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"permission denied{where}: choose another place or change the permissions"
    if error.errno == errno.ENOENT:
        return f"no such file or folder{where}: check the path"
    return f"{error.strerror or error}{where}"
