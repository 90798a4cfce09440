"""Sphinx's configuration: docs/ as a static site. The pages are plain Markdown; a table of contents is added."""

import re

from sphinx.application import Sphinx

from liveproof import __version__

project = "liveproof"
author = "the authors of liveproof"
version = release = __version__
extensions = ["myst_parser"]
root_doc = "index"
html_theme = "furo"
html_title = "liveproof"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
smartquotes = False  # `--` is an option here, no dash
myst_heading_anchors = 3
myst_enable_extensions: list[str] = []  # what a forge shows is what the site shows
highlight_language = "text"  # what names no language is output

# The indexes whose links are the site's table of contents.
INDEXES = ("index", "rules/README", "adr/README")
_ENTRY = re.compile(r"^(?:- |\| )\[([^\]]+)\]\(([^)#:]+)\.md\)", re.MULTILINE)


def add_contents(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the table of contents that the links of an index are, by its headings."""
    if docname not in INDEXES:
        return
    added = []
    for part in source[0].split("\n## "):
        caption, _, body = part.partition("\n")
        if entries := _ENTRY.findall(body):
            under = [] if caption.startswith("# ") else [f":caption: {caption}"]
            named = [f"{title} <{page}>" for title, page in entries]
            added += ["", "```{toctree}", ":hidden:", *under, "", *named, "```"]
    source[0] += "\n".join(added) + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", add_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
