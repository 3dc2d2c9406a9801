# Low-rank adaptation of a linear layer. (Hu et al. 2021, arXiv:2106.09685.)
# x [rows, in], w [out, in], a [r, in] and b [out, r] in fp32, y [rows, out]


# u = dropped a^T
def lora_inner(dropped: Tensor, a: Tensor) -> Tensor:
    return dropped @ a.type_as(dropped).t()


# u = dropped a^T, y = x w^T + scaling u b^T.   dropped: x after dropout, for the low-rank path; scaling
# then includes 1 / keep, where keep is the share of x that dropout keeps
def lora_linear(
    x: Tensor, dropped: Tensor, w: Tensor, a: Tensor, b: Tensor, scaling: float, one_dnn: bool
) -> List[Tensor]:
    u = lora_inner(dropped, a)
    y = linear(x, w, one_dnn).addmm_(u, b.type_as(x).t(), alpha=scaling)
    return [y, u]


# y + scaling (x a^T) b^T for each of several pairs, in its own rows; written into y.
# rows: where each pair's begin and end
def add_loras_(
    y: Tensor, x: Tensor, a: List[Tensor], b: List[Tensor], scalings: List[float], rows: List[int]
) -> Tensor:
    for i in range(len(a)):
        begin, end = rows[2 * i], rows[2 * i + 1]
        u = lora_inner(x[begin:end], a[i])
        y[begin:end].addmm_(u, b[i].type_as(y).t(), alpha=scalings[i])
    return y


# ga = gu^T x, gb = scaling gy^T u, with gu = scaling gy b: [gu, ga, gb]
def lora_parameters_vjp(
    gy: Tensor, dropped: Tensor, u: Tensor, b: Tensor, scaling: float
) -> List[Tensor]:
    gu = (gy @ b.type_as(gy)) * scaling
    ga = gu.t() @ dropped
    gb = (u.t() @ gy).t().contiguous().float() * scaling  # twice as fast as gy^T u
    return [gu, ga.float(), gb]


# What the low-rank path gives to gx: gu a. Where dropout made zeros in x, it gives none.
def lora_input_vjp(gu: Tensor, a: Tensor) -> Tensor:
    return gu @ a.type_as(gu)
