"""Tables and plots of models side by side (docs/results/quality.md, README.md)."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from pages.markdown import CORPORA, in_us_spelling, markdown, spread
from pages.results import Result, is_complete, results
from plot import Bars, Standing, bars_svg, standing_svg

# Yardstick first, then from what knows least of other languages to the paper's method and the package's own; then what
# the former is without its parts.
ORDER = (
    "embeddings",
    "kmeans",
    "kmeans-centred",
    "kmeans-relevance",
    "kmeans-coherent",
    "u-svd",
    "svd-lr",
    "monolingual",
    "zeroshot",
    "nmtm",
    "infoctm",
    "xtra",
    "gloctm",
    "context",
)
UNCERTAIN = "†"


def grouped(corpus: str, every: Iterable[Result] | None = None) -> dict[tuple[str, int | None], list[Result]]:
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
    # Means are over the same seeds by every measure: with lines that have all of them, no others count.
    groups = {key: [each for each in group if is_complete(each)] or group for key, group in groups.items()}
    for (name, _), group in groups.items():
        one_condition(group, f"{name} on {corpus}", "quality")
    measured_by = {json.dumps([each[name] for name in ("encoder", "encoder_version", "reference", "dictionary")])
                   for group in groups.values() for each in group}  # fmt: skip
    if len(measured_by) > 1:
        sys.exit(f"models on {corpus} were measured by different encoders, reference corpora or dictionaries: "
                 f"{' and '.join(sorted(measured_by))}")  # fmt: skip

    def place(item: tuple[tuple[str, int | None], list[Result]]) -> int:
        key = item[1][0]["model"]
        return ORDER.index(key) if key in ORDER else len(ORDER)

    return dict(sorted(groups.items(), key=place))


def one_condition(group: Iterable[Result], what: str, file: str) -> None:
    """Leave unless all of a group was measured under the same conditions, which are known.

    Args:
        group: results.
        what: they are of.
        file: of results that has them.
    """
    conditions = {each.get("conditions") for each in group}
    if len(conditions) > 1 or None in conditions:
        told = ", ".join(sorted(f"conditions {each}" if each else "none" for each in conditions))
        sys.exit(
            f"results of {what} have different settings, encoders, reference corpora or dictionaries "
            f"({told}): take out of benchmarks/results/{file}.jsonl those that are out of date"
        )


def quality(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every model by the main measures."""

    def table() -> str:
        groups = grouped(corpus)
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


