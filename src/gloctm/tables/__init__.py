"""Tables about a model: its documents, its topics, what a query is about, and what is alike.

``GloCTM`` has a method for each but ``compare``.
"""

from gloctm.tables.comparison import compare
from gloctm.tables.hierarchy import TopicHierarchy

__all__ = ["TopicHierarchy", "compare"]
