# Causal attention by torch's own kernel, which GPUs have fused. Names as in attention.py; documents
# are padded to one length S: B documents, H = K G heads. What stands behind a document's end is seen
# by later positions alone, which are padding themselves.


# [K, N, G, D] -> [B, H, S, D], zero behind a document's end
def padded(x: Tensor, lengths: List[int]) -> Tensor:
    K, N, G, D = x.size()
    S = max(lengths)
    y = torch.zeros([len(lengths), K, G, S, D], dtype=x.dtype, device=x.device)
    first = 0
    for row in range(len(lengths)):
        last = first + lengths[row]
        y[row, :, :, : lengths[row]].copy_(x[:, first:last].transpose(1, 2))
        first = last
    return y.view([len(lengths), K * G, S, D])


# [B, H, S, D] -> [K, N, G, D]
def unpadded(x: Tensor, lengths: List[int], groups: int) -> Tensor:
    B, H, S, D = x.size()
    grouped = x.reshape([B, H // groups, groups, S, D])
    parts = [grouped[row, :, :, : lengths[row]].transpose(1, 2) for row in range(B)]
    return torch.cat(parts, 1)


# How many keys each document has, with those that stand before its own tokens'.
def key_lengths(lengths: List[int], past: int) -> List[int]:
    return [length + past for length in lengths]


# Queries [K, N, G, D], scaled, and keys and values [K, N + past documents, D], repeated for every
# query head.
def padded_heads(
    q: Tensor, k: Tensor, v: Tensor, lengths: List[int], past: int, scale: float
) -> List[Tensor]:
    shape = [k.size(0), k.size(1), q.size(2), k.size(2)]
    keys = k.unsqueeze(2).expand(shape)
    values = v.unsqueeze(2).expand(shape)
    seen = key_lengths(lengths, past)
    return [padded(q * scale, lengths), padded(keys, seen), padded(values, seen)]


# Every position sees those before it. Where there are more keys than queries, the first of them stand
# before the first query.
def padded_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    S, M = q.size(2), k.size(2)
    if S == M:
        return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True, scale=1.0)
    seen = torch.ones([S, M], dtype=torch.bool, device=q.device).tril(M - S)
    return torch.scaled_dot_product_attention(q, k, v, seen, 0.0, False, scale=1.0)


# y [N, K G D]
def fused_attention(
    q: Tensor, k: Tensor, v: Tensor, lengths: List[int], past: int, scale: float
) -> Tensor:
    x = padded_heads(q, k, v, lengths, past, scale)
    y = padded_attention(x[0], x[1], x[2])
    return joined_heads(unpadded(y, lengths, q.size(2)))


# What the backward pass begins with: gy, q, k and v [B, H, S, D].   gy [N, K G D]
def fused_attention_inputs(
    gy: Tensor, q: Tensor, k: Tensor, v: Tensor, lengths: List[int], past: int, scale: float
) -> List[Tensor]:
    g = grouped_heads(gy, q.size(2), q.size(3))
    return [padded(g, lengths)] + padded_heads(q, k, v, lengths, past, scale)


# The gradients of q, k and v by autograd, which must be at work, and which takes copies alone.
def scaled_dot_product_vjp(gy: Tensor, q: Tensor, k: Tensor, v: Tensor) -> List[Tensor]:
    x = [q.clone().requires_grad_(True), k.clone().requires_grad_(True), v.clone().requires_grad_(True)]
    y = padded_attention(x[0], x[1], x[2])
    gradients = torch.grad([y], x, annotate(List[Optional[Tensor]], [gy.clone()]))
    return [unchecked_cast(Tensor, g) for g in gradients]


# What the backward pass ends with: the gradients of q [K, N, G, D], k and v [K, N + past documents, D].
def fused_attention_gradients(
    g: List[Tensor], lengths: List[int], past: int, groups: int, scale: float
) -> List[Tensor]:
    seen = key_lengths(lengths, past)
    gk = unpadded(g[1], seen, groups).sum([2])
    gv = unpadded(g[2], seen, groups).sum([2])
    return [unpadded(g[0], lengths, groups) * scale, gk, gv]
