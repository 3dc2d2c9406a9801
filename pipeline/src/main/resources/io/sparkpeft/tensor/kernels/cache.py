# Attention of one new position per row to the cached ones. Rows may be at different positions.
# Keys and values [B, K, T, D]; T positions at most.


# An empty cache of keys or values.
def empty_cache(like: Tensor, rows: int, heads: int, positions: int, features: int) -> Tensor:
    return torch.zeros([rows, heads, positions, features], dtype=like.dtype, device=like.device)


# Puts keys or values of a first pass over documents of those lengths, [K, N, D], at the start of the
# cache: in each row those of one document.
def fill_cache_(cache: Tensor, x: Tensor, lengths: List[int], documents: List[int]) -> Tensor:
    parts = x.split_with_sizes(lengths, 1)
    for row in range(len(documents)):
        part = parts[documents[row]]
        cache[row, :, : part.size(1)].copy_(part)
    return cache


# Its first positions, in the same memory.
def first_positions(cache: Tensor, positions: int) -> Tensor:
    return cache[:, :, :positions]


# The same of its only row: keys or values [K, T, D] that stand before a text's others.
def only_row(cache: Tensor, positions: int) -> Tensor:
    return cache[0, :, :positions]


# A cache of some of its rows.
def kept_rows(cache: Tensor, rows: Tensor) -> Tensor:
    return cache.index_select(0, rows)


# q [B, K G D], k and v [B, K D] of the new positions, one for each row; cos and sin [B, 1, D] of
# those positions. Writes k and v into the cache and gives the mixed values [B, K G D].
# window, cap, slopes: as in attention.py
def cached_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    keys: Tensor,
    values: Tensor,
    positions: Tensor,
    cos: Tensor,
    sin: Tensor,
    scale: float,
    window: int,
    cap: float,
    slopes: List[Tensor],
) -> Tensor:
    B, K, T, D = keys.size()
    q1 = rotate(q.view([B, -1, D]), cos, sin) * scale
    k1 = rotate(k.view([B, K, D]), cos, sin)
    place = positions.view([B, 1, 1, 1]).expand([B, K, 1, D])
    keys.scatter_(2, place, k1.unsqueeze(2))
    values.scatter_(2, place, v.view([B, K, 1, D]))
    scores = q1.view([B, K, -1, D]) @ keys.transpose(2, 3)  # [B, K, G, T]
    if cap > 0:
        scores = soft_cap(scores, cap)
    if len(slopes) > 0:
        scores = scores + alibi(slopes[0].view([K, -1, 1]), 0, T) * scale
    times = torch.arange(T, device=q.device)
    unseen = times > positions.unsqueeze(1)
    if window > 0:
        unseen = unseen | (times <= positions.unsqueeze(1) - window)
    p = scores.masked_fill(unseen.view([B, 1, 1, T]), -inf).softmax(-1).type_as(v)
    return (p @ values).view([B, -1])
