"""The corpora of the field that models are compared on: where their files are, and which of them a command is for."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """How a corpus lies in a folder of several.

    Attributes:
        folder: of the corpus, in the field's benchmark layout.
        languages: as its files spell them, in order.
        reference: folder of the reference corpus in those languages.
    """

    folder: str
    languages: tuple[str, ...]
    reference: str


# By their presets.
LAYOUTS = {
    "rakuten_amazon": Layout("Rakuten_Amazon", ("en", "ja"), "en-ja"),
    "ecnews": Layout("ECNews", ("en", "cn"), "en-zh"),
    "amazon_review": Layout("Amazon_Review", ("en", "cn"), "en-zh"),
}


@dataclass(frozen=True)
class Files:
    """A corpus, and what it is measured by.

    Attributes:
        preset: by which it is called.
        data: its folder.
        languages: as its files spell them, in order.
        reference: the folder of an aligned reference corpus.
        dictionary: a file of translations, or a folder with one of the languages; None for none.
    """

    preset: str
    data: Path
    languages: tuple[str, ...]
    reference: Path
    dictionary: Path | None

    def arguments(self) -> list[str]:
        """What ``add_arguments`` reads this from."""
        given = ["--preset", self.preset, "--languages", ",".join(self.languages), "--reference", str(self.reference)]
        dictionary = [] if self.dictionary is None else ["--dictionary", str(self.dictionary)]
        return [str(self.data), *given, *dictionary]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments by which a command is told its corpora."""
    parser.add_argument("data", type=Path, help="the folder of a corpus; without --preset, a folder with those of some")
    parser.add_argument(
        "--preset", "--name", choices=LAYOUTS, help="it names the corpus too; all that are there unless given"
    )
    parser.add_argument("--languages", help="as the files spell them, in order, separated by commas; as usual if not")
    parser.add_argument("--reference", type=Path, required=True, help="without --preset, a folder with those of some")
    parser.add_argument("--dictionary", type=Path, help="a file of translations, or a folder with some")


def of_arguments(arguments: argparse.Namespace) -> list[Files]:
    """The corpora that a command is for.

    Raises:
        SystemExit: there is none.
    """
    if arguments.preset is not None:
        usual = LAYOUTS[arguments.preset].languages
        languages = usual if arguments.languages is None else tuple(arguments.languages.split(","))
        return [Files(arguments.preset, arguments.data, languages, arguments.reference, arguments.dictionary)]
    found = [
        Files(preset, arguments.data / each.folder, each.languages, arguments.reference / each.reference,
              arguments.dictionary)
        for preset, each in LAYOUTS.items()
        if (arguments.data / each.folder).is_dir()
    ]  # fmt: skip
    if not found:
        folders = ", ".join(each.folder for each in LAYOUTS.values())
        sys.exit(f"error: {arguments.data} has none of the folders {folders}: say by --preset which corpus it is")
    return found
