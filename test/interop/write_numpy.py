"""Writes arrays of every type, order and format version to a folder, and prints what is in them."""

import json
import sys

import numpy as np

folder = sys.argv[1]
types = ["f8", "f4", "f2", "i8", "u8", "i4", "u4", "i2", "u2", "i1", "u1", "?"]
found = {}


def note(name, array):
    found[name] = {"shape": list(array.shape), "values": array.astype("f8").ravel().tolist()}


for type in types:
    for order in "<>":
        numbers = np.arange(24).reshape(2, 3, 4) * (1 if type[0] in "u?" else -1)
        for layout, array in [("C", numbers), ("F", np.asfortranarray(numbers)), ("T", numbers.transpose(2, 0, 1))]:
            array = array.astype(order + type, order="K")
            name = f"{type[0]}{np.dtype(type).itemsize}-{'little' if order == '<' else 'big'}-{layout}.npy".replace("?", "b")
            np.save(f"{folder}/{name}", array)
            note(name, array)

for version in [(1, 0), (2, 0), (3, 0)]:
    name = f"version-{version[0]}.npy"
    with open(f"{folder}/{name}", "wb") as file:
        np.lib.format.write_array(file, np.array([1.5, -2.5]), version=version)
    note(name, np.array([1.5, -2.5]))

halves = np.frombuffer(np.arange(0x7C00, dtype="<u2").tobytes(), dtype="<f2")
np.save(f"{folder}/halves.npy", halves)
note("halves.npy", halves)
for name, array in [("scalar.npy", np.array(7)), ("empty.npy", np.zeros((0, 3))), ("sliced.npy", np.arange(10.0)[::3])]:
    np.save(f"{folder}/{name}", array)
    note(name, array)

arrays = {"x": np.arange(6, dtype="f4").reshape(2, 3), "y": np.array([1, 0])}
np.savez(f"{folder}/stored.npz", **arrays)
np.savez_compressed(f"{folder}/packed.npz", **arrays)
np.save(f"{folder}/objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.save(f"{folder}/texts.npy", np.array(["a", "bc"]))
np.save(f"{folder}/complex.npy", np.array([1 + 2j]))
np.save(f"{folder}/records.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i8")]))
print(json.dumps(found))
