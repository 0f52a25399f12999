"""PyTorch, an ordinary training step with the settings that are fastest here: flushed denormals, gradients set to none,
channels last or not, one of Adam's implementations. No DataLoader: batches are gathered from a tensor in memory."""

import importlib.util
import os
import sys

# Debian's PyTorch runs on whatever BLAS is the system's default; with OpenBLAS's OpenMP build its two thread pools do
# not fight.
DEBIAN_BLAS = "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0"
found = importlib.util.find_spec("torch")
if (
    found is not None
    and "/usr/lib/python3/dist-packages" in found.origin
    and os.path.exists(DEBIAN_BLAS)
    and "openblas" not in os.environ.get("LD_PRELOAD", "")
):
    environment = dict(os.environ, LD_PRELOAD=DEBIAN_BLAS + ":" + os.environ.get("LD_PRELOAD", ""))
    os.execve(sys.executable, [sys.executable] + sys.argv, environment)

import peer

torch = peer.load("torch")
nn = torch.nn

torch.set_num_threads(peer.THREADS)
torch.set_flush_denormal(True)

SAMPLES = torch.from_numpy(peer.images())
LABELS = torch.from_numpy(peer.labels())
ORDER = torch.from_numpy(peer.order())


def convolutions(channels, filters, padding=1):
    return [nn.Conv2d(channels, filters, 3, padding=padding), nn.ReLU()]


def network():
    if peer.WORKLOAD == "mlp50":
        return nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    if peer.WORKLOAD == "mlp512":
        return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    if peer.WORKLOAD == "simpleconv":
        return nn.Sequential(
            nn.Conv2d(1, 30, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(4320, 100),
            nn.ReLU(),
            nn.Linear(100, 10),
        )
    return nn.Sequential(
        *convolutions(1, 16),
        *convolutions(16, 16),
        nn.MaxPool2d(2),
        *convolutions(16, 32),
        *convolutions(32, 32, 2),
        nn.MaxPool2d(2),
        *convolutions(32, 64),
        *convolutions(64, 64),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1024, 50),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(50, 10),
        nn.Dropout(0.5),
    )


CONVOLUTIONAL = peer.WORKLOAD in ("simpleconv", "deepconv")


def make(setting):
    channels_last, implementation = setting
    model = network()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in peer.weights().items()})
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    model.train()
    options = {} if implementation == "plain" else {implementation: True}
    if implementation == "plain" and "foreach" in torch.optim.SGD.__init__.__code__.co_varnames:
        options = {"foreach": False}
    if peer.WORKLOAD == "mlp50":
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, **options)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, **options)
    cursor = 0

    def step():
        nonlocal cursor
        index = ORDER[cursor : cursor + peer.BATCH]
        cursor = (cursor + peer.BATCH) % len(ORDER)
        x = SAMPLES.index_select(0, index)
        y = LABELS.index_select(0, index)
        if CONVOLUTIONAL:
            x = x.view(peer.BATCH, 1, 28, 28)
            if channels_last:
                x = x.to(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def describe(setting):
    channels_last, implementation = setting
    optimizer = ("SGD" if peer.WORKLOAD == "mlp50" else "Adam") + ", " + implementation
    return ("channels last, " if channels_last else "") + optimizer


settings = [
    (channels_last, implementation)
    for channels_last in ([False, True] if CONVOLUTIONAL else [False])
    for implementation in ("plain", "foreach", "fused")
]
best, step = peer.fastest(settings, make)
peer.serve(step, torch.__version__, describe(best))
