# Rotary position embedding. (Su et al. 2021, arXiv:2104.09864.)
# x [..., heads, features]; cos and sin [positions, 1, features], where sin is negative in its
# first half: feature i turns with feature i + features / 2, and P swaps the halves.


# y = x cos + (P x) sin
def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.addcmul(x * cos, x.roll([x.size(-1) // 2], [-1]), sin)


# The rotation backwards: gx = gy cos - (P gy) sin
def rotate_vjp(gy: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.addcmul(gy * cos, gy.roll([gy.size(-1) // 2], [-1]), sin, value=-1)
