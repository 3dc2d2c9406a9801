# Root mean square normalisation. (Zhang and Sennrich 2019, arXiv:1910.07467.)


# y = x n w  with  n = 1 / sqrt(mean(x^2) + eps).   x [rows, features], w [features]
def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
    x32 = x.float()
    n = torch.rsqrt((x32 * x32).mean([-1], True) + eps)
    return (x32 * n).type_as(x) * w


# With u = x n and g = gy w:   gx = n (g - u mean(g u)).
# gys: the gradients of all that read y
def rms_norm_vjp(gys: List[Tensor], x: Tensor, w: Tensor, eps: float) -> Tensor:
    gy = gys[0]
    for other in gys[1:]:
        gy = gy + other
    x32 = x.float()
    n = torch.rsqrt((x32 * x32).mean([-1], True) + eps)
    u = x32 * n
    g = (gy * w).float()
    return (n * (g - u * (g * u).mean([-1], True))).type_as(x)


# The same for a norm in a residual block: around is the gradient that reaches x past the block.
def residual_rms_norm_vjp(
    gys: List[Tensor], x: Tensor, w: Tensor, eps: float, around: Tensor
) -> Tensor:
    return rms_norm_vjp(gys, x, w, eps).add_(around)