def details(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every model that has topics by the other measures of topics."""

    def table() -> str:
        columns = {
            "topic diversity": ("topic_diversity", ".3f"),
            "inverted RBO": ("inverted_rank_biased_overlap", ".3f"),
            "c_v": ("c_v", ".3f"),
            "NPMI in the corpus": ("npmi_in_corpus", ".3f"),
            "translations": ("translation_agreement", ".3f"),
            "in the dictionary": ("translation_coverage", ".2f"),
            "TQ": ("topic_quality", ".4f"),
        }
        groups = [group for group in grouped(corpus).values() if group[0]["top_words"]]
        several = any(len(group) > 1 for group in groups)
        return markdown(
            ["model", "epochs", *columns, *(["stability"] if several else []), "seconds"],
            (
                [
                    marked(group[0]),
                    trained_for(group[0]),
                    *(over_seeds(group, measure, form) for measure, form in columns.values()),
                    *([stability(group)] if several else []),
                    spread([one["training_seconds"] for one in group], ",.0f"),
                ]
                for group in groups
            ),
        )

    return table


def of_documents(corpus: str) -> Callable[[], str]:
    """The table of one corpus: every model by the other measures of documents."""

    def table() -> str:
        columns = {
            "macro-F1 across": "macro_f1_across",
            "macro-F1 within": "macro_f1_within",
            "purity": "purity",
            "NMI": "normalized_mutual_information",
            "reciprocal rank": "retrieval_reciprocal_rank",
            "first": "retrieval_accuracy_1",
            "first ten": "retrieval_accuracy_10",
        }
        return markdown(
            ["model", "epochs", *columns],
            (
                [
                    marked(group[0]),
                    trained_for(group[0]),
                    *(over_seeds(group, measure, ".3f") for measure in columns.values()),
                ]
                for group in grouped(corpus).values()
            ),
        )

    return table


SHORT = {
    "TU": ("topic_uniqueness", ".2f"),
    "CNPMI, published": ("cnpmi_published", ".3f"),
    "CNPMI, document": ("cnpmi_document", ".3f"),
    "accuracy across": ("accuracy_across", ".2f"),
}


def as_published(corpus: str) -> list[list[Result]]:
    """The models on a corpus, whole and trained as long as published, as they infer by themselves."""
    return [group for group in grouped(corpus).values() if is_whole(group[0])]


def is_whole(each: Result) -> bool:
    """Whether a result is of a whole model, trained as long as published, as it infers and ranks words by itself."""
    return each["epochs"] == each["published_epochs"] and " without " not in each["name"] and not each["view"]


def measured_corpora() -> list[str]:
    """The corpora that have results, in the order of pages."""
    measured = {each["corpus"] for each in results("quality", "quality")}
    return [corpus for corpus in PAGES if corpus in measured]


#: By what the short table and the first picture tell models apart.
STANDING = {
    "CNPMI, published": ("cnpmi_published", ".3f"),
    "CNPMI, document": ("cnpmi_document", ".3f"),
    "TU": ("topic_uniqueness", ".2f"),
    "topic quality": ("topic_quality", ".3f"),
    "translations": ("translation_agreement", ".2f"),
    "NPMI": ("npmi", ".2f"),
    "c_v": ("c_v", ".2f"),
    "accuracy across": ("accuracy_across", ".2f"),
    "accuracy within": ("accuracy_within", ".2f"),
    "retrieval": ("retrieval_reciprocal_rank", ".2f"),
    "purity": ("purity", ".2f"),
    "NMI": ("normalized_mutual_information", ".2f"),
}


def mean_of(group: Sequence[Result], measure: str) -> float | None:
    """The mean over seeds of a measure."""
    known = [value for one in group if (value := mean_measure(one, measure)) is not None]
    return statistics.mean(known) if known else None


def overview() -> str:
    """Who is best at what: for each measure the best model, and the default with its place."""
    rows = []
    for name, (measure, form) in STANDING.items():
        row: list[object] = [name]
        for corpus in measured_corpora():
            groups = as_published(corpus)
            figures = {group[0]["model"]: mean_of(group, measure) for group in groups if group[0]["top_words"]}
            known = {model: value for model, value in figures.items() if value is not None}
            if "context" not in known:
                row += ["—", "—"]
                continue
            best = max(known, key=lambda model: known[model])
            rank = 1 + sum(value > known["context"] for value in known.values())
            own = f"{known['context']:{form}}"
            told = next(marked(group[0]) for group in groups if group[0]["model"] == best)
            row += [
                f"**{own}**" if rank == 1 else f"{own} ({rank} of {len(known)})",
                f"{known[best]:{form}} {told}" if rank > 1 else "",
            ]
        rows.append(row)
    heading = [each for corpus in measured_corpora() for each in (f"{CORPORA[corpus]}: GloCTM", "best, if another")]
    notes = [markdown(["", *heading], rows)]
    if UNCERTAIN in notes[0]:
        notes.append(f"{UNCERTAIN} Some settings or the training may differ from the authors': see below.")
    lacking = [
        f"{CORPORA[corpus]}: {'; '.join(names)}" for corpus in measured_corpora() if (names := unmeasured(corpus))
    ]
    if lacking:
        notes.append(f"Not measured yet, and in no comparison. {'. '.join(lacking)}.")
    return "\n\n".join(notes)


def unmeasured(corpus: str) -> list[str]:
    """The models that a corpus has no result of."""
    known = {group[0]["model"] for group in as_published(corpus)}
    names = {each["model"]: in_us_spelling(each["name"]) for each in results("quality", "quality") if not each["view"]}
    return [{**names, "infoctm": "InfoCTM", "xtra": "XTRA"}.get(key, key) for key in ORDER if key not in known]


def standing() -> str:
    """The picture of all models by all measures, corpus by corpus."""
    panels = [
        Standing(
            CORPORA[corpus],
            [
                (
                    in_us_spelling(group[0]["name"]),
                    [mean_of(group, measure) for measure, _ in STANDING.values()],
                )
                for group in as_published(corpus)
            ],
            [(name, form) for name, (_, form) in STANDING.items()],
        )
        for corpus in measured_corpora()
    ]
    return standing_svg("Every model by every measure", panels)


def runs() -> str:
    """How each row is run again, and what that takes."""
    by_name: dict[str, dict[str, list[Result]]] = {}
    for corpus in measured_corpora():
        for group in as_published(corpus):
            by_name.setdefault(group[0]["name"], {})[corpus] = group
    order = sorted(by_name, key=lambda name: ORDER.index(next(iter(by_name[name].values()))[0]["model"]))
    rows = []
    for name in order:
        groups = by_name[name]
        first = next(iter(groups.values()))[0]
        row: list[object] = [name, f"`MODELS={first['model']}`"]
        for corpus in measured_corpora():
            group = groups.get(corpus, [])
            seconds = [one["training_seconds"] for one in group if one.get("training_seconds") is not None]
            row += [seeds(group) if group else "—", f"{statistics.mean(seconds):,.0f}" if seconds else "—"]
        peaks = [one["peak_megabytes"] for group in groups.values() for one in group if one.get("peak_megabytes")]
        rows.append([*row, f"{max(peaks):,}" if peaks else "—"])
    heading = [
        name for corpus in measured_corpora() for name in (f"seeds, {CORPORA[corpus]}", f"seconds, {CORPORA[corpus]}")
    ]
    return markdown(["model", "", *heading, "MB"], rows)


def machines() -> str:
    """On what the models were measured, and with which versions."""
    found: dict[str, int] = {}
    for each in results("quality", "quality"):
        told = ", ".join(f"{name} {value}" for name, value in each["machine"].items() if name != "processor")
        told = f"{each['machine'].get('processor') or 'an unknown processor'}, {told}"
        found[told] = found.get(told, 0) + 1
    return "\n".join(f"- {number} {'result' if number == 1 else 'results'}: {told}" for told, number in found.items())


def in_short() -> str:
    """For the README: k-means with the same ranking of words and the package's own method, by three figures."""
    columns = {
        "unique words (TU)": SHORT["TU"],
        "coherence (CNPMI)": SHORT["CNPMI, published"],
        "accuracy across languages": SHORT["accuracy across"],
    }
    rows = selected({"kmeans-coherent": "k-means, centered, coherent words"}, columns)
    means = [[str(cell).split(" ± ")[0] for cell in row] for row in rows]
    return markdown(["corpus", "model", *columns], means)


def which_when() -> str:
    """Embeddings, k-means and the package's methods, by what tells when to use which."""
    columns = {
        **{name: SHORT[name] for name in ("TU", "CNPMI, published")},
        "accuracy within": ("accuracy_within", ".2f"),
        "accuracy across": ("accuracy_across", ".2f"),
        "purity": ("purity", ".2f"),
        "seconds": ("", ",.0f"),
    }
    models = {
        "embeddings": "document embeddings",
        "kmeans": "k-means",
        "kmeans-relevance": "k-means, centered, by relevance",
        "kmeans-coherent": "k-means, centered, coherent words",
        "gloctm": "GloCTM as published",
    }
    return markdown(["corpus", "model", *columns], selected(models, columns))


def selected(models: Mapping[str, str], columns: Mapping[str, tuple[str, str]]) -> list[list[object]]:
    """Rows of some models and the package's own, corpus by corpus; a column without a measure has seconds.

    Args:
        models: their names in the table.
        columns: measure and form of each.
    """
    rows: list[list[object]] = []
    for corpus in ("ecnews", "rakuten_amazon"):
        for group in grouped(corpus).values():
            first = group[0]
            if first["model"] in models or first["model"] == "context":
                if first["view"] or first["epochs"] != first["published_epochs"]:
                    continue
                figures = [
                    over_seeds(group, measure, form)
                    if measure
                    else spread([one.get("training_seconds") for one in group], form)
                    for measure, form in columns.values()
                ]
                rows.append([CORPORA[corpus], models.get(first["model"], "GloCTM"), *figures])
    return rows


def quality_plot(corpus: str) -> Callable[[], str]:
    """Bars of every model by the main measures; of several seeds, the mean."""

    def plot() -> str:
        groups = {}
        for group in grouped(corpus).values():
            mark = shortened(group[0])
            groups[in_us_spelling(group[0]["name"]) + (f", {group[0]['epochs']}{mark} epochs" if mark else "")] = group
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


def shortened(each: Result) -> str:
    """A mark where training was shorter than published."""
    return "" if each["epochs"] == each["published_epochs"] else f" of {each['published_epochs']}"


def footnote(every: Iterable[Result]) -> str:
    """What the marks in a table mean, model by model; nothing where there are none."""
    told = {}
    for each in every:
        settings = each["settings"]
        parts = []
        if settings["uncertain"]:
            names = [name.replace("num_", "number of ").replace("_", " ") for name in settings["uncertain"]]
            parts.append(f"settings that may differ from the authors': {', '.join(names)}")
        if settings["deviations"]:
            parts.append(f"done here: {', '.join(settings['deviations'])}")
        if parts:
            told[each["name"]] = f"{each['name']}: {'; '.join(parts)}."
    return in_us_spelling(f"\n\n{UNCERTAIN} {' '.join(told.values())}") if told else ""


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
    return spread([mean_measure(one, measure) for one in group], form)


# Corpora by their presets, and what their tables are called. That of Amazon Review can be put into a page once it is
# measured.
PAGES = {"ecnews": "ecnews", "amazon_review": "amazon", "rakuten_amazon": "rakuten"}
TABLES: dict[str, Callable[[], str]] = {
    **{f"quality {name}": quality(corpus) for corpus, name in PAGES.items()},
    **{f"quality details {name}": details(corpus) for corpus, name in PAGES.items()},
    **{f"quality documents {name}": of_documents(corpus) for corpus, name in PAGES.items()},
    "quality overview": overview,
    "quality in short": in_short,
    "quality runs": runs,
    "quality machines": machines,
    "which when": which_when,
}
PLOTS: dict[str, Callable[[], str]] = {
    "docs/images/quality.svg": standing,
    "docs/images/quality-ecnews.svg": quality_plot("ecnews"),
    "docs/images/quality-rakuten.svg": quality_plot("rakuten_amazon"),
}
