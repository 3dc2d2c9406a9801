# Products of a batch of rows with a frozen weight.   x [rows, in], w [out, in], y [rows, out]


# y = x w^T.   one_dnn: by oneDNN rather than by the library that torch prefers
def linear(x: Tensor, w: Tensor, one_dnn: bool) -> Tensor:
    if one_dnn:
        return ops.mkldnn._linear_pointwise(x, w, None, "none", [], None)
    return torch.linear(x, w)


# gx = gy w
def linear_vjp(gy: Tensor, w: Tensor, one_dnn: bool) -> Tensor:
    if one_dnn:
        return ops.mkldnn._linear_pointwise(gy, w.t(), None, "none", [], None)
    return gy @ w


# gx + gy w, written into gx if that is a step less.
def linear_vjp_onto_(gx: Tensor, gy: Tensor, w: Tensor, one_dnn: bool) -> Tensor:
    if one_dnn:
        return linear_vjp(gy, w, one_dnn).add_(gx)
    return gx.addmm_(gy, w)


# x + y, written into x
def add_(x: Tensor, y: Tensor) -> Tensor:
    return x.add_(y)


# The sum of all.
def sum_of(xs: List[Tensor]) -> Tensor:
    return total(xs)


# gw = gy^T x
def weight_vjp(gy: Tensor, x: Tensor) -> Tensor:
    return (gy.t() @ x).float()


# The gradient of b, of which factor b is added to every row.
def bias_vjp(gy: Tensor, factor: float) -> Tensor:
    return gy.sum([0], dtype=torch.float32) * factor


# y with the columns of some outputs, whose weight is rows [n, in], in place of its own; into y.
def put_outputs_(y: Tensor, x: Tensor, outputs: Tensor, rows: Tensor) -> Tensor:
    return y.index_copy_(1, outputs, x @ rows.type_as(x).t())


# [gy without those columns, those columns, the gradient of rows]
def put_outputs_vjp(gy: Tensor, x: Tensor, outputs: Tensor) -> List[Tensor]:
    own = gy.index_select(1, outputs)
    return [gy.index_fill(1, outputs, 0), own, weight_vjp(own, x)]


# y + alpha u v, written into y.   u [rows, r], v [r, out] in fp32
def add_product_(y: Tensor, u: Tensor, v: Tensor, alpha: float) -> Tensor:
    return y.addmm_(u, v.type_as(y), alpha=alpha)


# y + factor b, written into y.
def add_scaled_(y: Tensor, b: Tensor, factor: float) -> Tensor:
    return y.add_((b * factor).type_as(y))
