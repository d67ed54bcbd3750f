"""Questions asked of many markets, or of learning alone: each study is a file, its answer a page.

A study is a module with ``Settings``, whose defaults answer its question, and ``study``, which returns its
findings. ``verifuse study NAME`` runs one and writes its page, figures and tables.
"""

from .catalogue import STUDIES, run_study, settings_of
from .findings import Findings, Section
from .page import write_page

__all__ = ["STUDIES", "Findings", "Section", "run_study", "settings_of", "write_page"]
