"""Reports: the same record reported as text, JSON and Markdown. Pure: values in, text out."""
