# Low-rank pairs a [r, in] and b [out, r] made into one.


# Their sum b1 a1 + b2 a2 + ... as one pair of the ranks' sum.
def stacked_pair(a: List[Tensor], b: List[Tensor]) -> List[Tensor]:
    return [torch.cat(a, 0), torch.cat(b, 1)]


# The pair of that rank which is nearest to b a: a's rows are orthonormal, b's columns fall in
# length. The product is never formed: with b = q1 r1 and a = r2' q2' its singular values are those
# of r1 r2'. Rows beyond what the product can have are zeros.
def truncated_pair(a: Tensor, b: Tensor, rank: int) -> List[Tensor]:
    q1, r1 = torch.linalg_qr(b.double())
    q2, r2 = torch.linalg_qr(a.double().t())
    u, s, vh = torch.linalg_svd(r1 @ r2.t(), False)
    rows = (vh @ q2.t())[:rank].type_as(a)
    columns = (q1 @ u * s)[:, :rank].type_as(b)
    missing = rank - rows.size(0)
    if missing > 0:
        rows = torch.constant_pad_nd(rows, [0, 0, 0, missing])
        columns = torch.constant_pad_nd(columns, [0, missing])
    return [rows.contiguous(), columns.contiguous()]
