"""The network of GloCTM in torch: modules and functions, without files, loop or progress."""

from gloctm.network.initialization import linear_uniform, make_generator, xavier_uniform
from gloctm.network.layers import ShiftBatchNorm, SparseLinear, dropout
from gloctm.network.losses import cka_loss, kl_between, kl_to_prior, reconstruction_loss
from gloctm.network.network import GloCTMNetwork, LanguageBatch, LanguageNoise, LossTerms
from gloctm.network.ranks import Ranks, Share, alone, joined_ranks
from gloctm.network.sparse import SparseRows
from gloctm.network.topic_encoder import Posterior, TopicEncoder

__all__ = [
    "GloCTMNetwork",
    "LanguageBatch",
    "LanguageNoise",
    "LossTerms",
    "Posterior",
    "Ranks",
    "Share",
    "ShiftBatchNorm",
    "SparseLinear",
    "SparseRows",
    "TopicEncoder",
    "alone",
    "cka_loss",
    "dropout",
    "joined_ranks",
    "kl_between",
    "kl_to_prior",
    "linear_uniform",
    "make_generator",
    "reconstruction_loss",
    "xavier_uniform",
]
