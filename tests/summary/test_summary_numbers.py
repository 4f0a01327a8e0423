"""Numbers of a summary: means with their intervals, breakdowns, the map, links between words, the search index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.stats import special_ortho_group
from sklearn.metrics.pairwise import cosine_similarity

from gloctm.errors import InputError
from gloctm.summary.agreement import agreement_of_topics, doubtful_languages
from gloctm.summary.breakdowns import by_date, by_label, checked_dates, choose_unit
from gloctm.summary.content import FORMAT, Estimate
from gloctm.summary.differences import compare_groups
from gloctm.summary.links import translation_links, word_directions
from gloctm.summary.map import project, similar_topics
from gloctm.summary.names import direction_of, name_of_language
from gloctm.summary.prevalence import contrasts, difference, estimates, group_means, mean_estimates
from gloctm.summary.search import search_index

SHARES = st.floats(0, 1, width=32)


def one_topic(*groups: list[float]):
    """Means of groups of documents by the θ of one topic."""
    theta = np.asarray([[value] for group in groups for value in group])
    codes = np.concatenate([np.full(len(group), code) for code, group in enumerate(groups)]).astype(int)
    return group_means(theta, codes, len(groups))


def values(found):
    return [None if each is None else each.value for each in found]


def test_an_interval_computed_by_hand():
    # Mean 0.4, s = 0.2, standard error 0.2/√3 = 0.115470; t with 2 degrees of freedom 4.302653.
    [[found]] = estimates(one_topic([0.2, 0.4, 0.6]))
    assert found.value == pytest.approx(0.4)
    assert found.low == 0
    assert found.high == pytest.approx(0.4 + 4.302653 * 0.115470, abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.lists(SHARES, min_size=2, max_size=12), st.lists(SHARES, min_size=2, max_size=12))
def test_intervals_and_contrast_are_those_of_student_and_welch(first, second):
    means = one_topic(first, second)
    for values, [found] in zip((first, second), estimates(means), strict=True):
        assert found.low <= found.value <= found.high
        if np.std(values) > 1e-3:
            expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
            assert (found.low, found.high) == pytest.approx(np.clip(expected, 0, 1), abs=1e-6)
    [[one], [other]] = contrasts(means)
    assert one.low <= one.value <= one.high
    assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))
    if np.std(first) > 1e-3 and np.std(second) > 1e-3:
        expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
        assert (one.low, one.high) == pytest.approx(np.clip(expected, -1, 1), abs=1e-6)


def test_contrast_of_three_languages_by_hand():
    means = one_topic([0.1, 0.3], [0.2, 0.2], [0.5, 0.9])
    [[first], [second], [third]] = contrasts(means)
    assert [first.value, second.value, third.value] == pytest.approx([-0.25, -0.25, 0.5])
    # Squared errors of the means: 0.02/2 = 0.01, 0, 0.08/2 = 0.04. Of the third: 0.04 + 0.01/4 = 0.0425, with
    # 0.0425² / (0.04²/1 + 0.0025²/1) = 1.1245 degrees of freedom.
    freedom = 0.0425**2 / (0.04**2 + 0.0025**2)
    half = stats.t.ppf(0.975, freedom) * 0.0425**0.5
    assert third.low == pytest.approx(max(0.5 - half, -1))
    assert third.high == pytest.approx(min(0.5 + half, 1))


def test_a_difference_by_hand():
    # Below: √(0.1² + 0.2²), above: √(0.3² + 0.1²).
    found = difference(Estimate(0.5, low=0.4, high=0.8), Estimate(0.2, low=0.1, high=0.4))
    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3 - 0.05**0.5, 0.3 + 0.1**0.5))
    back = difference(Estimate(0.2, low=0.1, high=0.4), Estimate(0.5, low=0.4, high=0.8))
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
    both = difference(Estimate(0.5, low=0.4, high=0.8), Estimate(0.2, low=0.1, high=0.4), same=True)
    assert (both.low, both.high) == pytest.approx((0.0, 0.7))
    exact = difference(Estimate(0.5, low=0.5, high=0.5), Estimate(0.2, low=0.1, high=0.4))
    assert (exact.low, exact.high) == pytest.approx((0.1, 0.4))
    apart = difference(Estimate(0.9, low=0.2, high=1.0), Estimate(0.0, low=0.0, high=1.0))
    assert -1 <= apart.low <= apart.value <= apart.high <= 1


@pytest.mark.parametrize("sizes", [(40, 40), (30, 200), (500, 60)])
def test_a_difference_holds_the_true_one_as_often_as_it_says(sizes):
    rng = np.random.default_rng(4)
    shapes, rounds = ((2.0, 8.0), (1.5, 3.5)), 2000
    truth = 0.2 - 0.3
    both = [rng.beta(*shape, size=(size, rounds)) for shape, size in zip(shapes, sizes, strict=True)]
    rows = [estimates(group_means(each, np.zeros(len(each), np.int64), 1))[0] for each in both]
    found = [difference(one, other) for one, other in zip(*rows, strict=True)]
    share = np.mean([each.low <= truth <= each.high for each in found])
    # 95 % of 2,000 rounds, give or take three standard errors of such a share.
    assert 0.935 <= share <= 0.965


def test_two_groups_are_compared_topic_by_topic():
    def share(mean):
        return {"mean": mean, "low": mean - 0.1, "high": mean + 0.2}

    content = {
        "format": FORMAT,
        "languages": [{"code": "en"}, {"code": "de"}],
        "topics": [
            {"id": 3, "name": "rain", "prevalence": {"en": share(0.3), "de": share(0.6)}},
            {"id": 5, "name": "song", "prevalence": {"en": share(0.5), "de": share(0.2)}},
        ],
        "labels": {
            "values": ["news", "sport", "arts"],
            "counts": {"en": [9, 9, 0], "de": [9, 9, 9]},
            "by_language": {
                "en": [[share(0.2), share(0.4), None], [share(0.7), share(0.1), None]],
                "de": [[share(0.4), share(0.8), share(0.3)], [share(0.5), share(0.1), share(0.3)]],
            },
        },
        "dates": None,
    }
    first, second = compare_groups(content, "language", "de", "en")
    assert [(row["topic"], row["topic_name"]) for row in (first, second)] == [(3, "rain"), (5, "song")]
    assert [first["proportion"], first["other_proportion"], first["difference"]] == pytest.approx([0.6, 0.3, 0.3])
    assert [first["low"], first["high"]] == pytest.approx([0.3 - 0.05**0.5, 0.3 + 0.05**0.5])
    # Mean over the languages, the intervals of four means of different documents.
    song, rain = compare_groups(content, "label", "news", "sport")
    assert [song["topic"], rain["topic"]] == [5, 3]
    assert [rain["proportion"], rain["other_proportion"]] == pytest.approx([0.3, 0.6])
    assert rain["difference"] - rain["low"] == pytest.approx((2 * 0.1**2 + 2 * 0.2**2) ** 0.5 / 2)
    # English has no arts, so German alone is compared, in both groups.
    assert compare_groups(content, "label", "arts", "news")[0]["other_proportion"] == pytest.approx(0.4)
    assert compare_groups(content, "label", "news", "sport", language="en")[1]["proportion"] == pytest.approx(0.2)
    for asked, message in (
        (("label", "news", "culture"), "no label 'culture': it has news, sport, arts"),
        (("label", "news", "news"), "compared with itself"),
        (("period", "2019", "2020"), "no document of the summary has a date"),
        (("language", "de", "fr"), "no language 'fr': it has en, de"),
        (("topic", "1", "2"), "it must be language, label or period"),
    ):
        with pytest.raises(InputError, match=message):
            compare_groups(content, *asked)
    with pytest.raises(InputError, match="no documents of both 'arts' and 'news' in en"):
        compare_groups(content, "label", "arts", "news", language="en")


def test_of_one_document_nothing_is_known_and_of_none_there_is_no_mean():
    means = one_topic([0.3], [0.1, 0.2], [])
    [[alone], [two], [none]] = estimates(means)
    assert (alone.value, alone.low, alone.high) == (0.3, 0, 1)
    assert two.high < 1
    assert none is None
    [[contrast], _] = contrasts(one_topic([0.3], [0.1, 0.2]))
    assert (contrast.value, contrast.low, contrast.high) == pytest.approx((0.15, -1, 1))


def test_documents_of_no_group_are_left_out():
    means = group_means(np.asarray([[0.2], [0.9], [0.4]]), np.asarray([0, -1, 0]), 1)
    assert means.counts.tolist() == [2]
    assert means.mean == pytest.approx(0.3)


def test_means_of_equal_documents_have_no_error():
    [[found]] = estimates(one_topic([0.1] * 1000))
    assert (found.low, found.high) == pytest.approx((0.1, 0.1))


def test_of_each_label_languages_count_alike():
    theta = {
        "en": np.asarray([[0.2, 0.8], [0.4, 0.6], [0.8, 0.2], [1.0, 0.0]]),
        "de": np.asarray([[0.9, 0.1], [0.6, 0.4]]),
    }
    breakdown, total = by_label(theta, {"en": ["news", "sport", "sport", ""], "de": ["sport", "arts"]})
    assert breakdown.values == ("sport", "arts", "news")
    assert total == 3
    assert breakdown.counts == {"en": (2, 0, 1), "de": (1, 1, 0)}
    assert breakdown.unlabeled == {"en": 1, "de": 0}
    # (0.6 + 0.9) / 2; of the three documents the mean would be 0.7.
    assert values(breakdown.prevalence[0]) == pytest.approx([0.75, 0.6, 0.2])
    assert values(breakdown.by_language["en"][0]) == [pytest.approx(0.6), None, pytest.approx(0.2)]
    assert values(breakdown.by_language["de"][0]) == [pytest.approx(0.9), pytest.approx(0.6), None]


def test_a_mean_over_languages_computed_by_hand():
    first, second = one_topic([0.1, 0.2, 0.3]), one_topic([0.4, 0.4, 0.4, 0.8])
    [[found]] = mean_estimates([first, second])
    assert found.value == pytest.approx((0.2 + 0.5) / 2)
    # Squared errors 0.01/3 and 0.04/4, each over 2².
    parts = [0.01 / 3 / 4, 0.04 / 4 / 4]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 3)
    half = stats.t.ppf(0.975, freedom) * sum(parts) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.35 - half, 0.35 + half))


def test_a_mean_over_languages_is_of_those_that_have_documents():
    [[only], [alone], [none]] = mean_estimates([one_topic([0.1, 0.3], [0.5], []), one_topic([], [0.7, 0.9], [])])
    [[expected]] = estimates(one_topic([0.1, 0.3]))
    assert (only.value, only.low, only.high) == pytest.approx((expected.value, expected.low, expected.high))
    # Of one document nothing is known about the spread.
    assert (alone.value, alone.low, alone.high) == pytest.approx((0.65, 0, 1))
    assert none is None


def test_of_many_labels_the_most_frequent_are_shown():
    theta = {"en": np.full((6, 2), 0.5)}
    breakdown, total = by_label(theta, {"en": ["c", "b", "b", "a", "a", "d"]}, max_labels=3)
    assert breakdown.values == ("a", "b", "c")
    assert total == 4


def test_without_labels_or_dates_there_is_no_breakdown():
    theta = {"en": np.full((2, 2), 0.5)}
    assert by_label(theta, {"en": ["", ""]}) is None
    assert by_date(theta, {"en": ["", ""]}) is None


@pytest.mark.parametrize(
    ("dates", "unit", "reason"),
    [
        (["2024-05-31"], "day", None),
        (["2024-01-01", "2024-04-01T18:30:00+02:00"], "day", None),
        (["2024-01-01", "2024-04-02"], "month", "By month: the dates reach over more than 92 days."),
        (["2014-02-01", "2024-01-31"], "month", "By month: the dates reach over more than 92 days."),
        (["2014-01-01", "2024-01-31"], "year", "By year: the dates reach over more than 120 months."),
        (["2014-01", "2024-01"], "year", "By year: the dates reach over more than 120 months."),
        (["2024-05", "2024-06-30"], "month", "By month: 20 of 40 dates have no day."),
        (["2024", "2024-06-30"], "year", "By year: 20 of 40 dates have no month."),
        (["1899", "2024"], "year", None),
    ],
)
def test_unit_of_dates(dates, unit, reason):
    assert choose_unit({"en": dates * 20, "de": [""]}) == (unit, reason)


def test_periods_of_few_documents_are_joined():
    days = [f"2024-05-{day:02}" for day in range(1, 31)]
    assert choose_unit({"en": days * 20, "de": days[:29] * 19}) == ("day", None)
    found = choose_unit({"en": days * 20, "de": days * 19 + ["2024-06-01"]})
    assert found == ("month", "By month: most days have fewer than 20 documents in a language.")
    assert choose_unit({"en": days, "de": ["2024-06"]}) == ("month", "By month: 1 of 31 dates has no day.")
    # Where no unit has enough, years are the least bad.
    found = choose_unit({"en": ["2023-05-01", "2023-06-01", "2024-05-01"]})
    assert found == ("year", "By year: most months have fewer than 20 documents in a language.")


def test_dates_of_several_precisions_go_by_the_coarsest_and_gaps_stay_gaps():
    theta = {"en": np.asarray([[0.2], [0.4], [0.9], [0.5]] * 20), "de": np.asarray([[0.1], [0.3]] * 10)}
    dates = {"en": ["2023-11", "2023-11-20", "2024-02-01T12:00:00", ""] * 20, "de": ["2023-12-24"] * 20}
    found = by_date(theta, dates)
    assert found.unit == "month"
    assert found.unit_reason == "By month: 20 of 80 dates have no day."
    assert found.periods == ("2023-11", "2023-12", "2024-01", "2024-02")
    assert found.counts == {"en": (40, 0, 0, 20), "de": (0, 20, 0, 0)}
    assert found.undated == {"en": 20, "de": 0}
    assert values(found.prevalence["en"][0]) == [pytest.approx(0.3), None, None, pytest.approx(0.9)]
    assert found.prevalence["de"][0][::2] == (None, None)
    # Mean 0.2, s² = 20/19 · 0.01.
    half = stats.t.ppf(0.975, 19) * (0.01 / 19) ** 0.5
    assert found.prevalence["de"][0][1].low == pytest.approx(0.2 - half)
    assert found.prevalence["de"][0][1].high == pytest.approx(0.2 + half)


def test_days_follow_each_other_over_the_end_of_a_leap_february():
    found = by_date({"en": np.full((40, 1), 0.5)}, {"en": ["2024-02-28", "2024-03-01"] * 20})
    assert found.periods == ("2024-02-28", "2024-02-29", "2024-03-01")


def test_a_slip_of_the_pen_makes_no_millennium_of_gaps():
    found = by_date({"en": np.full((3, 1), 0.5)}, {"en": ["0201", "2019", "2021"]})
    assert found.periods == ("0201", "2019", "2021")


def test_what_is_no_date_is_named():
    assert checked_dates("en", ["31.5.2024", " 2024 ", ""]) == ["2024-05-31", "2024", ""]
    with pytest.raises(InputError, match=r"date 1 of 'en' is 'in spring'"):
        checked_dates("en", ["2024", "in spring"])


def test_similar_topics_are_those_of_the_largest_cosine():
    vectors = np.random.default_rng(0).normal(size=(5, 3))
    expected = cosine_similarity(vectors)
    np.fill_diagonal(expected, -2)
    for topic, similar in enumerate(similar_topics(vectors, 3)):
        assert [other for other, _ in similar] == np.argsort(-expected[topic])[:3].tolist()
        assert [value for _, value in similar] == pytest.approx(np.sort(expected[topic])[::-1][:3], abs=1e-5)
    assert [len(each) for each in similar_topics(vectors)] == [4] * 5


def test_a_topic_that_means_something_else_in_a_language_is_doubtful():
    vectors = {code: np.eye(4) for code in ("en", "de", "ja")}
    # In German it is of what no topic is about, in Japanese a little of both.
    vectors["de"] = np.asarray([[0, 0, 0, 1.0], *np.eye(4)[1:]])
    vectors["ja"] = np.asarray([np.asarray([1, 0, 0, 0.2]) / 1.04**0.5, *np.eye(4)[1:]])
    found = agreement_of_topics(vectors)
    assert found["de"][0] == pytest.approx(0.2 / np.hypot(1 + 1.04**0.5, 0.2), abs=1e-6)
    assert [found[code][1] for code in vectors] == pytest.approx([1, 1, 1])
    of_first = {code: each[0] for code, each in found.items()}
    assert doubtful_languages(of_first) == ("de",)
    assert doubtful_languages({code: each[1] for code, each in found.items()}) == ()
    assert agreement_of_topics({"en": np.eye(2)}) is None
    assert doubtful_languages(None) == ()


def test_the_map_keeps_near_what_is_near():
    rng = np.random.default_rng(3)
    centers = np.repeat(np.eye(4), 3, axis=0)
    found = project(centers + 0.05 * rng.normal(size=centers.shape))
    distances = np.linalg.norm(found[:, None] - found[None], axis=2)
    same = np.repeat(np.arange(4), 3)
    within = distances[same[:, None] == same[None]].max()
    across = distances[same[:, None] != same[None]].min()
    assert within < across


@settings(max_examples=30, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 5)), elements=st.floats(-1, 1, width=32)))
def test_the_map_is_within_bounds_and_the_same_on_every_call(vectors):
    found = project(vectors)
    assert found.shape == (len(vectors), 2)
    assert np.abs(found).max() <= 1
    assert np.array_equal(found, project(vectors))


def test_turning_the_space_of_embeddings_leaves_the_map():
    vectors = np.random.default_rng(0).normal(size=(8, 6))
    turn = special_ortho_group.rvs(6, random_state=1)
    assert project(vectors @ turn) == pytest.approx(project(vectors), abs=1e-3)


def test_two_topics_stand_on_a_line_and_one_in_the_middle():
    assert project(np.eye(2)).tolist() == [[1, 0], [-1, 0]]
    assert project(np.eye(3)[:1]).tolist() == [[0, 0]]
    assert project(np.ones((4, 3))).tolist() == [[0, 0]] * 4
    assert np.abs(project(np.eye(3))).max() == 1


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float32, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1, 1, width=16)),
    arrays(np.float32, st.tuples(st.integers(1, 6), st.just(3)), elements=st.floats(-1, 1, width=16)),
)
def test_links_are_mutual(first, second):
    # In double precision: lengths of tiny vectors are nothing in single.
    cosine = cosine_similarity(first.astype(np.float64), second.astype(np.float64))
    links = translation_links({"en": first, "ja": second}, min_cosine=0.3)
    for one, word, other, translation, value in links:
        assert (one, other) == ("en", "ja")
        assert 0.3 <= value <= 1
        assert value == pytest.approx(cosine[word, translation], abs=1e-5)
        assert cosine[word, translation] >= cosine[word].max() - 1e-5
        assert cosine[word, translation] >= cosine[:, translation].max() - 1e-5
    assert len({word for _, word, *_ in links}) == len(links) == len({link[3] for link in links})
    # The nearest of all are nearest to each other.
    assert links or cosine.max() < 0.3 + 1e-5


def test_what_is_merely_nearest_is_no_translation():
    words = {"en": np.eye(3), "de": np.asarray([[1, 0.5, 0], [0, 1, 1.5], [0.98, 1, 0.98]])}
    # Cosines 0.894, 0.832 and 0.585.
    assert [(link[1], link[3]) for link in translation_links(words)] == [(0, 0), (2, 1)]
    assert [(link[1], link[3]) for link in translation_links(words, 0.5)] == [(0, 0), (1, 2), (2, 1)]


def test_what_words_of_a_language_have_in_common_is_taken_off():
    words = np.random.default_rng(0).normal(size=(6, 8))
    found = word_directions(np.concatenate([3 * words, np.zeros((1, 8))]))
    units = words / np.linalg.norm(words, axis=1, keepdims=True)
    assert found[:6] == pytest.approx(units - units.mean(axis=0), abs=1e-6)
    # A word without an embedding goes with none.
    assert not found[6].any()
    assert not word_directions(np.zeros((2, 3))).any()


def test_links_of_planted_translations():
    words = np.random.default_rng(0).normal(size=(6, 8))
    order = [3, 1, 5, 0]
    links = translation_links({"en": words, "de": words[order], "fr": words[:2]})
    assert [(link[1], link[3]) for link in links if (link[0], link[2]) == ("en", "de")] == [
        (0, 3),
        (1, 1),
        (3, 0),
        (5, 2),
    ]
    assert {(link[0], link[2]) for link in links} == {("en", "de"), ("en", "fr"), ("de", "fr")}


def test_search_tells_where_a_word_is_heaviest_and_its_rank_there():
    weights = np.asarray([[0.5, 0.1, 0.9], [0.7, 0.2, 0.1], [-0.1, 0.3, 0.2], [0.6, 0.3, 0.0]], "f4")
    index = search_index(weights, ["rain", "snow", "sun"], [0, 1, 4, 7])
    assert index.words == ("rain", "snow", "sun")
    assert [[each[:2] for each in topics] for topics in index.topics] == [
        [(1, 0), (7, 0), (0, 1)],
        [(4, 0), (7, 1), (1, 1)],
        [(0, 0), (4, 1), (1, 2)],
    ]
    assert [weight for *_, weight in index.topics[0]] == pytest.approx([0.7, 0.6, 0.5])
    assert [len(each) for each in search_index(weights[:2], ["rain", "snow", "sun"], [0, 1]).topics] == [2, 2, 2]


@pytest.mark.parametrize(
    ("code", "name", "direction"),
    [
        ("en", "English", "ltr"),
        ("ar", "Arabic", "rtl"),
        ("he", "Hebrew", "rtl"),
        ("fa", "Persian", "rtl"),
        ("ur", "Urdu", "rtl"),
        ("yi", "Yiddish", "rtl"),
        ("ku", "Kurdish", "ltr"),
        ("ku-Arab", "Kurdish (Arabic script)", "rtl"),
        ("zh-Hant", "Chinese (Traditional)", "ltr"),
        ("pt-BR", "Portuguese (BR)", "ltr"),
        ("gsw", "gsw", "ltr"),
    ],
)
def test_names_and_directions_of_languages(code, name, direction):
    assert (name_of_language(code), direction_of(code)) == (name, direction)
