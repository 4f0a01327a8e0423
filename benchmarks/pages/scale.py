"""Tables and the plot of growth with documents (docs/guides/scale.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from pages.markdown import markdown, with_unit
from pages.results import Result, results
from plot import Lines, lines_svg

# As the results call them, in order, and as the page does.
STAGES = {
    "build": "build",
    "embed": "embed, stand-in",
    "train": "train, default method",
    "train published": "train, published method, one epoch",
    "transform files": "transform files",
    "transform corpus": "transform the corpus",
    "report": "report",
    "evaluate": "evaluate",
}
# These work on a sample of many documents, so that their time stops growing.
SAMPLED = ("train", "report", "evaluate")
# So many documents are seen by as many steps as were measured.
SEEN = {"train published": 1_000_000}
MANY = 100_000_000
Grid = dict[str, dict[int, Result]]


def grid(kind: str, words: int) -> Grid:
    """By stage and number of documents what was measured last."""
    found: Grid = {name: {} for name in STAGES}
    for each in results("scale", "growth"):
        if each["kind"] == kind and each["words"] == words and each["stage"] in found:
            found[each["stage"]][each["documents"]] = each
    return {name: dict(sorted(by_size.items())) for name, by_size in found.items() if by_size}


def sizes_of(grids: Iterable[Grid]) -> list[int]:
    """Every number of documents, the smallest left out: it shows what starting costs."""
    return sorted({size for each in grids for by_size in each.values() for size in by_size})[1:]


def start_of(by_size: dict[int, Result]) -> float:
    """The CPU seconds of the smallest size."""
    return float(by_size[min(by_size)]["cpu_seconds"])


def exponent(name: str, by_size: dict[int, Result]) -> float | None:
    """The slope of CPU seconds by documents, both beyond the smallest size and logarithmic; None of fewer than two.

    Left out are sizes that a stage does not see whole, and small ones, whose time is mostly that of starting: its noise
    would decide.
    """
    smallest, start = min(by_size), start_of(by_size)
    points = [
        (math.log(size - smallest), math.log(each["cpu_seconds"] - start))
        for size, each in by_size.items()
        if each["cpu_seconds"] > 1.5 * start and size <= SEEN.get(name, size)
    ]
    if len(points) < 2:
        return None
    across, up = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((x - across) * (y - up) for x, y in points) / sum((x - across) ** 2 for x, _ in points)


def rate(by_size: dict[int, Result], name: str) -> float | None:
    """Documents per CPU second beyond the smallest size, of the largest that a stage sees whole."""
    sizes = [size for size in by_size if size <= SEEN.get(name, size)]
    largest = max(sizes)
    seconds = by_size[largest]["cpu_seconds"] - start_of(by_size)
    return (largest - min(by_size)) / seconds if len(by_size) > 1 and seconds > 0 else None


def grown(name: str, by_size: dict[int, Result]) -> tuple[str, str]:
    """The exponent and the rate of a stage that sees all documents."""
    return with_unit(exponent(name, by_size), ".2f"), with_unit(rate(by_size, name))


def headings(sizes: Iterable[int]) -> list[str]:
    return [f"{size:,}" for size in sizes]


def seconds(words: int) -> Callable[[], str]:
    """CPU seconds of each stage by documents."""

    def table() -> str:
        every = grid("sharded", words)
        if not every:
            return "not measured yet"
        sizes = sizes_of([every])
        return markdown(
            ["CPU seconds", *headings(sizes), "exponent", "documents per CPU second"],
            (
                [
                    STAGES[name],
                    *(with_unit(by_size[size]["cpu_seconds"] if size in by_size else None) for size in sizes),
                    *(("sample", "") if name in SAMPLED else grown(name, by_size)),
                ]
                for name, by_size in every.items()
            ),
        )

    return table


def peak(each: Result) -> int:
    """Megabytes of the largest process of a stage."""
    return int(max(each["process_megabytes"], each["child_megabytes"]))


def memory(words: int) -> Callable[[], str]:
    """Peak memory of each stage by documents, and what it leaves on disk."""

    def table() -> str:
        every = grid("sharded", words)
        if not every:
            return "not measured yet"
        sizes = sizes_of([every])
        rows = []
        for name, by_size in every.items():
            last = by_size[max(by_size)]
            peaks = (with_unit(peak(by_size[size]) if size in by_size else None) for size in sizes)
            rows.append([STAGES[name], *peaks, f"{last['sum_megabytes']:,}", f"{last['written_megabytes']:,.0f}"])
        return markdown(["peak memory, MB", *headings(sizes), "all processes", "written, MB"], rows)

    return table


def cost() -> str:
    """What 100 million documents would take by the rates and sizes of the largest corpora that were measured."""
    grids = {words: grid("sharded", words) for words in (8, 46)}
    if not all(grids.values()):
        return "not measured yet"
    rows = []
    for name in ("build", "embed", "train", "train published", "transform files", "transform corpus"):
        hours = [core_hours(name, each[name]) if name in each else "—" for each in grids.values()]
        by_size = grids[46].get(name)
        if by_size is None:
            continue
        last = by_size[max(by_size)]
        disk = last["written_megabytes"] * (1 if name.startswith("train") else MANY / max(by_size)) / 1000
        rows.append([STAGES[name], *hours, f"{peak(last) / 1000:.1f}", f"{disk:,.0f}" if disk >= 1 else "<1"])
    return markdown(["", "core-hours, 8 words", "46 words", "GB of memory per process", "GB on disk, 46 words"], rows)


def core_hours(name: str, by_size: dict[int, Result]) -> str:
    """Core-hours of a stage on so many documents; those of a stage that works on a sample do not grow."""
    if name == "embed":
        return "by encoder"
    if name in SAMPLED:
        hours = by_size[max(by_size)]["cpu_seconds"] / 3600
    else:
        found = rate(by_size, name)
        if found is None:
            return "–"
        hours = MANY / found / 3600
    return f"{hours:.1f}" if hours >= 0.1 else f"{hours:.2f}"


def growth_plot() -> str:
    """CPU seconds and peak memory of each stage by documents of 46 words."""
    every = grid("sharded", 46)

    def points(value: Callable[[str, Result], float]) -> dict[str, list[tuple[float, float]]]:
        return {
            STAGES[name]: [(size, value(name, each)) for size, each in by_size.items() if value(name, each) > 0]
            for name, by_size in every.items()
        }

    panels = [
        Lines("CPU seconds", "documents", points(lambda _, each: float(each["cpu_seconds"])), log=True),
        Lines("peak memory of the largest process, MB", "documents", points(lambda _, each: float(peak(each)))),
    ]
    return lines_svg("Time and memory of each stage by documents", panels)


TABLES: dict[str, Callable[[], str]] = {
    **{f"scale seconds {words}": seconds(words) for words in (8, 46)},
    **{f"scale memory {words}": memory(words) for words in (8, 46)},
    "scale cost": cost,
}
PLOTS: dict[str, Callable[[], str]] = {"docs/images/scale.svg": growth_plot}
