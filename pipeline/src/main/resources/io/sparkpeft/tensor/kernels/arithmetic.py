# The arithmetic of whole weights.


def matmul(a: Tensor, b: Tensor) -> Tensor:
    return a @ b


# w + factor d in fp32, rounded once to w's type
def add_scaled(w: Tensor, d: Tensor, factor: float) -> Tensor:
    return (w.float() + d.float() * factor).type_as(w)


def max_abs_difference(a: Tensor, b: Tensor) -> Tensor:
    return (a.double() - b.double()).abs().max()
