# Factors on features, as IA3 learns them. (Liu et al. 2022, arXiv:2205.05638.)
# x [rows, features]; l: a factor for each feature, in fp32


def scaled(x: Tensor, l: Tensor) -> Tensor:
    return (x.float() * l.view([-1])).type_as(x)


# Gradients of x and l.
def scaled_vjp(gy: Tensor, x: Tensor, l: Tensor) -> List[Tensor]:
    g = gy.float()
    gl = (g * x.float()).sum([0]).view(l.size())
    return [(g * l.view([-1])).type_as(gy), gl]


# l [rows, 1] or [1, columns]; rounded once
def scaled_weight(w: Tensor, l: Tensor) -> Tensor:
    return (w.float() * l).type_as(w)
