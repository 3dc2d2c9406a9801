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


# The same with both means as blockwise 8-bit codes, decoded and encoded again in parts of whole
# blocks, so that few of them are ever in fp32. The update takes the means before they are encoded.
# (Dettmers et al. 2022, arXiv:2110.02861; the formula of bitsandbytes' AdamW8bit on a CPU.)
# p, g of any one shape with n values; codes uint8 [n]; absmax [blocks]; maps [256]
def adamw_8bit_(
    p: Tensor,
    g: Tensor,
    codes_m: Tensor,
    absmax_m: Tensor,
    map_m: Tensor,
    codes_s: Tensor,
    absmax_s: Tensor,
    map_s: Tensor,
    block: int,
    rate: float,
    decay: float,
    beta1: float,
    beta2: float,
    eps: float,
    correction1: float,
    correction2: float,
) -> Tensor:
    flat_p, flat_g = p.view([-1]), g.view([-1])
    blocks = 1024
    for part in range((absmax_m.size(0) + blocks - 1) // blocks):
        first, last = part * blocks, (part + 1) * blocks
        own = flat_p[first * block : last * block]
        slope = flat_g[first * block : last * block]
        codes1, absmax1 = codes_m[first * block : last * block], absmax_m[first:last]
        codes2, absmax2 = codes_s[first * block : last * block], absmax_s[first:last]
        m = blockwise_values(codes1, absmax1, map_m, block)
        s = blockwise_values(codes2, absmax2, map_s, block)
        m.mul_(beta1).add_(slope, alpha=1 - beta1)
        s.mul_(beta2).addcmul_(slope, slope, value=1 - beta2)
        root = s.sqrt().div_(correction2**0.5).add_(eps)
        own.mul_(1 - rate * decay).addcdiv_(m, root, value=-rate / correction1)
        encode_(codes1, absmax1, m, map_m, block)
        encode_(codes2, absmax2, s, map_s, block)
    return p


def encode_(codes: Tensor, absmax: Tensor, x: Tensor, map: Tensor, block: int) -> Tensor:
    encoded = blockwise_codes(x, map, block)
    absmax.copy_(encoded[1])
    return codes.copy_(encoded[0])


# torch.optim.SGD without momentum.
def sgd_(p: Tensor, g: Tensor, rate: float, decay: float) -> Tensor:
    return p.add_(g.add(p, alpha=decay), alpha=-rate)


# torch.optim.SGD with momentum and no dampening.   m: zeros before the first step
def sgd_momentum_(
    p: Tensor, g: Tensor, m: Tensor, rate: float, decay: float, momentum: float
) -> Tensor:
    m.mul_(momentum).add_(g.add(p, alpha=decay))
    return p.add_(m, alpha=-rate)
