"""Documents on a plane: by UMAP, or by the map of their topics."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from gloctm.arrays import Array, Floats, Numbers
from gloctm.augmentation.neighbors import unit_vectors
from gloctm.embedding.encoder import Embeddings
from gloctm.errors import MissingDependencyError, import_optional
from gloctm.summary.content import Projection

#: Fewer documents are placed by topics unless UMAP is asked for: it would take 20 seconds to start, and in the embedded
#: corpus, neighbors share their theme as often without it (0.996 and 0.997).
WORTH_UMAP = 2000
#: Fewer have no neighborhoods that UMAP could keep.
FEWEST_DOCUMENTS = 20
# Neighbors that UMAP keeps near, and how near points may be: its own defaults.
_NEIGHBORS, _MIN_DISTANCE = 15, 0.1
# Dimensions of vectors that neighbors are sought in, and the weight of vectors against topic proportions.
_DIMENSIONS, _WEIGHT = 50, 0.5
# Width of the places that UMAP begins with.
_BEGIN = 10
# Decimals of places: what a screen of 10,000 pixels shows.
_DECIMALS = 4
# How far documents of the same topics spread, as a share of the distance between neighboring topics.
_SPREAD = 0.4
# Documents whose vectors are in memory at once.
_BATCH = 8192

#: Vectors of a language's documents, and the rows of those to place.
Vectors = tuple[Embeddings | None, NDArray[np.int64]]


def place_documents(
    theta: Array, topic_places: Floats, vectors: Sequence[Vectors], projection: Projection | None = None
) -> tuple[Numbers, Projection]:
    """Place documents on a plane; every call gives the same.

    Args:
        theta: topic proportions of all documents, ``(n, K)``, language by language.
        topic_places: of topics on their own map, ``(K, 2)``.
        vectors: by language.
        projection: None takes UMAP if it is installed and there are 2,000 documents or more. Fewer than 20 are placed
            by topics in any case.

    Returns:
        ``(n, 2)`` within [−1, 1], and what made the places.

    Raises:
        MissingDependencyError: UMAP is asked for and is not installed.
    """
    installed = find_spec("umap") is not None
    if projection == "umap" and not installed:
        raise MissingDependencyError.of("The map of documents by UMAP", "umap-learn")
    wanted = projection == "umap" or (projection is None and installed and len(theta) >= WORTH_UMAP)
    # With one thread, sums have one order: results repeat bit for bit on a machine.
    with threadpool_limits(1):
        places = by_topics(theta, topic_places, vectors)
        if not wanted or len(theta) < FEWEST_DOCUMENTS:
            return places, "topics"
        return by_umap(theta, vectors, places), "umap"


def by_umap(theta: Array, vectors: Sequence[Vectors], begin: Floats) -> Numbers:
    """Place documents by UMAP: near each other if their topics and their vectors are alike.

    Distances are those of √θ (Hellinger's, made for proportions), next to which the documents' vectors count half.
    Vectors are centered by language, without which each language would be by itself. Of 3,000 news each in English and
    Chinese with 50 topics, 57 % of neighbors on the map share their label, and languages mix by 0.74; by √θ alone 56 %
    and 0.77, by vectors alone 59 % and 0.60.

    Neighbors are exact: UMAP's own search needs a minute more to start, and is not the same with several threads.

    Args:
        theta: see ``place_documents``.
        vectors: see ``place_documents``. Without vectors of one space in all languages, topics alone count.
        begin: places to start with, ``(n, 2)``, so that the map is turned like that of the topics.

    Raises:
        MissingDependencyError: UMAP is not installed.
    """
    from sklearn.neighbors import NearestNeighbors

    umap = import_optional("umap", "The map of documents by UMAP", "umap-learn")
    features = _features(theta, vectors)
    number = min(_NEIGHBORS, len(features))
    search = NearestNeighbors(n_neighbors=number, algorithm="brute", n_jobs=1).fit(features)
    distances, neighbors = search.kneighbors(features)
    # Each document is its own first neighbor; of equal ones, another may have been.
    for row in np.flatnonzero(neighbors[:, 0] != np.arange(len(features))).tolist():
        found = np.flatnonzero(neighbors[row] == row)
        neighbors[row, found[0] if len(found) else -1] = neighbors[row, 0]
        neighbors[row, 0] = row
    with warnings.catch_warnings():
        # That other documents can't be placed later, and that there is one thread.
        warnings.simplefilter("ignore")
        places = umap.UMAP(
            n_neighbors=number,
            min_dist=_MIN_DISTANCE,
            init=np.asarray(begin * _BEGIN, np.float32),
            random_state=0,
            n_jobs=1,
            precomputed_knn=(neighbors, distances.astype(np.float32), None),
        ).fit_transform(features)
    return _fitted(np.asarray(places, np.float64))


def _features(theta: Array, vectors: Sequence[Vectors]) -> Array:
    """Return what documents are compared by: √θ, and the principal components of their vectors."""
    proportions = np.sqrt(np.maximum(theta, 0)).astype(np.float32)
    if not usable(vectors):
        return proportions
    centers = language_means(vectors)
    squares = np.zeros((len(centers[0]),) * 2)
    for _, batch in centered_batches(vectors, centers):
        squares += batch.T @ batch
    components = _largest_components(squares, _DIMENSIONS)
    placed = np.zeros((len(theta), components.shape[1]), np.float32)
    for rows, batch in centered_batches(vectors, centers):
        placed[rows] = batch @ components
    return np.hstack([_of_variance_1(proportions), np.float32(_WEIGHT) * _of_variance_1(placed)])


def _of_variance_1(features: Array) -> Array:
    total = features.var(axis=0, dtype=np.float64).sum()
    return np.asarray(features / np.sqrt(total if total > 0 else 1), np.float32)


def _largest_components(squares: Numbers, number: int) -> Numbers:
    """Return the principal components of vectors by the sums of their products, ``(dimension, number)`` at most."""
    components = np.linalg.eigh(squares)[1][:, ::-1][:, :number]
    # Of a component and its opposite, that whose largest entry is positive.
    largest = np.abs(components).argmax(axis=0)
    return np.asarray(components * np.where(components[largest, np.arange(components.shape[1])] < 0, -1.0, 1.0))


def _fitted(places: Numbers) -> Numbers:
    """Bring places into the square from −1 to 1, both axes in one scale."""
    low, high = places.min(axis=0), places.max(axis=0)
    reach = (high - low).max() / 2
    return np.asarray(np.round((places - (low + high) / 2) / (reach if reach > 0 else 1), _DECIMALS) + 0.0)


def by_topics(theta: Array, topic_places: Floats, vectors: Sequence[Vectors]) -> Numbers:
    """Place each document between its topics, weighted by the squares of its proportions of them.

    By these themselves, documents of several topics would crowd in the middle. Of 3,000 news each in English and
    Chinese with 50 topics, 50 % of neighbors share their label (46 % without squares), and languages mix by 0.79
    (0.83).

    Documents of the same proportions would coincide. They are moved by what topics do not explain of their vectors,
    along its two principal components, not farther than to 0.4 of the way to the next topic. Without vectors, they
    are moved by their number, evenly over a disc.

    Args:
        theta: see ``place_documents``.
        topic_places: see ``place_documents``.
        vectors: see ``place_documents``.
    """
    of_topics: Numbers = np.asarray(topic_places, np.float64)
    weights = np.square(theta, dtype=np.float64)
    total = weights.sum(axis=1, keepdims=True)
    places: Numbers = weights @ of_topics / np.where(total > 0, total, 1)
    residual = _residual(theta, vectors)
    moves = _over_a_disc(len(theta)) if residual is None else _within_a_disc(residual)
    moved = places + _SPREAD * _distance(of_topics) * moves
    return np.asarray(np.round(moved / max(1.0, np.abs(moved).max()), _DECIMALS) + 0.0)


def _distance(topic_places: Numbers) -> float:
    """Return the typical distance of a topic from the next one on the map."""
    from sklearn.neighbors import KDTree

    if len(topic_places) < 2:
        return 1.0
    nearest = KDTree(topic_places).query(topic_places, 2)[0][:, 1]
    return float(np.median(nearest)) or 0.1


def _over_a_disc(number: int) -> Numbers:
    """Return places spread evenly over the disc of radius 1, each next one a golden angle further."""
    order = np.arange(number)
    # Consecutive documents get unlike radii: the golden ratio's multiples, modulo 1, are spread evenly.
    radius = np.sqrt((order * 0.6180339887498949) % 1)
    angle = order * 2.399963229728653
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _within_a_disc(places: Numbers) -> Numbers:
    """Bring places around 0 into the disc of radius 1, few of them near its edge."""
    scale = np.sqrt((places**2).mean(axis=0))
    scaled = places / np.where(scale > 0, scale, 1)
    return np.asarray(scaled / np.sqrt(2 + (scaled**2).sum(axis=1, keepdims=True)))


def _residual(theta: Array, vectors: Sequence[Vectors]) -> Numbers | None:
    """Return the two principal components of what topic proportions do not explain of vectors; None without vectors.

    Each language's vectors are centered, so that the language itself is no component.
    """
    if not usable(vectors):
        return None
    centers = language_means(vectors)
    dimension, num_topics = len(centers[0]), theta.shape[1]
    squares, products = np.zeros((dimension, dimension)), np.zeros((num_topics, dimension))
    for rows, batch in centered_batches(vectors, centers):
        squares += batch.T @ batch
        products += theta[rows].T @ batch
    gram = np.asarray(theta.T @ theta, np.float64)
    # A little of the diagonal, for topics that no document has.
    weights = np.linalg.solve(gram + 1e-6 * max(np.trace(gram), 1.0) * np.eye(num_topics), products)
    left = squares - weights.T @ products - products.T @ weights + weights.T @ gram @ weights
    components = _largest_components(left, 2)
    found = np.zeros((len(theta), 2))
    for rows, batch in centered_batches(vectors, centers):
        found[rows, : components.shape[1]] = (batch - theta[rows] @ weights) @ components
    return found


def usable(vectors: Sequence[Vectors]) -> bool:
    """Whether all languages have vectors of documents in one space."""
    dimensions = {None if each is None else each.shape[1] for each, _ in vectors}
    return len(dimensions) == 1 and None not in dimensions


def language_means(vectors: Sequence[Vectors]) -> list[Numbers]:
    """Return for each language the mean of its documents' vectors, each scaled to length 1."""
    means = []
    for part, rows in vectors:
        assert part is not None
        total = np.zeros(part.shape[1])
        for start in range(0, len(rows), _BATCH):
            total += unit_vectors(part[rows[start : start + _BATCH]]).sum(axis=0, dtype=np.float64)
        means.append(total / max(len(rows), 1))
    return means


def centered_batches(vectors: Sequence[Vectors], means: Sequence[Numbers]) -> Iterator[tuple[slice, Numbers]]:
    """Yield which of all documents are in a batch, and their vectors without their language's mean, of length 1.

    Of length 1 again, since what is left is short where the mean is long, and languages would differ by that.
    """
    begin = 0
    for (part, rows), mean in zip(vectors, means, strict=True):
        assert part is not None
        for start in range(0, len(rows), _BATCH):
            batch = unit_vectors(unit_vectors(part[rows[start : start + _BATCH]]) - mean)
            yield slice(begin, begin + len(batch)), np.asarray(batch, np.float64)
            begin += len(batch)
