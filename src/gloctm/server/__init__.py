"""A model on the web: the explorer with live answers, and a REST API. Needs the extra ``serve``."""

from gloctm.server.app import create_app
from gloctm.server.limits import DEFAULT_LIMITS, Limits
from gloctm.server.listening import serve

__all__ = ["DEFAULT_LIMITS", "Limits", "create_app", "serve"]
