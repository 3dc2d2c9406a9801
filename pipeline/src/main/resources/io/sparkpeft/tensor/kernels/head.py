# What is made of logits [rows, vocabulary]. There may be fewer targets than rows: the rows beyond
# them are none of the result's, and have no gradient.


# y = cap tanh(x / cap). (Gemma team 2024, arXiv:2408.00118.)
def soft_cap(x: Tensor, cap: float) -> Tensor:
    return (x / cap).tanh_().mul_(cap)


# gx = gy (1 - (y / cap)^2)
def soft_cap_vjp(gy: Tensor, y: Tensor, cap: float) -> Tensor:
    return gy * (1 - (y / cap).square())


# The summed cross-entropy (nats, fp64) and the gradient of scale times it: softmax minus one-hot.
def cross_entropy(logits: Tensor, targets: Tensor, scale: float) -> List[Tensor]:
    index = targets.unsqueeze(1)
    count = index.size(0)
    logs = logits.log_softmax(-1, dtype=torch.float32)
    loss = -logs[:count].gather(1, index).double().sum()
    minus_one = torch.full([count, 1], -1.0, dtype=logs.dtype, device=logs.device)
    glogits = logs.exp_()
    glogits[:count].scatter_add_(1, index, minus_one).mul_(scale)
    glogits[count:].zero_()
    return [loss, glogits.type_as(logits)]


# Of each target: its log-probability (fp64), and whether it is the most likely token.
def log_likelihood(logits: Tensor, targets: Tensor) -> List[Tensor]:
    logs = logits.log_softmax(-1, dtype=torch.float32)
    likely = logs[: targets.size(0)].gather(1, targets.unsqueeze(1)).squeeze(1)
    return [likely.double(), logits[: targets.size(0)].argmax(-1) == targets]


# The most likely token of each row.
def greedy(logits: Tensor) -> Tensor:
    return logits.argmax(-1)
