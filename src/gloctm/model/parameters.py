"""Names of the trained parameters, shared by the network, the saved model and inference without torch.

Weights are ``(out, in)``, except those of first layers, ``hidden1.weight``, which are ``(in, out)``:

==============================================  ====================================================
``topic_word.lang_CODE``                        β_l, ``(K, V_l)``
``local_encoder.lang_CODE.hidden1.weight`` …    local encoder of a language
``global_encoder.hidden1.weight`` …             global encoder, rows in blocks by language order
``local_decoder_norm.lang_CODE.bias`` …         BN_l of a local decoder
``global_decoder_norm.bias`` …                  BN_G of the global decoder
==============================================  ====================================================

A model in the context space (``gloctm.context``) of p dimensions has:

==============================================  ====================================================
``topic_word.lang_CODE``                        β_l = log p(w | k), ``(K, V_l)``
``word_context.lang_CODE``                      context vectors of words, ``(V_l, p)``
``document_center.lang_CODE``                   the mean of a language's documents, ``(p,)``
``document_encoder``                            from documents to μ, ``(p, K)``
``sentence_projection``                         P, from embeddings of texts to the space, ``(dimension, p)``
``sentence_center.lang_CODE``                   the mean embedding of a language's documents, ``(dimension,)``
``least_evidence.lang_CODE``                    evidence that a text's words need to stand alone, ``(1,)``
``topic_direction``                             t_k in the space of the document embeddings, ``(K, dimension)``
==============================================  ====================================================
Models of earlier versions lack the last four: their words always stand alone, and no training goes on from them.
"""

from __future__ import annotations


def module_key(language: str) -> str:
    """Return a language's key among modules: prefixed, since bare codes such as ``to`` clash with torch's own names."""
    return f"lang_{language}"


def topic_word_name(language: str) -> str:
    """Name the parameter β_l."""
    return f"topic_word.{module_key(language)}"


def local_encoder_name(language: str) -> str:
    """Name the prefix of a local encoder's parameters."""
    return f"local_encoder.{module_key(language)}"


def word_context_name(language: str) -> str:
    """Name the context vectors of a language's words."""
    return f"word_context.{module_key(language)}"


def document_center_name(language: str) -> str:
    """Name the mean of a language's documents by their words."""
    return f"document_center.{module_key(language)}"


def sentence_center_name(language: str) -> str:
    """Name the mean embedding of a language's documents."""
    return f"sentence_center.{module_key(language)}"


def least_evidence_name(language: str) -> str:
    """Name the evidence that the words of a language's texts need to stand alone."""
    return f"least_evidence.{module_key(language)}"


SENTENCE_PROJECTION_NAME = "sentence_projection"
GLOBAL_ENCODER_NAME = "global_encoder"
DOCUMENT_ENCODER_NAME = "document_encoder"
TOPIC_DIRECTION_NAME = "topic_direction"


def expected_context_shapes(
    vocabulary_sizes: dict[str, int], num_topics: int, dimensions: int, embedding_dimension: int | None = None
) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every array of a model in the context space; without sentences' if they have none."""
    shapes: dict[str, tuple[int, ...]] = {DOCUMENT_ENCODER_NAME: (dimensions, num_topics)}
    for language, size in vocabulary_sizes.items():
        shapes[topic_word_name(language)] = (num_topics, size)
        shapes[word_context_name(language)] = (size, dimensions)
        shapes[document_center_name(language)] = (dimensions,)
        if embedding_dimension is not None:
            shapes[sentence_center_name(language)] = (embedding_dimension,)
            shapes[least_evidence_name(language)] = (1,)
    if embedding_dimension is not None:
        shapes[SENTENCE_PROJECTION_NAME] = (embedding_dimension, dimensions)
    return shapes


def expected_shapes(
    vocabulary_sizes: dict[str, int], num_topics: int, local_hidden_size: int, global_hidden_size: int
) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every array of a model of these sizes."""
    total = sum(vocabulary_sizes.values())
    shapes: dict[str, tuple[int, ...]] = {}
    encoders = {local_encoder_name(language): (size, local_hidden_size) for language, size in vocabulary_sizes.items()}
    encoders[GLOBAL_ENCODER_NAME] = (total, global_hidden_size)
    for prefix, (inputs, hidden) in encoders.items():
        shapes[f"{prefix}.hidden1.weight"] = (inputs, hidden)
        shapes[f"{prefix}.hidden1.bias"] = (hidden,)
        shapes[f"{prefix}.hidden2.weight"] = (hidden, hidden)
        shapes[f"{prefix}.hidden2.bias"] = (hidden,)
        for head in ("mean", "log_variance"):
            shapes[f"{prefix}.{head}.weight"] = (num_topics, hidden)
            shapes[f"{prefix}.{head}.bias"] = (num_topics,)
            shapes.update(_norm_shapes(f"{prefix}.{head}_norm", num_topics))
    for language, size in vocabulary_sizes.items():
        shapes[topic_word_name(language)] = (num_topics, size)
        shapes.update(_norm_shapes(f"local_decoder_norm.{module_key(language)}", size))
    shapes.update(_norm_shapes("global_decoder_norm", total))
    return shapes


def _norm_shapes(prefix: str, size: int) -> dict[str, tuple[int, ...]]:
    return {f"{prefix}.{name}": (size,) for name in ("bias", "running_mean", "running_var")}
