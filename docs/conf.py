"""How Sphinx builds the handbook: ``make handbook``."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

from verifuse import __version__

sys.path.append(str(Path(__file__).parent / "extensions"))

project = "Verifuse"
author = "The Verifuse developers"
copyright = author
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "state_diagrams",
]
exclude_patterns = ["examples", "extensions"]

myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

napoleon_numpy_docstring = False
napoleon_use_ivar = True  # or every attribute of a dataclass would be described twice
autodoc_default_options = {"exclude-members": "model_config"}
autodoc_member_order = "groupwise"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "Verifuse"
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["handbook.css"]
copybutton_exclude = ".linenos, .gp, .go"


def _lead_to_the_sources(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    """Let links of a page that lies beside the contract's sources lead there from the handbook."""
    if path.name == "README.md" and path.parent.name == "contracts":
        inside = re.sub(r"\]\(\.\./docs/", "](../", content[0])
        content[0] = re.sub(r"\]\(solidity/", "](../../contracts/solidity/", inside)


def _keep_bars(app: Sphinx, kind: str, name: str, one: object, options: object, lines: list[str]) -> None:
    """Let ``|x|`` in a docstring be a size, not a substitution; what stands in code stays as it is."""
    for place, line in enumerate(lines):
        plain_and_code = line.split("``")
        plain_and_code[::2] = [text.replace("|", "\\|") for text in plain_and_code[::2]]
        lines[place] = "``".join(plain_and_code)


def _shorten(
    app: Sphinx, kind: str, name: str, one: object, options: object, arguments: str | None, answer: str | None
) -> tuple[str | None, str | None]:
    """Show types without their bounds, which the reference of settings has, and made defaults as dots."""
    shown = re.sub(r"Annotated\[([\w.]+), [^\]]*\]", r"\1", arguments or "").replace("<factory>", "...")
    return shown or arguments, answer


def setup(app: Sphinx) -> None:
    """Add what this handbook alone needs."""
    app.connect("include-read", _lead_to_the_sources)
    app.connect("autodoc-process-docstring", _keep_bars)
    app.connect("autodoc-process-signature", _shorten)
