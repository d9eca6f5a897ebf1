"""The commands of `python -m insects`, a file for what belongs together."""
