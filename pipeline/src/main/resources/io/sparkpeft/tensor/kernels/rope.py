# Rotary position embedding. (Su et al. 2021, arXiv:2104.09864.)
# x [..., heads, features]; cos and sin [positions, 1, turning], where sin is negative in its
# first half: feature i turns with feature i + turning / 2. Features from turning on stay.


def swap_halves(x: Tensor) -> Tensor:
    half = x.size(-1) // 2
    return torch.cat([x[..., half:], x[..., :half]], -1)


def rotate_all(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.addcmul(x * cos, swap_halves(x), sin)


# y = x cos + swap(x) sin
def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    turning = cos.size(-1)
    if turning == 0:
        return x
    if turning < x.size(-1):
        return torch.cat([rotate_all(x[..., :turning], cos, sin), x[..., turning:]], -1)
    return rotate_all(x, cos, sin)


# The rotation backwards: gx = gy cos - swap(gy) sin
def rotate_vjp(gy: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return rotate(gy, cos, -sin)
