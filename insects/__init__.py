"""What a neural network sees in a photo of a bug."""

from insects.explanation import explain
from insects.inference import load_model
from insects.photos import load_photo

__all__ = ["explain", "load_model", "load_photo"]
