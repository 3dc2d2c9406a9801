# Dropout by a given mask; it is its own vector-Jacobian product. (Srivastava et al. 2014.)


# mask: uint8, of x's shape, 1 keeps and 0 drops. What is kept is not scaled up here.
def dropout(x: Tensor, mask: Tensor) -> Tensor:
    return x * mask
