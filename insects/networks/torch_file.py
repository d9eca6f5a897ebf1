"""Read the tensors of a PyTorch file of the old, pre-zip form without PyTorch.

The form is that of `torch.save` before version 1.6: five pickles (magic number, protocol, system
facts, the object, the storage keys), then each storage as a count and its raw values.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


def read_tensors(path: str | Path) -> dict[str, np.ndarray]:
    """Return name -> array in the order of the file.

    Raises:
        ValueError: the file is not of the old form, or needs a class that tensors do not need.
    """
    with open(path, "rb") as file:
        unpickler = _Unpickler(file)
        if unpickler.load() != MAGIC:
            raise ValueError(f"{path} is not a PyTorch file of the old form.")
        for _ in range(2):  # protocol version, system facts
            _Unpickler(file).load()
        unpickler = _Unpickler(file)
        tensors = unpickler.load()
        storages = {
            key: _read_storage(file, unpickler.dtypes[key]) for key in _Unpickler(file).load()
        }
    return {name: tensor.view(storages) for name, tensor in tensors.items()}


class _Tensor:
    """A tensor whose storage has not been read yet."""

    def __init__(self, key: str, offset: int, shape: tuple, strides: tuple, *_: Any) -> None:
        self.key, self.offset, self.shape, self.strides = key, offset, shape, strides

    def view(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        """Return a copy in the tensor's own shape; its strides count elements, not bytes."""
        storage = storages[self.key][self.offset :]
        strides = [step * storage.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(storage, self.shape, strides).copy()


class _Unpickler(pickle.Unpickler):
    """Makes tensors and plain containers, and refuses to import anything else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in DTYPES:
            return name
        raise ValueError(f"The file asks for {module}.{name}, which no tensor needs.")

    def persistent_load(self, pid: Any) -> str:
        _, storage_type, key, *_ = pid
        self.dtypes[key] = DTYPES[storage_type]
        return key


def _read_storage(file: BinaryIO, dtype: str) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * np.dtype(dtype).itemsize), dtype)
