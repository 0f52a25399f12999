"""The recipe of `netwright mnist` in PyTorch: what it takes, and what it reaches.

    python3 pytorch_mnist.py FOLDER [threads] [seed ...]

FOLDER has the four files of MNIST, gzipped or not. Prints a line per seed: test accuracy, seconds of training alone.
"""

import gzip
import os
import sys
import time

import numpy
import torch
from torch import nn


def read(folder, name):
    for path, opened in ((name, open), (name + ".gz", gzip.open)):
        path = os.path.join(folder, path)
        if os.path.exists(path):
            data = numpy.frombuffer(opened(path, "rb").read(), numpy.uint8)
            return data[16:].reshape(-1, 1, 28, 28) if "images" in name else data[8:]
    sys.exit(f"{folder}: no {name}")


def network():
    def convolution(channels, filters, size):
        return nn.Conv2d(channels, filters, size, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(filters), nn.ReLU()

    dense = nn.Flatten(), nn.Linear(800, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10)
    return nn.Sequential(*convolution(1, 16, 5), *convolution(16, 32, 3), *dense)


def run(seed, train, test, batch=100):
    torch.manual_seed(seed)
    model = network().to(memory_format=torch.channels_last)
    steps = len(train[1]) // batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, foreach=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps, cycle_momentum=False)
    loss = nn.CrossEntropyLoss()
    start = time.perf_counter()
    for chosen in torch.randperm(len(train[1])).split(batch):
        optimizer.zero_grad(set_to_none=True)
        loss(model(train[0][chosen]), train[1][chosen]).backward()
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - start
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in zip(test[0].split(1000), test[1].split(1000)))
    print(f"seed {seed}: test accuracy {right / len(test[1]):.4f}, trained in {seconds:.2f} s", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count())
    torch.set_flush_denormal(True)
    sets = []
    for part in ("train", "t10k"):
        images = torch.from_numpy(read(sys.argv[1], part + "-images-idx3-ubyte").astype(numpy.float32) / 255)
        labels = torch.from_numpy(read(sys.argv[1], part + "-labels-idx1-ubyte").astype(numpy.int64))
        sets.append((images.contiguous(memory_format=torch.channels_last), labels))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    for seed in sys.argv[3:] or ["1"]:
        run(int(seed), *sets)
