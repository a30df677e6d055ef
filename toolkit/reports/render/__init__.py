"""A snapshot as HTML, SVG and text."""
