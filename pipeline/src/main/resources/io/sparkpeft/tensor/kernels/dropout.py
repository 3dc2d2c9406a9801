# Dropout. (Srivastava et al. 2014.) What is kept is not scaled up here.


def copy_of(x: Tensor) -> Tensor:
    return x.clone()


# Zeros at some places of x, counted row-major; it is its own vector-Jacobian product.
def zero_at_(x: Tensor, places: Tensor) -> Tensor:
    x.view([-1]).index_fill_(0, places, 0)
    return x
