"""The tables and the plot in the documentation, made from the results in benchmarks/results.

    python benchmarks/tables.py            # write them anew into docs/*.md and docs/images
    python benchmarks/tables.py --check    # exit with 1 if they are not what the results say

A table stands between ``<!-- table: NAME -->`` and ``<!-- end of table -->``.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from plot import Bars, Panel, bars_svg, svg

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *("docs/method.md", "docs/benchmarks.md", "docs/speed.md", "docs/quality.md", "docs/server.md"),
    *("docs/choosing-k.md", "README.md"),
)
Result = dict[str, Any]


def results(name: str, benchmark: str | None = None) -> list[Result]:
    """The results in a file, of one benchmark."""
    lines = (ROOT / "benchmarks" / "results" / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    every = [json.loads(line) for line in lines if line]
    return [each for each in every if benchmark is None or each["benchmark"] == benchmark]


def markdown(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, all columns but the first aligned right."""
    rule = "|---|" + "--:|" * (len(heading) - 1)
    return "\n".join([f"| {' | '.join(heading)} |", rule, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


LANGUAGE_NAMES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "th": "Thai",
    "zh": "Chinese",
}


def language_name(code: str) -> str:
    return LANGUAGE_NAMES[code]


def per_cent(values: Iterable[float]) -> str:
    return f"{100 * statistics.mean(values):.1f}"


def held_out() -> str:
    rows: dict[str, list[Result]] = {}
    for each in results("unseen_language"):
        if "trained" in each:
            after = ", after English and Chinese" if len(each["trained_on"]) == 2 else ""
            rows.setdefault(language_name(each["language"]) + after, []).append(each)
    return markdown(
        ["held out", "nearest topic", "the same, trained on", "SVM", "the same, trained on"],
        (
            [
                name,
                per_cent(one["linked"]["nearest_topic"] for one in group),
                per_cent(one["trained"]["nearest_topic"] for one in group),
                per_cent(one["linked"]["svm_global"] for one in group),
                per_cent(one["trained"]["svm_local"] for one in group),
            ]
            for name, group in rows.items()
        ),
    )


def never_trained_on() -> str:
    rows: dict[str, list[Result]] = {}
    for each in results("unseen_language"):
        if "trained" not in each:
            rows.setdefault(language_name(each["language"]), []).append(each)
    return markdown(
        ["", "nearest topic", "SVM", "nearest topic, published links", "SVM, published links", "SVM on embeddings"],
        (
            [
                name,
                per_cent(one["linked"]["nearest_topic"] for one in group),
                per_cent(one["linked"]["svm_global"] for one in group),
                per_cent(one["published_form"]["nearest_topic"] for one in group),
                per_cent(one["published_form"]["svm_global"] for one in group),
                per_cent(one["embeddings"] for one in group),
            ]
            for name, group in rows.items()
        ),
    )


def tokenizing() -> str:
    return markdown(
        ["language", "tokeniser", "documents a second", "words a second", "times CountVectorizer"],
        (
            [
                language_name(each["language"]),
                f"`{each['tokenizer']}`",
                f"{each['documents_per_second']:,}",
                f"{each['tokens_per_second']:,}",
                f"{each['ratio']:#.2g}",
            ]
            for each in results("build", "tokenize")
        ),
    )


def counting() -> str:
    return markdown(
        ["language", "documents a second", "CountVectorizer", "times CountVectorizer"],
        (
            [
                language_name(each["language"]),
                f"{each['documents_per_second']:,}",
                f"{each['countvectorizer_documents_per_second']:,}",
                f"{each['ratio']:#.2g}",
            ]
            for each in results("build", "build")
        ),
    )


def building() -> str:
    return markdown(
        ["documents", "languages", "file, MB", "processes", "seconds", "documents a second", "peak memory, MB"],
        (
            [
                f"{each['documents']:,}",
                len(each["languages"]),
                each["file_megabytes"],
                each["processes"],
                f"{each['seconds']:.0f}",
                f"{each['documents_per_second']:,}",
                f"{each['peak_megabytes']:,}",
            ]
            for each in results("build", "build from a file")
        ),
    )


def step() -> str:
    every = results("languages", "step")
    return markdown(
        [
            "languages",
            "words in all",
            "the same, times two's",
            "ms a step",
            "the same, times two's",
            "documents a step",
            "ms a document",
            "the same, times two's",
        ],
        (
            [
                each["languages"],
                f"{each['sum_of_vocabularies']:,}",
                each["vocabularies_over_those_of_two"],
                each["milliseconds_a_step"],
                f"{each['milliseconds_a_step'] / every[0]['milliseconds_a_step']:.1f}",
                each["documents_a_step"],
                each["milliseconds_a_document"],
                each["document_cost_over_that_of_two"],
            ]
            for each in every
        ),
    )


def sizes() -> str:
    return markdown(
        ["languages", "documents", "topics found in all", "lowest TU", "nearest document's label, mean", "least"],
        (
            [
                len(each["documents"]),
                " to ".join(f"{size:,}" for size in sorted({min(each["documents"].values()), 20_000})),
                f"{each['topics_owned_in_all_languages']} of 20",
                min(each["topic_uniqueness"].values()),
                each["nearest_document_agreement_mean"],
                each["nearest_document_agreement_least"],
            ]
            for each in results("languages", "sizes")
        ),
    )


def small() -> str:
    pairs = list(results("languages", "small")[0]["accuracy"]["local"])
    return markdown(
        ["documents", "via", *pairs, "TU"],
        (
            [
                ", ".join(f"{code} {size:,}" for code, size in each["documents"].items()),
                via,
                *(f"{scores[pair]:.3f}" for pair in pairs),
                ", ".join(f"{code} {value:.2f}" for code, value in each["topic_uniqueness"].items()),
            ]
            for each in results("languages", "small")
            for via, scores in each["accuracy"].items()
        ),
    )


CORPORA = {"ecnews": "EC News", "rakuten": "Rakuten Amazon", "rakuten_amazon": "Rakuten Amazon"}


def with_unit(value: float | None, form: str = ",.0f") -> str:
    """A number, or a dash where it was not measured."""
    return "—" if value is None else f"{value:{form}}"


def speed_step() -> str:
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


def speed_parts() -> str:
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
    return markdown(["part of a step", "ms", "per cent"], rows)


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


def speed_documents() -> str:
    return markdown(
        [
            "documents",
            "preparing, s",
            "peak memory of it, MB",
            "memory kept, MB",
            "as dense arrays, GB",
            "ms a step",
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


def speed_augment() -> str:
    return markdown(
        ["augmentation", "neighbours, s", "global counts, s", "in all, s"],
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


def speed_inference() -> str:
    return markdown(
        ["from counts", "documents a second"],
        (
            [name, f"{each[key]:,}"]
            for each in results("speed", "inference from counts")
            for name, key in (
                ("by the local encoder", "documents_per_second"),
                ("by the global encoder, global counts included", "global_documents_per_second"),
            )
        ),
    )


def speed_text() -> str:
    every = results("speed", "inference from text")
    # The route of a language never trained on has every stage, in order.
    stages = max((list(each["shares"]) for each in every), key=len)
    return markdown(
        ["from text", "documents", "documents a second", *(f"{stage}, per cent" for stage in stages)],
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


def speed_memory() -> str:
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


def speed_peers() -> str:
    return markdown(
        ["package", "ms a step", "GloCTM, ms a step", "times as fast"],
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
    kinds = {"vocabulary": "words a language", "topics": "topics", "languages": "languages"}
    panels = []
    for of, axis in kinds.items():
        points = [(grown(of, each), each["ratio"]) for each in growth(of) if "ratio" in each]
        if points:
            panels.append(Panel(f"times as fast, by {of}", axis, points))
    return svg("A training step beside the yardstick, by vocabulary, topics and languages", panels)


def spread(values: Sequence[float], form: str = ".3f") -> str:
    """The mean of seeds and, of several, their standard deviation."""
    mean = f"{statistics.mean(values):{form}}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):{form}}"


def epochs(corpus: str) -> Callable[[], str]:
    """The table of one corpus: quality after so many epochs."""

    def table() -> str:
        groups: dict[tuple[str, int], list[Result]] = {}
        for each in results("epochs", "epochs"):
            if each["corpus"] == corpus:
                groups.setdefault((each["run"], each["epoch"]), []).append(each)
        across = [pair for pair in groups[next(iter(groups))][0]["accuracy"] if len(set(pair.split(" from "))) == 2]
        return markdown(
            ["training", "epochs", "seeds", "loss", "TU", "CNPMI, published", "CNPMI, document", *across],
            (
                [
                    SCHEDULES[run],
                    epoch,
                    len(group),
                    spread([one["loss"] for one in group], ",.0f"),
                    spread([statistics.mean(one["topic_uniqueness"].values()) for one in group]),
                    spread([one["cnpmi"]["published"] for one in group], ".4f"),
                    spread([one["cnpmi"]["document"] for one in group], ".4f"),
                    *(spread([one["accuracy"][pair] for one in group]) for pair in across),
                ]
                for (run, epoch), group in sorted(groups.items(), key=lambda item: (SCHEDULES[item[0][0]], item[0][1]))
            ),
        )

    return table


def epochs_plot(corpus: str) -> Callable[[], str]:
    """TU, CNPMI and transfer as training goes on, as shares of what they are at its end."""

    def plot() -> str:
        runs = [each for each in results("epochs", "epochs") if each["corpus"] == corpus and each["run"] == "published"]
        first = min(each["seed"] for each in runs)
        runs = sorted((each for each in runs if each["seed"] == first), key=lambda each: int(each["epoch"]))
        measures: dict[str, Callable[[Result], float]] = {
            "TU": lambda each: statistics.mean(each["topic_uniqueness"].values()),
            "CNPMI, published counting": lambda each: float(each["cnpmi"]["published"]),
            "accuracy across languages": lambda each: statistics.mean(
                value for pair, value in each["accuracy"].items() if len(set(pair.split(" from "))) == 2
            ),
        }
        panels = [
            Panel(
                f"{name}, per cent of the last",
                "epochs",
                [(each["epoch"], 100 * measure(each) / measure(runs[-1])) for each in runs],
            )
            for name, measure in measures.items()
        ]
        return svg(f"Quality by epochs, {CORPORA[corpus]}", panels)

    return plot


SCHEDULES = {
    "published": "as published",
    "cosine-15": "cosine",
    "cosine-25": "cosine",
    "cosine-50": "cosine",
    "cosine-100": "cosine",
    "cosine-25-fivefold": "cosine, five times the rate",
    "cosine-50-small": "cosine, batches of 64",
}


# Yardstick first, then from what knows least of other languages to the method and what it is without its parts.
ORDER = ("embeddings", "kmeans", "u-svd", "svd-lr", "monolingual", "zeroshot", "nmtm", "infoctm", "xtra", "gloctm")
UNCERTAIN = "†"


def quality_groups(corpus: str, every: Iterable[Result] | None = None) -> dict[tuple[str, int | None], list[Result]]:
    """Results on a corpus by name of the model and epochs, the seeds of each together.

    Args:
        corpus: by its preset.
        every: results; those in the file where None.

    Raises:
        SystemExit: what would be averaged was measured under different conditions, or nobody knows under which.
    """
    groups: dict[tuple[str, int | None], list[Result]] = {}
    for each in results("quality", "quality") if every is None else every:
        if each["corpus"] == corpus:
            groups.setdefault((each["name"], each["epochs"]), []).append(each)
    for (name, _), group in groups.items():
        conditions = {each.get("conditions") for each in group}
        if len(conditions) > 1 or None in conditions:
            told = ", ".join(sorted(f"conditions {each}" if each else "none" for each in conditions))
            sys.exit(
                f"results of {name} on {corpus} have different settings, encoders, reference corpora or dictionaries "
                f"({told}): take out of benchmarks/results/quality.jsonl those that are out of date"
            )
    measured_by = {json.dumps([each[name] for name in ("encoder", "encoder_version", "reference", "dictionary")])
                   for group in groups.values() for each in group}  # fmt: skip
    if len(measured_by) > 1:
        sys.exit(f"models on {corpus} were measured by different encoders, reference corpora or dictionaries: "
                 f"{' and '.join(sorted(measured_by))}")  # fmt: skip

    def place(item: tuple[tuple[str, int | None], list[Result]]) -> int:
        key = item[1][0]["model"]
        return ORDER.index(key) if key in ORDER else len(ORDER)

    return dict(sorted(groups.items(), key=place))


def marked(each: Result) -> str:
    """The name of a model, with a mark where something about it is not certain or not its authors'."""
    told = each["settings"]
    return f"{each['name']} {UNCERTAIN}" if told["uncertain"] or told["deviations"] else each["name"]


def trained_for(each: Result) -> str:
    """The epochs of a result, with what they are short of, and a mark where the published number is not certain."""
    if each["epochs"] is None:
        return "—"
    mark = f" {UNCERTAIN}" if "epochs" in each["settings"]["uncertain"] else ""
    return f"{each['epochs']}{shortened(each)}{mark}"


def footnote(every: Iterable[Result]) -> str:
    """What the marks in a table mean, model by model; nothing where there are none."""
    told = {}
    for each in every:
        settings = each["settings"]
        parts = []
        if settings["uncertain"]:
            names = [name.replace("num_", "number of ").replace("_", " ") for name in settings["uncertain"]]
            parts.append(f"not certain to be the authors': {', '.join(names)}")
        if settings["deviations"]:
            parts.append(f"so here: {', '.join(settings['deviations'])}")
        if parts:
            told[each["name"]] = f"{each['name']}: {'; '.join(parts)}."
    return f"\n\n{UNCERTAIN} {' '.join(told.values())}" if told else ""


def quality(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every model by the main measures."""

    def table() -> str:
        groups = quality_groups(corpus)
        across = list(next(iter(groups.values()))[0]["measures"]["accuracy_across"])
        columns = {
            "CNPMI, published": ("cnpmi_published", ".4f"),
            "CNPMI, document": ("cnpmi_document", ".4f"),
            "TU": ("topic_uniqueness", ".3f"),
            "NPMI": ("npmi", ".3f"),
            "known": ("reference_coverage", ".2f"),
            "within": ("accuracy_within", ".3f"),
        }
        return markdown(
            ["model", "epochs", "seeds", *columns, *across],
            (
                [
                    marked(group[0]),
                    trained_for(group[0]),
                    seeds(group),
                    *(over_seeds(group, measure, form) for measure, form in columns.values()),
                    *(spread([one["measures"]["accuracy_across"][pair] for one in group]) for pair in across),
                ]
                for group in groups.values()
            ),
        ) + footnote(group[0] for group in groups.values())

    return table


def quality_details(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every model that has topics by the other measures."""

    def table() -> str:
        columns = {
            "topic diversity": ("topic_diversity", ".3f"),
            "inverted RBO": ("inverted_rank_biased_overlap", ".3f"),
            "c_v": ("c_v", ".3f"),
            "NPMI in the corpus": ("npmi_in_corpus", ".3f"),
            "translations": ("translation_agreement", ".3f"),
            "purity": ("purity", ".3f"),
            "NMI": ("normalized_mutual_information", ".3f"),
        }
        groups = [group for group in quality_groups(corpus).values() if group[0]["top_words"]]
        several = any(len(group) > 1 for group in groups)
        return markdown(
            ["model", "epochs", *columns, *(["stability"] if several else [])],
            (
                [
                    marked(group[0]),
                    trained_for(group[0]),
                    *(over_seeds(group, measure, form) for measure, form in columns.values()),
                    *([stability(group)] if several else []),
                ]
                for group in groups
            ),
        )

    return table


def stability(group: Sequence[Result]) -> str:
    """How alike the topics of seeds are, by their first fifteen words; a dash of one seed."""
    if len(group) == 1:
        return "—"
    from gloctm.metrics import topic_stability

    topics = [{code: [words[:15] for words in each] for code, each in one["top_words"].items()} for one in group]
    return f"{topic_stability(topics).overall:.3f}"


def seeds(group: Sequence[Result]) -> str:
    """How many seeds there are of a model; a dash where nothing is drawn."""
    return "—" if group[0]["seed"] is None else str(len(group))


def mean_measure(one: Result, measure: str) -> float | None:
    """The mean of a measure over languages or pairs of them; None where there is none."""
    values = one["measures"].get(measure)
    return None if values is None else statistics.mean(values.values())


def over_seeds(group: Sequence[Result], measure: str, form: str) -> str:
    """A measure, over seeds; a dash where the model has none."""
    values = [mean_measure(one, measure) for one in group]
    known = [value for value in values if value is not None]
    return spread(known, form) if known else "—"


def quality_in_short() -> str:
    """For the README: every model trained as long as published, on each corpus, by four figures."""
    rows = []
    for corpus in ("ecnews", "rakuten_amazon"):
        for group in quality_groups(corpus).values():
            first = group[0]
            if first["epochs"] == first["published_epochs"] and not first["name"].startswith("GloCTM without"):
                columns = (
                    ("topic_uniqueness", ".2f"),
                    ("cnpmi_published", ".3f"),
                    ("cnpmi_document", ".3f"),
                    ("accuracy_across", ".2f"),
                )
                figures = (over_seeds(group, measure, form) for measure, form in columns)
                rows.append([CORPORA[corpus], marked(first), *figures])
    text = markdown(["corpus", "model", "TU", "CNPMI, published", "CNPMI, document", "accuracy across"], rows)
    if not any(UNCERTAIN in row[1] for row in rows):
        return text
    note = "Not all settings are certain to be the authors', or something is done otherwise"
    return f"{text}\n\n{UNCERTAIN} {note}: [docs/quality.md](docs/quality.md)."


def quality_plot(corpus: str) -> Callable[[], str]:
    """Bars of every model by the main measures; of several seeds, the mean."""

    def plot() -> str:
        groups = {}
        for group in quality_groups(corpus).values():
            mark = shortened(group[0])
            groups[group[0]["name"] + (f", {group[0]['epochs']}{mark} epochs" if mark else "")] = group
        measures = {
            "TU": "topic_uniqueness",
            "CNPMI, published": "cnpmi_published",
            "CNPMI, document": "cnpmi_document",
            "accuracy across": "accuracy_across",
        }

        def mean(group: Sequence[Result], measure: str) -> float | None:
            known = [value for one in group if (value := mean_measure(one, measure)) is not None]
            return statistics.mean(known) if known else None

        panels = [
            Bars(title, [(name, mean(group, measure)) for name, group in groups.items()])
            for title, measure in measures.items()
        ]
        return bars_svg(f"Quality of models on {CORPORA[corpus]}", panels)

    return plot


def variants(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every variant of the method."""

    def table() -> str:
        groups: dict[tuple[str, int, str], list[Result]] = {}
        for each in results("variants", "variants"):
            if each["corpus"] == corpus:
                settings = ", ".join(f"{key} {value:g}" for key, value in each["settings"].items())
                groups.setdefault((each["variant"], each["epochs"], settings), []).append(each)
        if not groups:
            return "not measured yet"
        across = list(groups[next(iter(groups))][0]["accuracy"]["local"])
        across = [pair for pair in across if len(set(pair.split(" from "))) == 2]
        return markdown(
            ["variant", "epochs", "seeds", "CNPMI, published", "CNPMI, document", "TU"]
            + [f"{pair}, {path}" for path in ("local", "global", "both") for pair in across],
            (
                [
                    name + (f"; {settings}" if settings else ""),
                    number,
                    len(group),
                    *(
                        spread([one["cnpmi"][counting] for one in group], ".4f")
                        for counting in ("published", "document")
                    ),
                    spread([statistics.mean(one["topic_uniqueness"].values()) for one in group]),
                    *(
                        spread([one["accuracy"][path][pair] for one in group])
                        for path in ("local", "global", "both")
                        for pair in across
                    ),
                ]
                for (name, number, settings), group in groups.items()
            ),
        )

    return table


def shortened(each: Result) -> str:
    """A mark where training was shorter than published."""
    return "" if each["epochs"] == each["published_epochs"] else f" of {each['published_epochs']}"


def load() -> str:
    """How the server answered under load."""
    # The newest run alone: a line a phase, the last of which ends it.
    newest = {each["phase"]: each for each in results("load", "load")}
    return markdown(
        ["", "clients", "wanted", "answered", "200", "429", "503", "p50", "p95", "p99", "memory"],
        (
            [
                phase,
                each["clients"],
                "as fast as can be" if each["wanted_per_second"] is None else f"{each['wanted_per_second']:,}",
                f"{each['answered_per_second']:.0f}",
                *(
                    f"{100 * each['statuses'].get(status, 0) / each['requests']:.0f}%"
                    for status in ("200", "429", "503")
                ),
                *(f"{each['milliseconds'][name]:,.0f}" for name in ("p50", "p95", "p99")),
                f"{each['megabytes_before']} → {each['megabytes_after']}",
            ]
            for phase, each in newest.items()
        ),
    )


def choosing_k() -> str:
    """What the search of the embedded corpus says, as it is printed."""
    from choosing_k import as_printed

    return as_printed(results("choosing-k"))


PLOTS: dict[str, Callable[[], str]] = {
    "docs/images/speed.svg": speed_plot,
    "docs/images/epochs-ecnews.svg": epochs_plot("ecnews"),
    "docs/images/epochs-rakuten.svg": epochs_plot("rakuten_amazon"),
    "docs/images/quality-ecnews.svg": quality_plot("ecnews"),
    "docs/images/quality-rakuten.svg": quality_plot("rakuten_amazon"),
}
TABLES: dict[str, Callable[[], str]] = {
    "held out": held_out,
    "never trained on": never_trained_on,
    "tokenizing": tokenizing,
    "counting": counting,
    "building": building,
    "step": step,
    "sizes": sizes,
    "small": small,
    "speed step": speed_step,
    "speed parts": speed_parts,
    "speed vocabulary": growing("vocabulary", "words a language"),
    "speed topics": growing("topics", "topics"),
    "speed languages": growing("languages", "languages"),
    "speed documents": speed_documents,
    "speed augment": speed_augment,
    "speed inference": speed_inference,
    "speed text": speed_text,
    "speed memory": speed_memory,
    "speed peers": speed_peers,
    "epochs ecnews": epochs("ecnews"),
    "epochs rakuten": epochs("rakuten_amazon"),
    "quality ecnews": quality("ecnews"),
    "quality rakuten": quality("rakuten_amazon"),
    "quality details ecnews": quality_details("ecnews"),
    "quality details rakuten": quality_details("rakuten_amazon"),
    "quality in short": quality_in_short,
    "variants ecnews": variants("ecnews"),
    "load": load,
    "variants rakuten": variants("rakuten_amazon"),
    "choosing k": choosing_k,
}


def with_tables(text: str) -> str:
    """A page with its tables as the results have them."""

    def table(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}"

    return re.sub(r"(<!-- table: ([\w ]+) -->)\n.*?(<!-- end of table -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Write or check the pages and plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    made: dict[str, Callable[[str], str]] = dict.fromkeys(PAGES, with_tables)
    made.update({name: lambda _, plot=plot: plot() for name, plot in PLOTS.items()})  # type: ignore[misc]
    for name, anew in made.items():
        path = ROOT / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = anew(before)
        if check and before != after:
            sys.exit(f"{name} is not what the results say: run python benchmarks/tables.py")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
