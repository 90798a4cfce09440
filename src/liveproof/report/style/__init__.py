"""How it is written: lines, colours, numbers in words, and text of a host made fit to show."""
