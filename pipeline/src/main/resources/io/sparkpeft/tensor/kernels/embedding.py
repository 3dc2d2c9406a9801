# Rows of a table by their numbers.


def embedding(w: Tensor, ids: Tensor) -> Tensor:
    return w.index_select(0, ids)


# The same times a number that is rounded to w's type first, as transformers does for Gemma.
def scaled_embedding(w: Tensor, ids: Tensor, scale: float) -> Tensor:
    return embedding(w, ids) * torch.full([], scale, dtype=w.dtype, device=w.device)


# x + w[positions + offset], written into x.
def add_positions_(x: Tensor, w: Tensor, positions: Tensor, offset: int) -> Tensor:
    return x.add_(w.index_select(0, positions + offset))


def join_rows(parts: List[Tensor]) -> Tensor:
    return torch.cat(parts)


# The gradient of all rows, of which only some were selected: zero elsewhere.
# gys: the gradients of the selected rows, in parts
def select_rows_vjp(gys: List[Tensor], ids: Tensor, rows: int) -> Tensor:
    gy = torch.cat(gys)
    gx = torch.zeros([rows, gy.size(1)], dtype=gy.dtype, device=gy.device)
    return gx.index_copy_(0, ids, gy)
