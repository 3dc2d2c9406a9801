# Normalisation of features.   x [rows, features], w and b [features]
# gys: the gradients of all that read y


def total(gys: List[Tensor]) -> Tensor:
    gy = gys[0]
    for other in gys[1:]:
        gy = gy + other
    return gy


# Rows that a CPU works on together, so that what is in between stays in its cache.
def rows_at_once(x: Tensor) -> int:
    return max(1, x.size(0) if x.is_cuda else 65536 // x.size(1))


# 1 / sqrt(mean(x^2) + eps) of each row.
def inverse_rms(x32: Tensor, eps: float) -> Tensor:
    return torch.rsqrt((x32 * x32).mean([-1], True) + eps)


# y = x n w  with  n = 1 / sqrt(mean(x^2) + eps). (Zhang and Sennrich 2019, arXiv:1910.07467.)
def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    y = torch.empty_like(x)
    rows = rows_at_once(x)
    for i in range(0, x.size(0), rows):
        xi = x[i : i + rows].float()
        u = xi * inverse_rms(xi, eps)
        torch.mul(u.type_as(x), w, out=y[i : i + rows])
    return y


# With u = x n and g = gy w:   gx = n (g - u mean(g u)).
def rms_norm_vjp(gys: List[Tensor], x: Tensor, w: Tensor, eps: float) -> Tensor:
    gx = torch.empty_like(x)
    w32 = w.float()
    rows = rows_at_once(x)
    for i in range(0, x.size(0), rows):
        xi = x[i : i + rows].float()
        n = inverse_rms(xi, eps)
        u = xi * n
        g = total([gy[i : i + rows].float() for gy in gys]) * w32
        mean = (g * u).mean([-1], True)
        gx[i : i + rows].copy_(g.sub_(u.mul_(mean)).mul_(n))
    return gx


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


# The gradient of w, of rms_norm and of offset_rms_norm.
def rms_norm_weight_vjp(gys: List[Tensor], x: Tensor, eps: float) -> Tensor:
    x32 = x.float()
    u = (x32 * inverse_rms(x32, eps)).type_as(x)
    return (total([gy.float() for gy in gys]) * u).sum([0])


# [gw, gb]
def layer_norm_weight_vjp(gys: List[Tensor], x: Tensor, eps: float) -> List[Tensor]:
    gy = total([gy.float() for gy in gys])
    centred = x.float() - x.float().mean([-1], True)
    u = centred * torch.rsqrt((centred * centred).mean([-1], True) + eps)
    return [(gy * u).sum([0]), gy.sum([0])]
