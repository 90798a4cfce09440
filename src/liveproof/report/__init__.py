"""Reports: one record in every format. Pure: values in, text out."""
