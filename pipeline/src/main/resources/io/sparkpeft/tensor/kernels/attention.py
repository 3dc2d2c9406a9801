# Causal attention with grouped queries, for documents that lie one after another.
# (Vaswani et al. 2017; Ainslie et al. 2023, arXiv:2305.13245.)
# N tokens of all documents, key heads K, queries per key head G, features D.
#
# Every document is computed by itself, in blocks of n query positions against the m keys up to the
# block's end: neither other documents' keys nor, but within a block, later ones cost anything.
# Probabilities are not kept: the backward pass makes them again from their logarithmic sums.
# (Dao et al. 2022, arXiv:2205.14135.) All is done to the base of 2, whose power is fast for every
# argument, while libtorch's exp is slow where it underflows, as it does under a mask.


# [N, K D] -> [K, N, D]
def heads(x: Tensor, features: int) -> Tensor:
    return x.view([x.size(0), -1, features]).transpose(0, 1).contiguous()


# [N, K G D] -> [K, N, G, D]
def grouped_heads(x: Tensor, groups: int, features: int) -> Tensor:
    return x.view([x.size(0), -1, groups, features]).transpose(0, 1).contiguous()


# [K, N, ..., D] -> [N, K ... D]
def joined_heads(x: Tensor) -> Tensor:
    return x.transpose(0, 1).reshape([x.size(1), -1])


# Parts of one projection: all queries, then all keys, then all values. x [N, (G + 2) K D]
def split_stacked(x: Tensor, queries: int, keys: int) -> List[Tensor]:
    return x.split_with_sizes([queries, keys, keys], 1)


# Parts of one projection: for each key head its queries, its key and its value. x [N, K (G + 2) D]
def split_grouped(x: Tensor, groups: int, features: int) -> List[Tensor]:
    N = x.size(0)
    parts = x.view([N, -1, groups + 2, features]).split_with_sizes([groups, 1, 1], 2)
    return [part.reshape([N, -1]) for part in parts]


def split_grouped_vjp(g: List[Tensor], groups: int, features: int) -> Tensor:
    N = g[0].size(0)
    gq = g[0].view([N, -1, groups, features])
    gk = g[1].view([N, -1, 1, features])
    gv = g[2].view([N, -1, 1, features])
    return torch.cat([gq, gk, gv], 2).view([N, -1])


def split_stacked_vjp(g: List[Tensor]) -> Tensor:
    return torch.cat(g, 1)


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


# What lies behind the windows of the block's n positions: -inf for keys more than window - 1 before
# a position. The keys end where the block does.   [n, 1, m]
def behind_window(like: Tensor, n: int, m: int, window: int) -> Tensor:
    hidden = torch.full([n, m], -inf, dtype=like.dtype, device=like.device)
    return hidden.tril(m - n - window).unsqueeze(1)


# ALiBi's biases of m keys from a position on, in bf16's precision as transformers computes them for
# Falcon. (Press et al. 2021, arXiv:2108.12409.)   slopes [..., 1] in bf16; result fp32 [..., m]
def alibi(slopes: Tensor, start: int, m: int) -> Tensor:
    return (slopes * torch.arange(start, start + m, device=slopes.device)).float()


# The first key that the block of queries from i on may see.
def first_seen(first: int, i: int, window: int) -> int:
    return first if window == 0 else max(first, i - window + 1)


# The factor of natural logarithms that makes them such to the base of 2.
def to_base_two(factor: float) -> float:
    return factor * 1.4426950408889634


# Scaled products of the block's queries [K, n, G, D] with keys [K, m, D], in fp32 and as logarithms
# to the base of 2. [K, n G, m]
# window: how many positions one sees, 0 for all; cap: c of c tanh(score / c), 0 for none;
# slopes: of ALiBi's lines [K, 1, G, 1], none without; start: the position of the first key
def causal_scores(
    q: Tensor,
    k: Tensor,
    hidden: Tensor,
    scale: float,
    window: int,
    cap: float,
    slopes: List[Tensor],
    start: int,
) -> Tensor:
    K, n, G, D = q.size()
    m = k.size(1)
    factor = scale / cap if cap > 0 else to_base_two(scale)
    product = torch.empty([K, n * G, m], dtype=q.dtype, device=q.device)
    product.baddbmm_(q.reshape([K, n * G, D]), k.transpose(1, 2), beta=0, alpha=factor)
    scores = product.float()
    if cap > 0:
        scores.tanh_().mul_(to_base_two(cap))
    grouped = scores.view([K, n, G, m])
    if len(slopes) > 0:
        grouped.add_(alibi(slopes[0], start, m), alpha=to_base_two(scale))
    grouped[..., m - n :].add_(hidden[:n, :, :n])
    if window > 0 and m > window:
        grouped.add_(behind_window(scores, n, m, window))
    return scores


# The derivative of capping where it gave these scores: 1 - (score / cap)^2; of no use without.
def cap_slope(scores: Tensor, cap: float) -> Tensor:
    if cap > 0:
        share = scores / to_base_two(cap)
        return 1 - share.square_().clamp_(0, 1)  # masked scores are infinite
    return scores


