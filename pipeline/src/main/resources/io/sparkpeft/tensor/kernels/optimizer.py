# Optimizer updates, fp32 and in place, in the order of operations of torch.optim.


# torch.optim.AdamW. (Loshchilov and Hutter 2019, arXiv:1711.05101.)
# m, s: running means of g and of g g; correction1, correction2: one minus the powers of the betas
def adamw_(
    p: Tensor,
    g: Tensor,
    m: Tensor,
    s: Tensor,
    rate: float,
    decay: float,
    beta1: float,
    beta2: float,
    eps: float,
    correction1: float,
    correction2: float,
) -> Tensor:
    p.mul_(1 - rate * decay)
    m.lerp_(g, 1 - beta1)
    s.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    root = s.sqrt().div_(correction2**0.5).add_(eps)
    return p.addcdiv_(m, root, value=-rate / correction1)


# torch.optim.SGD without momentum.
def sgd_(p: Tensor, g: Tensor, rate: float, decay: float) -> Tensor:
    return p.add_(g.add(p, alpha=decay), alpha=-rate)


# torch.optim.SGD with momentum and no dampening.   m: zeros before the first step
def sgd_momentum_(
    p: Tensor, g: Tensor, m: Tensor, rate: float, decay: float, momentum: float
) -> Tensor:
    m.mul_(momentum).add_(g.add(p, alpha=decay))
    return p.add_(m, alpha=-rate)
