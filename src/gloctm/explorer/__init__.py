"""One self-contained HTML page to explore topics: words in all languages, documents, how languages differ."""

from gloctm.explorer.page import render_page
from gloctm.explorer.report import check_report_target, write_report

__all__ = ["check_report_target", "render_page", "write_report"]
