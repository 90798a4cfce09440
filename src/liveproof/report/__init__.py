"""Reports: the same record told as text, JSON and Markdown. Pure: values in, text out."""
