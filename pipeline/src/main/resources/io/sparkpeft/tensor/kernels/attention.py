# Causal attention with grouped queries. (Vaswani et al. 2017; Ainslie et al. 2023.)
# Batch B, positions S, key heads K, queries per key head G, features D.
#
# The scores are computed in blocks of query positions, each against the keys up to its own end,
# so that half of the work, the part above the diagonal, is never done.


# [B S, heads D] -> [B, S, heads, D]
def split_heads(x: Tensor, columns: int, features: int) -> Tensor:
    return x.view([-1, columns, x.size(1) // features, features])


# [B, S, heads, D] -> [B K, G, S, D]
def group_heads(x: Tensor, groups: int) -> Tensor:
    B, S, heads, D = x.size()
    return x.transpose(1, 2).reshape([B * heads // groups, groups, S, D])


# [B K, G, S, D] -> [B, S, heads, D]
def ungroup_heads(x: Tensor, rows: int) -> Tensor:
    BK, G, S, D = x.size()
    return x.reshape([rows, BK * G // rows, S, D]).transpose(1, 2)


# [B, S, heads, D] -> [B S, heads D]
def join_heads(x: Tensor) -> Tensor:
    return x.reshape([x.size(0) * x.size(1), x.size(2) * x.size(3)])


# What a position may not see: -inf above the diagonal.   [size, size]
def future(like: Tensor, size: int) -> Tensor:
    return torch.full([size, size], -inf, dtype=like.dtype, device=like.device).triu(1)


# softmax(q k^T) v for q [B K, G, S, D], scaled already, and k, v [B K, S, D].
# The first of the result is of q's shape, the others are the probabilities of each block.
def causal_attention(q: Tensor, k: Tensor, v: Tensor, block: int) -> List[Tensor]:
    BK, G, S, D = q.size()
    y = torch.empty_like(q)
    results = [y]
    for i in range(0, S, block):
        e = min(i + block, S)
        n = e - i
        scores = q[:, :, i:e].reshape([BK, G * n, D]).bmm(k[:, :e].transpose(1, 2))
        scores.view([BK, G, n, e])[:, :, :, i:e].add_(future(q, n))
        p = scores.softmax(-1)  # [B K, G n, e]
        y[:, :, i:e].copy_(p.bmm(v[:, :e]).view([BK, G, n, D]))
        results.append(p)
    return results


# Gradients of q, k and v.
def causal_attention_vjp(
    gy: Tensor, q: Tensor, k: Tensor, v: Tensor, probabilities: List[Tensor], block: int
) -> Tuple[Tensor, Tensor, Tensor]:
    BK, G, S, D = q.size()
    gq = torch.empty_like(q)
    gk = torch.zeros_like(k)
    gv = torch.zeros_like(v)
    for j in range(len(probabilities)):
        p = probabilities[j]  # [B K, G n, e]
        i = j * block
        e = min(i + block, S)
        n = e - i
        gyj = gy[:, :, i:e].reshape([BK, G * n, D])
        qj = q[:, :, i:e].reshape([BK, G * n, D])
        gv[:, :e].baddbmm_(p.transpose(1, 2), gyj)
        gp = gyj.bmm(v[:, :e].transpose(1, 2))
        gscores = torch._softmax_backward_data(gp, p, -1, p.dtype)
        gk[:, :e].baddbmm_(gscores.transpose(1, 2), qj)
        gq[:, :, i:e].copy_(gscores.bmm(k[:, :e]).view([BK, G, n, D]))
    return gq, gk, gv


# From projections to the mixed values: q [B S, K G D], k and v [B S, K D].
# Result: y [B S, K G D], then what attention_vjp needs.
def attention(
    q: Tensor, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, features: int, block: int
) -> List[Tensor]:
    S = cos.size(0)
    groups = q.size(1) // k.size(1)
    q1 = rotate(split_heads(q, S, features), cos, sin) * features**-0.5
    k1 = rotate(split_heads(k, S, features), cos, sin)
    q2 = group_heads(q1, groups)
    k2 = group_heads(k1, 1).squeeze(1)
    v2 = group_heads(split_heads(v, S, features), 1).squeeze(1)
    results = causal_attention(q2, k2, v2, block)
    y = join_heads(ungroup_heads(results[0], q1.size(0)))
    return [y, q2, k2, v2] + results[1:]


# Gradients of the projections: [gq, gk, gv], shaped as they are.   saved: q, k, v, probabilities
def attention_vjp(
    gy: Tensor, saved: List[Tensor], cos: Tensor, sin: Tensor, block: int
) -> List[Tensor]:
    q, k, v = saved[0], saved[1], saved[2]
    S, features = q.size(2), q.size(3)
    grouped = group_heads(split_heads(gy, S, features), q.size(1))
    gq, gk, gv = causal_attention_vjp(grouped, q, k, v, saved[3:], block)
    rows = gy.size(0) // S
    gq1 = rotate_vjp(ungroup_heads(gq, rows), cos, sin) * features**-0.5
    gk1 = rotate_vjp(ungroup_heads(gk.unsqueeze(1), rows), cos, sin)
    return [join_heads(gq1), join_heads(gk1), join_heads(ungroup_heads(gv.unsqueeze(1), rows))]
