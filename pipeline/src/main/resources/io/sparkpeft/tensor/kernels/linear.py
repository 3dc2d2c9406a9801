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
