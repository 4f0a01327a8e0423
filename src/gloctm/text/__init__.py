"""From raw text to counts: tokenizers by language, stop words, vocabulary."""

from gloctm.text.identification import identify_languages
from gloctm.text.normalization import normalize_text
from gloctm.text.stopwords import stop_word_classes, stop_word_languages, stop_words
from gloctm.text.tokenizers import (
    CustomTokenizer,
    Tokenizer,
    as_tokenizer,
    get_tokenizer,
    get_tokenizer_by_name,
    is_built_in,
)
from gloctm.text.vocabulary import build_vocabulary, count_tokens

__all__ = [
    "CustomTokenizer",
    "Tokenizer",
    "as_tokenizer",
    "build_vocabulary",
    "count_tokens",
    "get_tokenizer",
    "get_tokenizer_by_name",
    "identify_languages",
    "is_built_in",
    "normalize_text",
    "stop_word_classes",
    "stop_word_languages",
    "stop_words",
]
