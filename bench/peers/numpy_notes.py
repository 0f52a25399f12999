"""NumPy as the notes write it (layers with forward and backward, im2col for convolutions), in float32. Unlike there,
the loss is not computed twice and the first layer computes no gradient for the data."""

import peer

np = peer.numpy

SAMPLES = peer.images()
LABELS = peer.labels()
ORDER = peer.order()
random = np.random.default_rng(1)


class Affine:
    def __init__(self, w, b, first=False):
        self.params = [w, b]
        self.first = first

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads = [self.x.T @ dout, dout.sum(axis=0)]
        return None if self.first else (dout @ self.params[0].T).reshape(self.shape)


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class Dropout:
    """As the library's: outputs are scaled up in training."""

    def forward(self, x):
        self.mask = random.random(x.shape, dtype=np.float32) > 0.5
        return x * self.mask * np.float32(2)

    def backward(self, dout):
        return dout * self.mask * np.float32(2)


class SoftmaxWithLoss:
    def forward(self, x, t):
        exps = np.exp(x - x.max(axis=-1, keepdims=True))
        self.t = t
        self.y = exps / exps.sum(axis=-1, keepdims=True)
        return -np.log(self.y[np.arange(len(t)), t] + np.float32(1e-7)).mean()

    def backward(self):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dx / np.float32(len(self.t))


def im2col(x, filter_h, filter_w, stride, pad):
    n, c, h, w = x.shape
    out_h, out_w = (h + 2 * pad - filter_h) // stride + 1, (w + 2 * pad - filter_w) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((n, c, filter_h, filter_w, out_h, out_w), x.dtype)
    for i in range(filter_h):
        for j in range(filter_w):
            col[:, :, i, j] = img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * out_h * out_w, -1)


def col2im(col, shape, filter_h, filter_w, stride, pad):
    n, c, h, w = shape
    out_h, out_w = (h + 2 * pad - filter_h) // stride + 1, (w + 2 * pad - filter_w) // stride + 1
    col = col.reshape(n, out_h, out_w, c, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((n, c, h + 2 * pad + stride - 1, w + 2 * pad + stride - 1), col.dtype)
    for i in range(filter_h):
        for j in range(filter_w):
            img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride] += col[:, :, i, j]
    return img[:, :, pad : h + pad, pad : w + pad]


class Convolution:
    def __init__(self, w, b, pad=0, first=False):
        self.params = [w, b]
        self.pad = pad
        self.first = first

    def forward(self, x):
        w, b = self.params
        filters, _, fh, fw = w.shape
        n, _, h, width = x.shape
        out_h, out_w = h + 2 * self.pad - fh + 1, width + 2 * self.pad - fw + 1
        self.shape = x.shape
        self.col = im2col(x, fh, fw, 1, self.pad)
        self.col_w = w.reshape(filters, -1).T
        return (self.col @ self.col_w + b).reshape(n, out_h, out_w, filters).transpose(0, 3, 1, 2)

    def backward(self, dout):
        w = self.params[0]
        filters, _, fh, fw = w.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, filters)
        self.grads = [(self.col.T @ dout).T.reshape(w.shape), dout.sum(axis=0)]
        return None if self.first else col2im(dout @ self.col_w.T, self.shape, fh, fw, 1, self.pad)


class Pooling:
    """2 × 2, stride 2."""

    def forward(self, x):
        n, c, h, w = x.shape
        self.shape = x.shape
        col = im2col(x, 2, 2, 2, 0).reshape(-1, 4)
        self.arg_max = col.argmax(axis=1)
        return col.max(axis=1).reshape(n, h // 2, w // 2, c).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        dmax = np.zeros((dout.size, 4), dout.dtype)
        dmax[np.arange(dout.size), self.arg_max] = dout.ravel()
        dcol = dmax.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return col2im(dcol, self.shape, 2, 2, 2, 0)


class SGD:
    def update(self, params, grads):
        for param, grad in zip(params, grads):
            param -= np.float32(0.1) * grad


class Adam:
    def __init__(self, params):
        self.iter = 0
        self.m = [np.zeros_like(param) for param in params]
        self.v = [np.zeros_like(param) for param in params]

    def update(self, params, grads):
        self.iter += 1
        root = np.sqrt(1 - 0.999**self.iter)
        lr = np.float32(1e-3 * root / (1 - 0.9**self.iter))
        epsilon = np.float32(1e-8 * root)
        for param, grad, m, v in zip(params, grads, self.m, self.v):
            m += np.float32(0.1) * (grad - m)
            v += np.float32(0.001) * (grad**2 - v)
            param -= lr * m / (np.sqrt(v) + epsilon)


values = peer.weights()


def affine(place, first=False):
    return Affine(np.ascontiguousarray(values[f"{place}.weight"].T), values[f"{place}.bias"], first)


def convolution(place, pad=0):
    return Convolution(values[f"{place}.weight"], values[f"{place}.bias"], pad, place == 0)


def network():
    if peer.WORKLOAD == "mlp50":
        return [affine(0, True), Relu(), affine(2)]
    if peer.WORKLOAD == "mlp512":
        return [affine(0, True), Relu(), affine(2), Relu(), affine(4)]
    if peer.WORKLOAD == "simpleconv":
        return [convolution(0), Relu(), Pooling(), affine(4), Relu(), affine(6)]
    layers = []
    for place, pad in ((0, 1), (2, 1), (5, 1), (7, 2), (10, 1), (12, 1)):
        layers += [convolution(place, pad), Relu()]
        if place in (2, 7, 12):
            layers.append(Pooling())
    return [*layers, affine(16), Relu(), Dropout(), affine(19), Dropout()]


layers = network()
last = SoftmaxWithLoss()
learning = [layer for layer in layers if hasattr(layer, "params")]
params = [param for layer in learning for param in layer.params]
optimizer = SGD() if peer.WORKLOAD == "mlp50" else Adam(params)
shape = (-1, 784) if peer.WORKLOAD.startswith("mlp") else (-1, 1, 28, 28)
cursor = 0


def step():
    global cursor
    index = ORDER[cursor : cursor + peer.BATCH]
    cursor = (cursor + peer.BATCH) % len(ORDER)
    x = SAMPLES[index].reshape(shape)
    for layer in layers:
        x = layer.forward(x)
    loss = last.forward(x, LABELS[index])
    dout = last.backward()
    for layer in reversed(layers):
        dout = layer.backward(dout)
    optimizer.update(params, [grad for layer in learning for grad in layer.grads])
    return loss


peer.serve(step, np.__version__, "the notes' layers")
