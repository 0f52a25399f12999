"""PyTorch without autograd: mlp50's step written out with operations that write into tensors made beforehand."""

import peer

torch = peer.load("torch")

torch.set_num_threads(peer.THREADS)
torch.set_flush_denormal(True)
torch.set_grad_enabled(False)

SAMPLES = torch.from_numpy(peer.images())
LABELS = torch.from_numpy(peer.labels())
ORDER = torch.from_numpy(peer.order())
ONE_HOT = torch.nn.functional.one_hot(LABELS, 10).float()
LR = 0.1

values = {name: torch.from_numpy(value) for name, value in peer.weights().items()}
w1, b1 = values["0.weight"].t().contiguous(), values["0.bias"]
w2, b2 = values["2.weight"].t().contiguous(), values["2.bias"]
x, y = torch.empty(peer.BATCH, 784), torch.empty(peer.BATCH, 10)
hidden, logits = torch.empty(peer.BATCH, 50), torch.empty(peer.BATCH, 10)
probabilities, d_hidden = torch.empty(peer.BATCH, 10), torch.empty(peer.BATCH, 50)
cursor = 0


def step():
    global cursor
    index = ORDER[cursor : cursor + peer.BATCH]
    cursor = (cursor + peer.BATCH) % len(ORDER)
    torch.index_select(SAMPLES, 0, index, out=x)
    torch.index_select(ONE_HOT, 0, index, out=y)
    torch.addmm(b1, x, w1, out=hidden).relu_()
    torch.addmm(b2, hidden, w2, out=logits)
    log_softmax = torch.log_softmax(logits, 1)
    loss = torch.dot(log_softmax.view(-1), y.view(-1))
    torch.exp(log_softmax, out=probabilities)
    d_logits = probabilities.sub_(y).mul_(1 / peer.BATCH)
    torch.mm(d_logits, w2.t(), out=d_hidden)
    d_hidden.mul_(hidden > 0)
    # The step is the product's alpha: gradients of weights are never stored.
    w2.addmm_(hidden.t(), d_logits, alpha=-LR)
    b2.sub_(d_logits.sum(0), alpha=LR)
    w1.addmm_(x.t(), d_hidden, alpha=-LR)
    b1.sub_(d_hidden.sum(0), alpha=LR)
    return -loss / peer.BATCH


peer.serve(step, torch.__version__, "no autograd, in place")
