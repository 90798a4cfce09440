"""What is live at this moment, asked again and again by a process of its own: only what is cheap to ask."""
