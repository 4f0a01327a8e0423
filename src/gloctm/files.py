"""Writing files and folders so that a reader finds the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gloctm.errors import FileFormatError, InputError


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` for writing; put it in place only if the block ends well.

    Args:
        path: where the finished file goes; an older file there is replaced.
        mode: ``"w"`` for UTF-8 text, ``"wb"`` for bytes.
    """
    target = Path(path)
    folder = target.parent
    if not folder.is_dir():
        raise InputError(f"can't write {target}: the folder {folder} does not exist")
    if target.is_dir():
        raise InputError(f"can't write {target}: a folder of that name exists")
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=folder)
    try:
        text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
        with os.fdopen(descriptor, mode, **text) as stream:  # type: ignore[call-overload]
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; a result is to be as readable as any other new file.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str], *, replaces: str) -> Iterator[Path]:
    """Fill a temporary folder beside ``path``; put it in place only if the block ends well.

    Args:
        path: where the finished folder goes.
        replaces: name of the file that marks a folder of the same kind. An existing folder is replaced only if it is
            empty or holds this file, so that no foreign folder is ever deleted.
    """
    target = Path(path)
    check_folder_target(target, replaces=replaces)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        yield temporary
        os.chmod(temporary, 0o777 & ~_umask())
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
            os.replace(target, old / target.name)
            try:
                os.replace(temporary, target)
            except BaseException:
                os.replace(old / target.name, target)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(temporary, target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def check_folder_target(path: str | os.PathLike[str], *, replaces: str) -> None:
    """Raise InputError now if ``atomic_folder`` would refuse this target, before hours of work are spent."""
    target = Path(path)
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"can't write the folder {target}: a file of that name exists")
    if any(target.iterdir()) and not (target / replaces).is_file():
        raise InputError(f"can't write to {target}: it holds other files; name a new or empty folder")


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented UTF-8 JSON (inside an atomic folder, so plainly)."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file; a missing, cut or non-JSON file is a FileFormatError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileFormatError(f"{path.parent} is incomplete: {path.name} is missing") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileFormatError(f"{path} is damaged: not valid JSON ({error})") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