# Written into x: 2^x, and zero where that is less than 2^-64, which is lost in a sum of at least 1
# anyway; kept, it would lead to denormal numbers, which are slow to multiply.
def power_of_two_(x: Tensor) -> Tensor:
    return torch.threshold_(x, -64, -inf).exp2_()


# Keys or values [K, N, D] of documents, each behind all that it continues: stems[i] is the earlier
# document that document i goes on from, -1 where a text begins. Result: whole texts up to every
# document's end, one after another. (Juravsky et al. 2024, arXiv:2402.05099, share prefixes so.)
def behind_stems(x: Tensor, lengths: List[int], stems: List[int]) -> Tensor:
    own = x.split_with_sizes(lengths, 1)
    whole: List[Tensor] = []
    for i in range(len(lengths)):
        whole.append(own[i] if stems[i] < 0 else torch.cat([whole[stems[i]], own[i]], 1))
    return torch.cat(whole, 1)


# softmax(scale q k^T) v. Result: y [N, K G D], and the logarithmic sums [K, N, G, 1] in fp32.
# pasts: how many keys and values stand before those of each document's own tokens, k and v
# [K, N + all of those, D]
def causal_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    lengths: List[int],
    pasts: List[int],
    scale: float,
    block: int,
    window: int,
    cap: float,
    slopes: List[Tensor],
) -> List[Tensor]:
    K, N, G, D = q.size()
    y = torch.empty_like(q)
    sums = torch.empty([K, N, G, 1], dtype=torch.float32, device=q.device)
    hidden = future(q, block)
    first, first_key = 0, 0
    for document in range(len(lengths)):
        length, past = lengths[document], pasts[document]
        last = first + length
        behind = first_key + past - first  # from a token's row to that of its key
        for i in range(first, last, block):
            e = min(i + block, last)
            n = e - i
            s = first_seen(first_key, i + behind, window)
            keys = k[:, s : e + behind]
            start = s - first_key
            scores = causal_scores(q[:, i:e], keys, hidden, scale, window, cap, slopes, start)
            top = scores.amax([-1], True)
            p = power_of_two_(scores.sub_(top))  # [K, n G, m]
            total = p.sum([-1], True)
            mixed = p.type_as(q).bmm(v[:, s : e + behind]) / total
            y[:, i:e].copy_(mixed.view([K, n, G, D]))
            sums[:, i:e].copy_(total.log2_().add_(top).view([K, n, G, 1]))
        first_key = first_key + past + length
        first = last
    return [joined_heads(y), sums]


# y + factor p^T x, written into y [K, m, D].   p [K, rows, m], x [K, rows, D]
def add_transposed_product_(y: Tensor, p: Tensor, x: Tensor, factor: float) -> Tensor:
    if x.size(2) < 16:  # then twice as fast as (x^T p)^T
        return y.add_(x.transpose(1, 2).bmm(p).transpose(1, 2), alpha=factor)
    return y.baddbmm_(p.transpose(1, 2), x, alpha=factor)


# Gradients of q, k and v, given y's, with as many keys and values before each document.
def causal_attention_vjp(
    gy: Tensor,
    y: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    sums: Tensor,
    lengths: List[int],
    past: int,
    scale: float,
    block: int,
    window: int,
    cap: float,
    slopes: List[Tensor],
) -> List[Tensor]:
    K, N, G, D = q.size()
    g = grouped_heads(gy, G, D)
    inner = (gy.float() * y.float()).view([N, K, G, D]).sum([-1], True)
    delta = inner.transpose(0, 1).contiguous()  # [K, N, G, 1]
    gq = torch.empty_like(q)
    gk = torch.zeros_like(k)
    gv = torch.zeros_like(v)
    hidden = future(q, block)
    first, first_key = 0, 0
    for length in lengths:
        last = first + length
        behind = first_key + past - first
        for i in range(first, last, block):
            e = min(i + block, last)
            s = first_seen(first_key, i + behind, window)
            f = e + behind
            rows = [K, (e - i) * G, -1]
            keys = k[:, s:f]
            start = s - first_key
            scores = causal_scores(q[:, i:e], keys, hidden, scale, window, cap, slopes, start)
            slope = cap_slope(scores, cap)
            p = power_of_two_(scores.sub_(sums[:, i:e].reshape(rows)))  # [K, n G, m]
            gi = g[:, i:e].reshape(rows)
            add_transposed_product_(gv[:, s:f], p.type_as(q), gi, 1.0)
            gp = gi.bmm(v[:, s:f].transpose(1, 2)).float()
            gscores = gp.sub_(delta[:, i:e].reshape(rows)).mul_(p)
            if cap > 0:
                gscores.mul_(slope)
            gproduct = gscores.type_as(q)
            add_transposed_product_(gk[:, s:f], gproduct, q[:, i:e].reshape(rows), scale)
            gq[:, i:e].copy_(gproduct.bmm(keys).view([K, e - i, G, D]))
        first_key = first_key + past + length
        first = last
    return [gq.mul_(scale), gk, gv]
