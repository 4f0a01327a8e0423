"""Embeddings of words and documents: the encoder protocol, its backends, the cache on disk."""

from gloctm.embedding.arrays import ArrayEncoder, load_embeddings
from gloctm.embedding.cache import EmbeddingCache
from gloctm.embedding.e5 import E5Encoder
from gloctm.embedding.embed import choose_encoder, embed_texts, get_encoder_by_name, get_encoders
from gloctm.embedding.encoder import EncoderPair, TextEncoder
from gloctm.embedding.sentence_transformer import SentenceTransformerEncoder
from gloctm.embedding.usem3 import Usem3Encoder
from gloctm.files.cache import default_cache_folder

__all__ = [
    "ArrayEncoder",
    "E5Encoder",
    "EmbeddingCache",
    "EncoderPair",
    "SentenceTransformerEncoder",
    "TextEncoder",
    "Usem3Encoder",
    "choose_encoder",
    "default_cache_folder",
    "embed_texts",
    "get_encoder_by_name",
    "get_encoders",
    "load_embeddings",
]
