# Causal attention with grouped queries, for documents that lie one after another.
# (Vaswani et al. 2017; Ainslie et al. 2023, arXiv:2305.13245.)
# N tokens of all documents, key heads K, queries per key head G, features D.
#
# Every document is computed by itself, in blocks of n query positions against the m keys up to the
# block's end: neither other documents' keys nor, but within a block, later ones cost anything.
# Probabilities are not kept: the backward pass makes them again from their logarithmic sums.
# (Dao et al. 2022, arXiv:2205.14135.) All is done to the base of 2, whose power is fast for every
# argument, and what is below 2^-64 of the largest counts as zero: it is lost in the sum anyway, and
# the denormal numbers that it would lead to are slow.


# [N, K D] -> [K, N, D]
def heads(x: Tensor, features: int) -> Tensor:
    return x.view([x.size(0), -1, features]).transpose(0, 1).contiguous()


# [N, K G D] -> [K, N, G, D]
def grouped_heads(x: Tensor, groups: int, features: int) -> Tensor:
    return x.view([x.size(0), -1, groups, features]).transpose(0, 1).contiguous()


# [K, N, ..., D] -> [N, K ... D]
def joined_heads(x: Tensor) -> Tensor:
    return x.transpose(0, 1).reshape([x.size(1), -1])


# From projections q [N, K G D], k and v [N, K D] to what attention reads.
# Result: q [K, N, G, D] and k [K, N, D], both rotated, and v [K, N, D].
def attention_heads(
    q: Tensor, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, features: int
) -> List[Tensor]:
    N = q.size(0)
    groups = q.size(1) // k.size(1)
    q1 = rotate(q.view([N, -1, features]), cos, sin).view([N, -1])
    k1 = rotate(k.view([N, -1, features]), cos, sin).view([N, -1])
    return [grouped_heads(q1, groups, features), heads(k1, features), heads(v, features)]


# Gradients of the projections, shaped as they are.
def attention_heads_vjp(
    gq: Tensor, gk: Tensor, gv: Tensor, cos: Tensor, sin: Tensor
) -> List[Tensor]:
    N, D = gk.size(1), gk.size(2)
    gq1 = rotate_vjp(joined_heads(gq).view([N, -1, D]), cos, sin)
    gk1 = rotate_vjp(joined_heads(gk).view([N, -1, D]), cos, sin)
    return [gq1.view([N, -1]), gk1.view([N, -1]), joined_heads(gv)]


# What a position of a block may not see: -inf above the diagonal.   [block, 1, block] in fp32
def future(like: Tensor, block: int) -> Tensor:
    hidden = torch.full([block, block], -inf, dtype=torch.float32, device=like.device)
    return hidden.triu(1).unsqueeze(1)


# Scaled products of the block's queries [K, n, G, D] with keys [K, m, D], in fp32 and as logarithms
# to the base of 2. [K, n G, m]
def causal_scores(q: Tensor, k: Tensor, hidden: Tensor, scale: float) -> Tensor:
    K, n, G, D = q.size()
    m = k.size(1)
    product = torch.empty([K, n * G, m], dtype=q.dtype, device=q.device)
    product.baddbmm_(q.reshape([K, n * G, D]), k.transpose(1, 2), beta=0, alpha=scale * 1.4426950408889634)
    scores = product.float()
    scores.view([K, n, G, m])[..., m - n :].add_(hidden[:n, :, :n])
    return scores


# Written into x: 2^x, and zero where that is less than 2^-64.
def power_of_two_(x: Tensor) -> Tensor:
    return torch.threshold_(x, -64, -inf).exp2_()


# softmax(scale q k^T) v. Result: y [N, K G D], and the logarithmic sums [K, N, G, 1] in fp32.
def causal_attention(
    q: Tensor, k: Tensor, v: Tensor, lengths: List[int], scale: float, block: int
) -> List[Tensor]:
    K, N, G, D = q.size()
    y = torch.empty_like(q)
    sums = torch.empty([K, N, G, 1], dtype=torch.float32, device=q.device)
    hidden = future(q, block)
    first = 0
    for length in lengths:
        last = first + length
        for i in range(first, last, block):
            e = min(i + block, last)
            n = e - i
            scores = causal_scores(q[:, i:e], k[:, first:e], hidden, scale)
            top = scores.amax([-1], True)
            p = power_of_two_(scores.sub_(top))  # [K, n G, m]
            total = p.sum([-1], True)
            mixed = p.type_as(q).bmm(v[:, first:e]) / total
            y[:, i:e].copy_(mixed.view([K, n, G, D]))
            sums[:, i:e].copy_(total.log2_().add_(top).view([K, n, G, 1]))
        first = last
    return [joined_heads(y), sums]


# Gradients of q, k and v, given y's.
def causal_attention_vjp(
    gy: Tensor,
    y: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    sums: Tensor,
    lengths: List[int],
    scale: float,
    block: int,
) -> List[Tensor]:
    K, N, G, D = q.size()
    g = grouped_heads(gy, G, D)
    inner = (gy.float() * y.float()).view([N, K, G, D]).sum([-1], True)
    delta = inner.transpose(0, 1).contiguous()  # [K, N, G, 1]
    gq = torch.empty_like(q)
    gk = torch.zeros_like(k)
    gv = torch.zeros_like(v)
    hidden = future(q, block)
    first = 0
    for length in lengths:
        last = first + length
        for i in range(first, last, block):
            e = min(i + block, last)
            rows = [K, (e - i) * G, -1]
            keys = k[:, first:e]
            scores = causal_scores(q[:, i:e], keys, hidden, scale)
            p = power_of_two_(scores.sub_(sums[:, i:e].reshape(rows)))  # [K, n G, m]
            gi = g[:, i:e].reshape(rows)
            gv[:, first:e].add_(p.type_as(q).transpose(1, 2).bmm(gi))
            gp = gi.bmm(v[:, first:e].transpose(1, 2)).float()
            gscores = gp.sub_(delta[:, i:e].reshape(rows)).mul_(p).type_as(q)
            gk[:, first:e].add_(gscores.transpose(1, 2).bmm(q[:, i:e].reshape(rows)), alpha=scale)
            gq[:, i:e].copy_(gscores.bmm(keys).view([K, e - i, G, D]))
        first = last
    return [gq.mul_(scale), gk, gv]
