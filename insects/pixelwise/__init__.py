"""Explanations that give each pixel a value; their computing is done by a process of its own."""

BACKGROUND_PHOTOS = 61  # as in the first article
