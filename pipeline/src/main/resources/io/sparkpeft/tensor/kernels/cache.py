# Attention of one new position per row to the cached ones. Rows may be at different positions.
# Keys and values [B, K, T, D]; T positions at most.


# An empty cache of keys or values.
def empty_cache(like: Tensor, rows: int, heads: int, positions: int, features: int) -> Tensor:
    return torch.zeros([rows, heads, positions, features], dtype=like.dtype, device=like.device)


# Puts the keys or values of a first pass over documents of those lengths, [K, N, D], at the start
# of the cache: a document in each row.
def fill_cache_(cache: Tensor, x: Tensor, lengths: List[int]) -> Tensor:
    first = 0
    for row in range(len(lengths)):
        last = first + lengths[row]
        cache[row, :, : lengths[row]].copy_(x[:, first:last])
        first = last
    return cache


# q [B, K G D], k and v [B, K D] of the new positions, one for each row; cos and sin [B, 1, D] of
# those positions. Writes k and v into the cache and gives the mixed values [B, K G D].
def cached_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    keys: Tensor,
    values: Tensor,
    positions: Tensor,
    cos: Tensor,
    sin: Tensor,
) -> Tensor:
    B, K, T, D = keys.size()
    q1 = rotate(q.view([B, -1, D]), cos, sin) * D**-0.5
    k1 = rotate(k.view([B, K, D]), cos, sin)
    place = positions.view([B, 1, 1, 1]).expand([B, K, 1, D])
    keys.scatter_(2, place, k1.unsqueeze(2))
    values.scatter_(2, place, v.view([B, K, 1, D]))
    scores = q1.view([B, K, -1, D]) @ keys.transpose(2, 3)  # [B, K, G, T]
    unseen = torch.arange(T, device=q.device) > positions.unsqueeze(1)
    p = scores.masked_fill(unseen.view([B, 1, 1, T]), -inf).softmax(-1)
    return (p @ values).view([B, -1])
