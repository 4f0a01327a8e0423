"""Settings of training on the command line: presets, files, and a flag for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from gloctm.cli.options import with_parameters
from gloctm.errors import FileFormatError, InputError
from gloctm.training.presets import PRESETS, get_preset
from gloctm.training.settings import CONTEXT_SETTINGS, PUBLISHED_SETTINGS, SETTINGS, nearest_setting

Preset = Annotated[str | None, typer.Option(help=f"Named settings to start from: {', '.join(PRESETS)}.")]
Config = Annotated[
    Path | None, typer.Option(help="YAML or TOML file of settings, named like the flags but with underscores.")
]


def setting_flags(*names: str) -> list[inspect.Parameter]:
    """Return the parameters that give a command a flag for each of these settings; a flag left out is None."""
    flags = []
    for name in names:
        described = SETTINGS[name].metadata
        panel = "Method"
        if name in CONTEXT_SETTINGS + PUBLISHED_SETTINGS:
            panel += ": context" if name in CONTEXT_SETTINGS else ": published"
        option = typer.Option(None, help=described["help"], rich_help_panel=panel, show_default=False)
        if described["kind"] is bool:
            flag = name.removeprefix("show_")
            option = typer.Option(None, f"--{flag}/--no-{flag}", help=described["help"])
        if name == "num_topics":
            option = typer.Option(
                None,
                *("--num-topics", "--topics", "-k"),
                parser=_number_or_auto,
                metavar="INTEGER|auto",
                help=described["help"],
                rich_help_panel=panel,
                show_default=False,
            )
        # What has parts is given as a file.
        kind = (Path if described["kind"] is dict else described["kind"]) | None
        flags.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind))
    return flags


def _number_or_auto(text: str) -> Any:
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number or auto") from None


def with_flags(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command flags for these settings, in place of its ``**flags``."""
    return with_parameters(setting_flags(*names))


def settings_begun_with(preset: str | None, config: Path | None) -> dict[str, Any]:
    """Return the settings of a preset, some of them replaced by those of a file."""
    return {**({} if preset is None else get_preset(preset)), **({} if config is None else read_config(config))}


def given_flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that flags give: those left out are dropped, and files are read."""
    given = {name: value for name, value in flags.items() if value is not None}
    if "seed_words" in given:
        given["seed_words"] = read_seed_words(given["seed_words"])
    return given


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings in a YAML or TOML file.

    Raises:
        FileFormatError: missing, of another kind, or not a table of settings.
        InputError: a name that is no setting, or a value that is none of its.
    """
    import tomllib

    import yaml

    content = _read(path, {".yaml": yaml.safe_load, ".yml": yaml.safe_load, ".toml": tomllib.loads}, "settings")
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise FileFormatError(f"{path} is not a table of settings: write lines such as num_topics: 50")
    for name, value in content.items():
        if name not in SETTINGS:
            # YAML knows other names than texts, such as numbers.
            hint = nearest_setting(str(name))
            cure = f"did you mean {hint}?" if hint else f"there are {', '.join(sorted(SETTINGS))}"
            raise InputError(f"{path}: there is no setting {name!r}: {cure}")
        try:
            SETTINGS[name].metadata["check"](name, value)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    return content


def read_seed_words(path: Path) -> Any:
    """Return the seed words in a YAML or JSON file, unchecked.

    Raises:
        FileFormatError: missing, or of another kind.
    """
    import json

    import yaml

    def texts(text: str) -> Any:
        # Plain texts alone: to YAML, the code of Norwegian is a no.
        return yaml.load(text, Loader=yaml.BaseLoader)

    return _read(path, {".yaml": texts, ".yml": texts, ".json": json.loads}, "seed words")


def _read(path: Path, readers: Mapping[str, Callable[[str], Any]], what: str) -> Any:
    """Read a file by the reader of its ending."""
    import yaml

    reader = readers.get(path.suffix.lower())
    kinds = [kind for kind in readers if kind != ".yml"]
    if reader is None:
        raise FileFormatError(f"{path} is neither {kinds[0]} nor {kinds[1]}: name the file by its kind")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FileFormatError(f"{path} does not exist: check the path") from None
    except UnicodeDecodeError:
        listed = " or ".join(kind.removeprefix(".").upper() for kind in kinds)
        raise FileFormatError(f"{path} is not UTF-8 text: {what} are {listed}") from None
    try:
        return reader(text)
    except RecursionError:
        raise FileFormatError(f"{path} can't be read: it is nested too deeply") from None
    # ValueError: of TOML and JSON, and of values such as impossible dates in YAML.
    except (ValueError, yaml.YAMLError) as error:
        raise FileFormatError(f"{path} can't be read: {' '.join(str(error).split())}") from None
