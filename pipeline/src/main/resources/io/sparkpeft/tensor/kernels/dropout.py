# Dropout by a given mask; it is its own vector-Jacobian product. (Srivastava et al. 2014.)


# x mask / keep.   mask: bool, of x's shape; keep: the probability of keeping an element
def dropout(x: Tensor, mask: Tensor, keep: float) -> Tensor:
    return x * mask * (1 / keep)
