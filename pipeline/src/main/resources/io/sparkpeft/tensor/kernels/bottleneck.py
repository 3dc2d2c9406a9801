# A narrow network beside a linear layer, before or behind it. (Houlsby et al. 2019, arXiv:1902.00751.)
# x [rows, from], down [size, from] and up [to, size] in fp32, z [rows, to]


# u = x down^T / keep.   keep: the share of x that dropout kept
def bottleneck_inner(x: Tensor, down: Tensor, keep: float) -> Tensor:
    return (x @ down.type_as(x).t()) / keep


# z = scaling act(u) up^T
def bottleneck_outer(u: Tensor, up: Tensor, scaling: float, kind: str) -> Tensor:
    return (activation(u, kind) @ up.type_as(u).t()) * scaling


# Gradients of x, down and up, given z's.
def bottleneck_vjp(
    gz: Tensor,
    x: Tensor,
    u: Tensor,
    down: Tensor,
    up: Tensor,
    keep: float,
    scaling: float,
    kind: str,
) -> List[Tensor]:
    gup = (gz.t() @ activation(u, kind)).float() * scaling
    gu = activation_vjp((gz @ up.type_as(gz)) * scaling, u, kind) / keep
    gdown = (gu.t() @ x).float()
    return [gu @ down.type_as(gu), gdown, gup]
