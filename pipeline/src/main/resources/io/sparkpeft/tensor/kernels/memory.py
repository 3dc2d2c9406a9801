# Memory and its element types.


# Memory with nothing in it yet.
def empty(shape: List[int], dtype: int, device: str) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=torch.device(device))


def empty_like(x: Tensor) -> Tensor:
    return torch.empty(x.size(), dtype=x.dtype, device=x.device)


# A copy, rounded to nearest even.
def cast(x: Tensor, dtype: int) -> Tensor:
    return x.to(dtype, False, True)


# The values of another of the same shape, in x's type, written into x.
def overwrite_(x: Tensor, values: Tensor) -> Tensor:
    return x.copy_(values)


def as_type_of(x: Tensor, other: Tensor) -> Tensor:
    return x.type_as(other)


# The same bytes as elements of another type of the same size.
def reinterpret(x: Tensor, dtype: int) -> Tensor:
    empty = torch.empty([0], dtype=dtype, device=x.device)
    return empty.set_(x, 0, x.size(), x.stride())


def element_type(x: Tensor) -> int:
    return x.dtype


# Reads a value back from x's device, which it can give only when all before is done.
def await_device(x: Tensor) -> int:
    return int(x.reshape([-1])[:1].ne(0).sum())
