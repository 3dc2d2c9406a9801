# Rotary position embedding. (Su et al. 2021, arXiv:2104.09864.)
# x [..., heads, features]; cos and sin [positions, 1, features], where sin is negative in its
# first half: feature i turns with feature i + features / 2.


def swap_halves(x: Tensor) -> Tensor:
    half = x.size(-1) // 2
    return torch.cat([x[..., half:], x[..., :half]], -1)


# y = x cos + swap(x) sin
def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.addcmul(x * cos, swap_halves(x), sin)


# The rotation backwards: gx = gy cos - swap(gy) sin
def rotate_vjp(gy: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.addcmul(gy * cos, swap_halves(gy), sin, value=-1)
