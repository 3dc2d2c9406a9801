# Rows of a table by their numbers.


def embedding(w: Tensor, ids: Tensor) -> Tensor:
    return w.index_select(0, ids)


# The gradient of all rows, of which only some were selected: zero elsewhere.
# gys: the gradients of the selected rows, in parts
def select_rows_vjp(gys: List[Tensor], ids: Tensor, rows: int) -> Tensor:
    gy = torch.cat(gys)
    gx = torch.zeros([rows, gy.size(1)], dtype=gy.dtype, device=gy.device)
    return gx.index_copy_(0, ids, gy)
