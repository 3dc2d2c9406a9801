# Factors of low rank of a weight: a [r, in], b [out, r], of w [out, in], all fp32. Singular values
# are found in fp64: where two are nearly as large, fp32 gives another space on every processor, and
# what an adapter took out of its base must be found again wherever it is loaded.


# [a, b] of the r largest singular values over scaling, half of each in either factor.
def split_singular(u: Tensor, s: Tensor, vh: Tensor, r: int, scaling: float) -> List[Tensor]:
    roots = (s[:r] / scaling).sqrt()
    return [(roots.unsqueeze(1) * vh[:r]).float().contiguous(), (u[:, :r] * roots).float().contiguous()]


def singular_factors(w: Tensor, r: int, scaling: float) -> List[Tensor]:
    u, s, vh = torch.linalg_svd(w.double(), False)
    return split_singular(u, s, vh, r, scaling)


# An orthonormal basis of what is left of noise after some rounds of w and w^T.
def range_basis(w: Tensor, noise: Tensor, iterations: int) -> Tensor:
    q, r = torch.linalg_qr(w @ noise)
    for i in range(iterations):
        q, r = torch.linalg_qr(w.t() @ q)
        q, r = torch.linalg_qr(w @ q)
    return q


def approximate_singular_factors(
    w: Tensor, noise: Tensor, iterations: int, scaling: float
) -> List[Tensor]:
    wide = w.size(0) < w.size(1)
    tall = w.double().t() if wide else w.double()
    q = range_basis(tall, noise.double(), iterations)
    u, s, vh = torch.linalg_svd(q.t() @ tall, False)
    r = noise.size(1)
    if wide:
        return split_singular(vh.t(), s, (q @ u).t(), r, scaling)
    return split_singular(q @ u, s, vh, r, scaling)


def orthonormal_factors(w: Tensor, r: int) -> List[Tensor]:
    q, upper = torch.linalg_qr(w)
    return [upper[:r].contiguous(), q[:, :r].contiguous()]


def interleaved_factors(square: Tensor, of_a: Tensor, of_b: Tensor) -> List[Tensor]:
    q, r = torch.linalg_qr(square)
    a = (of_a @ q[::2]).t() / 10.0
    b = (of_b.t() @ q[1::2]) / 10.0
    return [a.contiguous(), b.contiguous()]


def factors_of_difference(a: Tensor, b: Tensor, other_a: Tensor, other_b: Tensor) -> List[Tensor]:
    return [torch.cat([a, other_a]), torch.cat([b, -other_b], 1)]
