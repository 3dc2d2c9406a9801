# Rows of a table by their numbers.


def embedding(w: Tensor, ids: Tensor) -> Tensor:
    return w.index_select(0, ids)


# The same times a number that is rounded to w's type first, as transformers does for Gemma.
def scaled_embedding(w: Tensor, ids: Tensor, scale: float) -> Tensor:
    return embedding(w, ids) * torch.full([], scale, dtype=w.dtype, device=w.device)


# x + w[positions + offset], written into x.
def add_positions_(x: Tensor, w: Tensor, positions: Tensor, offset: int) -> Tensor:
    return x.add_(w.index_select(0, positions + offset))


# x[begin:end], the same memory.
def rows_of(x: Tensor, begin: int, end: int) -> Tensor:
    return x[begin:end]


def join_rows(parts: List[Tensor]) -> Tensor:
    return torch.cat(parts)


# The gradient of all rows, of which only some were selected: zero elsewhere.
# gys: the gradients of the selected rows, in parts
def select_rows_vjp(gys: List[Tensor], ids: Tensor, rows: int) -> Tensor:
    gy = torch.cat(gys)
    gx = torch.zeros([rows, gy.size(1)], dtype=gy.dtype, device=gy.device)
    return gx.index_copy_(0, ids, gy)


# w with other rows in some places.
def replace_rows(w: Tensor, places: Tensor, rows: Tensor) -> Tensor:
    return w.index_copy(0, places, rows.type_as(w))


# Some rows of a table, scaled, written into the given places of x.
def put_rows_(x: Tensor, places: Tensor, table: Tensor, which: Tensor, scale: float) -> Tensor:
    return x.index_copy_(0, places, (table.index_select(0, which) * scale).type_as(x))


# The gradient of a table [rows, features], fp32, of which rows were taken by ids, some repeatedly;
# the sums are taken in the order of gy's rows.
def table_vjp(gy: Tensor, ids: Tensor, rows: int, scale: float) -> Tensor:
    gw = torch.zeros([rows, gy.size(1)], dtype=torch.float32, device=gy.device)
    g = gy.float() * scale
    if gy.is_cuda:
        return gw.index_put_(annotate(List[Optional[Tensor]], [ids]), g, True)
    return gw.index_add_(0, ids, g)


# x + factor u b^T, written into x, with u = a[:, ids]^T: [x, u]. a [r, rows], b [features, r] in fp32
def lora_embedding_(x: Tensor, ids: Tensor, a: Tensor, b: Tensor, factor: float) -> List[Tensor]:
    u = a.index_select(1, ids).t()
    return [x.add_(((u @ b.t()) * factor).type_as(x)), u]


# [ga, gb]
def lora_embedding_vjp(
    gy: Tensor, ids: Tensor, u: Tensor, b: Tensor, rows: int, factor: float
) -> List[Tensor]:
    g = gy.float()
    ga = table_vjp(g @ b, ids, rows, factor).t().contiguous()
    gb = (g.t() @ u) * factor
    return [ga, gb]
