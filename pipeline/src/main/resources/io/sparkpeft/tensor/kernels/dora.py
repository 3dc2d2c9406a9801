# A weight as magnitude and direction of its rows. (Liu et al. 2024, arXiv:2402.09353.)
# w [out, in], a [r, in], b [out, r], magnitude and norm [out], all fp32; x [rows, in], gy, v [rows, out]


def row_squares(w: Tensor) -> Tensor:
    return (w * w).sum([1])


# |w + s b a| of each row, its square expanded: |w|^2 + 2 s (w a^T) . b + s^2 (b a a^T) . b
def row_norms(squares: Tensor, w: Tensor, a: Tensor, b: Tensor, scaling: float) -> Tensor:
    mixed = ((w @ a.t()) * b).sum([1])
    own = ((b @ (a @ a.t())) * b).sum([1])
    return (squares + 2 * scaling * mixed + scaling**2 * own).clamp_min_(0).sqrt_()


# v magnitude / |v|, rounded once to like's type
def dora_merged(v: Tensor, magnitude: Tensor, like: Tensor, transposed: bool) -> Tensor:
    rows = v.t() if transposed else v
    merged = rows * (magnitude / row_squares(rows).sqrt()).unsqueeze(1)
    return (merged.t() if transposed else merged).contiguous().type_as(like)


# v = product + s u b^T with u = x a^T: [v, u]
def dora_direction(
    product: Tensor, x: Tensor, a: Tensor, b: Tensor, scaling: float
) -> List[Tensor]:
    u = lora_inner(x, a)
    return [product.addmm_(u, b.type_as(x).t(), alpha=scaling), u]


def dora_factor(magnitude: Tensor, norm: Tensor, like: Tensor) -> Tensor:
    return (magnitude / norm).type_as(like)


def dora_output(v: Tensor, magnitude: Tensor, norm: Tensor) -> Tensor:
    return v * dora_factor(magnitude, norm, v)


# share: one over what dropout keeps
def dora_output_beside(
    whole: Tensor, product: Tensor, v: Tensor, magnitude: Tensor, norm: Tensor, share: float
) -> Tensor:
    return whole.add_((v * dora_factor(magnitude, norm, v)).sub_(product), alpha=share)


def dora_magnitude_vjp(gy: Tensor, v: Tensor, norm: Tensor, share: float) -> Tensor:
    return (gy * v).sum([0], dtype=torch.float32) / norm * share


def dora_scaled(
    gy: Tensor, magnitude: Tensor, norm: Tensor, minus: float, share: float
) -> Tensor:
    return gy * ((magnitude / norm - minus) * share).type_as(gy)
