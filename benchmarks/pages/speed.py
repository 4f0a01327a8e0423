"""Tables and the plot of docs/results/speed.md."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import CORPORA, language_name, markdown, with_unit
from pages.results import Result, results
from plot import Panel, svg


def step() -> str:
    return markdown(
        [
            "shape of",
            "device",
            "threads",
            "yardstick, ms",
            "GloCTM, ms",
            "times as fast",
            "the products alone, ms",
            "GloCTM, times these",
        ],
        (
            [
                CORPORA[each["name"]],
                each["device"],
                each["threads"],
                with_unit(each.get("yardstick_milliseconds"), ".1f"),
                f"{each['milliseconds']:.1f}",
                with_unit(each.get("ratio"), ".1f"),
                f"{each['products_milliseconds']:.1f}",
                f"{each['times_products']:.1f}",
            ]
            for each in results("speed", "step")
        ),
    )


def parts() -> str:
    rows: list[list[str]] = []
    for each in results("speed", "parts"):
        whole = sum(each["milliseconds"].values())
        decoder = each["decoder_milliseconds"]
        for name, time in each["milliseconds"].items():
            rows.append([name, f"{time:.1f}", f"{100 * time / whole:.0f}"])
            if name in decoder:
                within = decoder[name]
                rows.append(
                    [f"of it decoders and their losses, {name}", f"{within:.1f}", f"{100 * within / whole:.0f}"]
                )
    return markdown(["part of a step", "ms", "percent"], rows)


def growth(of: str) -> list[Result]:
    """The results of one kind of growth, on a processor."""
    return [each for each in results("speed", "growth") if each["of"] == of and each["device"] == "cpu"]


def grown(of: str, each: Result) -> int:
    """How large what grows is in a result."""
    sizes = {"vocabulary": each["words"][0], "topics": each["num_topics"], "languages": len(each["words"])}
    return int(sizes[of])


def growing(of: str, heading: str) -> Callable[[], str]:
    """The table of one kind of growth."""

    def table() -> str:
        return markdown(
            [heading, "dense input, GB", "yardstick, ms", "GloCTM, ms", "times as fast", "GloCTM, times the products"],
            (
                [
                    f"{grown(of, each):,}",
                    each["dense_gigabytes"],
                    with_unit(each.get("yardstick_milliseconds")),
                    f"{each['milliseconds']:,.0f}",
                    with_unit(each.get("ratio"), ".1f"),
                    f"{each['times_products']:.1f}",
                ]
                for each in growth(of)
            ),
        )

    return table


def documents() -> str:
    return markdown(
        [
            "documents",
            "preparing, s",
            "peak memory of it, MB",
            "memory kept, MB",
            "as dense arrays, GB",
            "ms per step",
        ],
        (
            [
                f"{sum(each['documents']):,}",
                f"{each['seconds']:.1f}",
                f"{each['peak_megabytes']:,}",
                f"{each['kept_megabytes']:,}",
                each["dense_gigabytes"],
                f"{each['milliseconds']:.1f}",
            ]
            for each in growth("documents")
        ),
    )


def augment() -> str:
    return markdown(
        ["augmentation", "neighbors, s", "global counts, s", "in all, s"],
        (
            row
            for each in results("speed", "augment")
            for row in (
                [
                    "yardstick",
                    f"{each['yardstick_neighbor_seconds']:.1f}",
                    f"{each['yardstick_loop_seconds'] * each['scaled']:.1f} "
                    f"({each['documents_looped']:,} documents, times {each['scaled']:.1f})",
                    f"{each['yardstick_seconds']:.1f}",
                ],
                [
                    "GloCTM",
                    f"{each['seconds'] - each['product_seconds']:.2f}",
                    f"{each['product_seconds']:.2f}",
                    f"{each['seconds']:.2f}",
                ],
                ["times as fast", "", "", f"{each['ratio']:.0f}"],
            )
        ),
    )


def inference() -> str:
    return markdown(
        ["from counts", "documents per second"],
        (
            [name, f"{each[key]:,}"]
            for each in results("speed", "inference from counts")
            for name, key in (
                ("by default", "context_documents_per_second"),
                ("published, by the local encoder", "documents_per_second"),
                ("published, by the global encoder, global counts included", "global_documents_per_second"),
            )
            if key in each
        ),
    )


def text() -> str:
    every = results("speed", "inference from text")
    # The route of a language never trained on has every stage, in order.
    stages = max((list(each["shares"]) for each in every), key=len)
    return markdown(
        ["from text", "documents", "documents per second", *(f"{stage}, percent" for stage in stages)],
        (
            [
                language_name(each["language"]) + ("" if each["trained_on"] else ", never trained on"),
                each["documents"],
                f"{each['documents_per_second']:,}",
                *(with_unit(100 * each["shares"][name] if name in each["shares"] else None, ".1f") for name in stages),
            ]
            for each in every
        ),
    )


def memory() -> str:
    return markdown(
        ["shape of", "yardstick, MB", "GloCTM, MB", "times as small", "imports alone, MB"],
        (
            [
                CORPORA["ecnews"],
                with_unit(each.get("yardstick_megabytes")),
                f"{each['megabytes']:,}",
                with_unit(each.get("ratio"), ".1f"),
                f"{each['imports_megabytes']:,}",
            ]
            for each in results("speed", "memory")
        ),
    )


def peers() -> str:
    return markdown(
        ["package", "ms per step", "GloCTM, ms per step", "times as fast"],
        (
            [
                each["peer"],
                f"{each['peer_milliseconds']:,.0f}",
                f"{each['milliseconds']:.0f}",
                f"{each['ratio']:.0f}",
            ]
            for each in results("speed_peers", "peers")
        ),
    )


def speed_plot() -> str:
    """How many times as fast as the yardstick, by what grows."""
    kinds = {"vocabulary": "words per language", "topics": "topics", "languages": "languages"}
    panels = []
    for of, axis in kinds.items():
        points = [(grown(of, each), each["ratio"]) for each in growth(of) if "ratio" in each]
        if points:
            panels.append(Panel(f"times as fast, by {of}", axis, points))
    return svg("A training step next to the yardstick, by vocabulary, topics and languages", panels)


TABLES: dict[str, Callable[[], str]] = {
    "speed step": step,
    "speed parts": parts,
    "speed vocabulary": growing("vocabulary", "words per language"),
    "speed topics": growing("topics", "topics"),
    "speed languages": growing("languages", "languages"),
    "speed documents": documents,
    "speed augment": augment,
    "speed inference": inference,
    "speed text": text,
    "speed memory": memory,
    "speed peers": peers,
}
PLOTS: dict[str, Callable[[], str]] = {"docs/images/speed.svg": speed_plot}
