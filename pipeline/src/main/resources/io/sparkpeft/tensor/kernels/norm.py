# Normalisation of features.   x [rows, features], w and b [features]
# gys: the gradients of all that read y


def total(gys: List[Tensor]) -> Tensor:
    gy = gys[0]
    for other in gys[1:]:
        gy = gy + other
    return gy


# y = x n w  with  n = 1 / sqrt(mean(x^2) + eps). (Zhang and Sennrich 2019, arXiv:1910.07467.)
def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    x32 = x.float()
    n = torch.rsqrt((x32 * x32).mean([-1], True) + eps)
    return (x32 * n).type_as(x) * w


# With u = x n and g = gy w:   gx = n (g - u mean(g u)).
def rms_norm_vjp(gys: List[Tensor], x: Tensor, w: Tensor, eps: float) -> Tensor:
    x32 = x.float()
    n = torch.rsqrt((x32 * x32).mean([-1], True) + eps)
    u = x32 * n
    g = (total(gys) * w).float()
    return (n * (g - u * (g * u).mean([-1], True))).type_as(x)


# y = x n (1 + w), rounded once.
def offset_rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    return rms_norm(x.float(), 1 + w.float(), eps).type_as(x)


def offset_rms_norm_vjp(gys: List[Tensor], x: Tensor, w: Tensor, eps: float) -> Tensor:
    return rms_norm_vjp(gys, x, 1 + w.float(), eps)


# y = u w + b  with  u = (x - mean(x)) n  and  n = 1 / sqrt(variance(x) + eps).
# (Ba et al. 2016, arXiv:1607.06450.)
def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float) -> Tensor:
    return torch.layer_norm(x, [x.size(-1)], w, b, eps)


# With g = gy w:   gx = n (g - mean(g) - u mean(g u)).
def layer_norm_vjp(gys: List[Tensor], x: Tensor, w: Tensor, eps: float) -> Tensor:
    centred = x.float() - x.float().mean([-1], True)
    n = torch.rsqrt((centred * centred).mean([-1], True) + eps)
    u = centred * n
    g = (total(gys) * w).float()
    return (n * (g - g.mean([-1], True) - u * (g * u).mean([-1], True))).type_as(x)
