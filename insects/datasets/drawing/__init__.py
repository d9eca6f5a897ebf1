"""Insects and the ground under them, drawn by code: no photo is downloaded."""
