"""What the default method's own numbers matter (docs/results/quality.md)."""

from __future__ import annotations

from collections.abc import Callable

from pages.markdown import CORPORA, markdown
from pages.quality import mean_of, one_condition
from pages.results import Result, results
from plot import Changes, changes_svg

MEASURES = {
    "CNPMI, published": ("cnpmi_published", ".4f"),
    "TU": ("topic_uniqueness", ".3f"),
    "accuracy across": ("accuracy_across", ".3f"),
}
# Settings whose names in the code say little.
NAMES = {
    "num_near_documents": "near documents",
    "num_refinements": "refinements",
    "temperature": "temperature of θ",
    "space.SHRINKAGE": "shrinkage",
    "space.LINKED_WORDS": "words near a rare word",
    "space.DIMENSIONS": "dimensions",
    "topics.COUNTING_TEMPERATURE": "temperature of counting",
    "topics.SMOOTHING_WORDS": "smoothing",
    "topics.FEWEST_STARTS": "starts of k-means",
    "topics.EM_ROUNDS": "rounds of EM",
    "fit.REFINING_WORDS": "words that refine",
    "coherence.CANDIDATES": "candidates per topic",
    "coherence.LEAST_TOGETHER": "least documents together",
    "coherence.TRANSLATION_COSINE": "cosine of translations",
    "coherence.TRANSLATION_WEIGHT": "weight of translations",
    "coherence.OWN_WEIGHT": "weight of own language",
    "coherence.STEEPNESS": "steepness",
    "coherence.FREQUENCY_WEIGHT": "weight of frequency",
    "coherence.CANDIDATE_FREQUENCY": "frequency of candidates",
    "coherence.SHARED_SCORE": "score of shared words",
    "coherence.ROUNDS": "rounds of ranking",
    "inflections.SAME_WORD_COSINE": "cosine of forms",
    "inflections.SHARED_BEGINNING": "beginning of forms",
    "inference.RIDGE": "ridge of θ",
}


def groups(corpus: str) -> dict[tuple[str | None, float], list[Result]]:
    """Results by setting and factor; the usual ones by no setting and 1."""
    found: dict[tuple[str | None, float], list[Result]] = {}
    for each in results("sensitivity", "sensitivity"):
        if each["corpus"] == corpus:
            found.setdefault((each["setting"], each["factor"]), []).append(each)
    for (setting, factor), group in found.items():
        one_condition(group, f"{setting} times {factor} on {corpus}", "sensitivity")
    return found


def measured_corpora() -> list[str]:
    """The corpora whose usual model was measured."""
    return [corpus for corpus in CORPORA if (None, 1.0) in groups(corpus)]


def sensitivity() -> str:
    """How far each measure moves at most, and by which setting."""
    rows = []
    for corpus in measured_corpora():
        found = groups(corpus)
        for name, (measure, form) in MEASURES.items():
            usual = mean_of(found[None, 1.0], measure)
            moved = {key: mean_of(group, measure) for key, group in found.items() if key[0] is not None}
            known = {key: value for key, value in moved.items() if value is not None}
            if usual is None or not known:
                continue
            cells = []
            for extreme in (min, max):
                setting, factor = extreme(known, key=lambda key: known[key])
                cells.append(f"{known[setting, factor]:{form}} ({told(setting)} {change(found[setting, factor][0])})")
            rows.append([CORPORA[corpus], name, len(known), f"{usual:{form}}", *cells])
    if not rows:
        return "not measured yet"
    table = markdown(["corpus", "measure", "changes", "as it is", "lowest", "highest"], rows)
    return (
        f"{table}\n\n![CNPMI with each number about half as large and half as large again](../images/sensitivity.svg)"
    )


def change(each: Result) -> str:
    """What a setting was changed from and to; whole numbers and shares are not moved by just the factor."""
    if each["usual"] is None:
        return f"× {each['factor']:g}"
    return f"{each['usual']:g} → {each['value']:g}"


def told(setting: str | None) -> str:
    """A setting for people."""
    return NAMES.get(str(setting), str(setting))


def sensitivity_plot() -> str:
    """CNPMI with each setting about half as large and half as large again."""
    panels = []
    settings = list(
        dict.fromkeys(setting for corpus in measured_corpora() for setting, _ in groups(corpus) if setting is not None)
    )
    for corpus in measured_corpora():
        found = groups(corpus)
        usual = mean_of(found[None, 1.0], "cnpmi_published")

        def of(
            setting: str, factor: float, found: dict[tuple[str | None, float], list[Result]] = found
        ) -> float | None:
            group = found.get((setting, factor))
            return None if group is None else mean_of(group, "cnpmi_published")

        rows = [(told(setting), of(setting, 0.5), of(setting, 1.5)) for setting in settings]
        panels.append(Changes(CORPORA[corpus], "CNPMI, published", usual or 0.0, rows))
    return changes_svg("The default method with one number changed at a time", panels)


TABLES: dict[str, Callable[[], str]] = {"sensitivity": sensitivity}
# Once there are results.
PLOTS: dict[str, Callable[[], str]] = (
    {"docs/images/sensitivity.svg": sensitivity_plot} if results("sensitivity", "sensitivity") else {}
)
