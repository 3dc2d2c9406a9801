# Rotary position embedding. (Su et al. 2021, arXiv:2104.09864.)
# x [..., heads, features]; cos and sin [positions, 1, turning], where sin is negative in its
# first half: feature i turns with feature i + turning / 2. Features from turning on stay.


def swap_halves(x: Tensor) -> Tensor:
    half = x.size(-1) // 2
    return torch.cat([x[..., half:], x[..., :half]], -1)


# y = x cos + direction swap(x) sin
def turn_all(x: Tensor, cos: Tensor, sin: Tensor, direction: int) -> Tensor:
    return torch.addcmul(x * cos, swap_halves(x), sin, value=direction)


def turn(x: Tensor, cos: Tensor, sin: Tensor, direction: int) -> Tensor:
    turning = cos.size(-1)
    if turning == 0:
        return x
    if turning < x.size(-1):
        return torch.cat([turn_all(x[..., :turning], cos, sin, direction), x[..., turning:]], -1)
    return turn_all(x, cos, sin, direction)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return turn(x, cos, sin, 1)


# The rotation backwards.
def rotate_vjp(gy: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return turn(gy, cos, sin, -1)
