"""What every Python peer shares: the data that bench/peers.ts wrote, and the lines it speaks with it on stdin and stdout."""

import importlib
import json
import os
import sys
import time

BATCH = 100

WORKLOAD = sys.argv[1]
THREADS = int(sys.argv[2])
FOLDER = sys.argv[3]


def say(**answer):
    print(json.dumps(answer), flush=True)


def load(module):
    """Imports `module`, or says that it is missing and ends."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        say(missing=error.name)
        sys.exit(0)


numpy = load("numpy")


def images():
    """(60000, 784), float32, 0 to 1."""
    pixels = numpy.fromfile(os.path.join(FOLDER, "images.u8"), numpy.uint8)
    return (pixels.astype(numpy.float32) / numpy.float32(255)).reshape(-1, 784)


def labels():
    return numpy.fromfile(os.path.join(FOLDER, "labels.u8"), numpy.uint8).astype(numpy.int64)


def order():
    """In which samples are visited, the same for all peers."""
    return numpy.fromfile(os.path.join(FOLDER, "order.i32"), numpy.int32).astype(numpy.int64)


def weights():
    """The network's initial weights by PyTorch's names, in PyTorch's layout: a safetensors file."""
    with open(os.path.join(FOLDER, WORKLOAD + ".safetensors"), "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(data[slice(*entry["data_offsets"])], numpy.float32).reshape(entry["shape"]).copy()
        for name, entry in header.items()
    }


def serve(step, version, setting):
    """Answers each line 'run N' with the milliseconds of one of N steps and the loss of the last, until stdin ends."""
    say(ready={"version": version, "setting": setting})
    for line in iter(sys.stdin.readline, ""):
        count = int(line.split()[1])
        start = time.perf_counter()
        for _ in range(count):
            loss = step()
        value = float(loss)
        say(ms=(time.perf_counter() - start) * 1e3 / count, value=value)


def fastest(settings, make):
    """The setting whose steps take least time, and new steps of it: `make(setting)` begins from the initial weights."""
    times = []
    for setting in settings:
        try:
            step = make(setting)
            step()
        except (RuntimeError, TypeError, ValueError, NotImplementedError):
            continue  # not in this version
        times.append((setting, step, []))
    for repeat in range(4):
        for _, step, seconds in times:
            start = time.perf_counter()
            count = 0
            while time.perf_counter() - start < 0.1:
                step()
                count += 1
            if repeat > 0:
                seconds.append((time.perf_counter() - start) / count)
    best = min(times, key=lambda entry: sorted(entry[2])[1])[0]
    return best, make(best)
