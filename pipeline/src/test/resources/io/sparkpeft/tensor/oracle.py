# Slow and obvious twins of the kernels, and what torch.grad makes of them.


# The gradient of one input of y, given that of y.
def gradient(y: Tensor, gy: Tensor, x: Tensor) -> Tensor:
    gradients = torch.grad([y], [x], annotate(List[Optional[Tensor]], [gy]))
    return unchecked_cast(Tensor, gradients[0])


def leaf(x: Tensor) -> Tensor:
    return x.detach().requires_grad_(True)


def plain_rms_norm(x: Tensor, w: Tensor) -> Tensor:
    return x / torch.sqrt((x * x).mean([-1], True) + 0.01) * w


def rms_norm_gradient(gy: Tensor, x: Tensor, w: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_rms_norm(x, w), gy, x)


def plain_lora(x: Tensor, mask: Tensor, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return x @ w.t() + 1.5 * ((x * mask / 0.75) @ a.t()) @ b.t()


def lora_gradient_x(gy: Tensor, x: Tensor, mask: Tensor, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_lora(x, mask, w, a, b), gy, x)


def lora_gradient_a(gy: Tensor, x: Tensor, mask: Tensor, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    a = leaf(a)
    return gradient(plain_lora(x, mask, w, a, b), gy, a)


def lora_gradient_b(gy: Tensor, x: Tensor, mask: Tensor, w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    b = leaf(b)
    return gradient(plain_lora(x, mask, w, a, b), gy, b)


# Half-split rotation as in RoFormer's implementation by transformers. x [N, heads, D]
def plain_rotate(x: Tensor, angles: Tensor) -> Tensor:
    half = x.size(-1) // 2
    cos = torch.cat([angles.cos(), angles.cos()], -1).unsqueeze(1)
    sin = torch.cat([angles.sin(), angles.sin()], -1).unsqueeze(1)
    swapped = torch.cat([-x[:, :, half:], x[:, :, :half]], -1)
    return x * cos + swapped * sin


# Attention over the whole square of tokens, of which most is masked; q [N, 4 D], k and v [N, 2 D],
# D = 6; angles [N, D / 2]; documents [N]: the one that each token belongs to.
def plain_attention(
    q: Tensor, k: Tensor, v: Tensor, angles: Tensor, documents: Tensor
) -> Tensor:
    N = q.size(0)
    q = plain_rotate(q.view([N, 4, 6]), angles).transpose(0, 1)
    k = plain_rotate(k.view([N, 2, 6]), angles).transpose(0, 1).repeat_interleave(2, 0)
    v = v.view([N, 2, 6]).transpose(0, 1).repeat_interleave(2, 0)
    later = torch.ones([N, N], dtype=torch.bool).triu(1)
    hidden = later | (documents.unsqueeze(0) != documents.unsqueeze(1))
    scores = (q @ k.transpose(1, 2) / 6**0.5).masked_fill(hidden, -inf)
    return (scores.softmax(-1) @ v).transpose(0, 1).reshape([N, 24])


def attention_gradient_q(
    gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor, documents: Tensor
) -> Tensor:
    q = leaf(q)
    return gradient(plain_attention(q, k, v, angles, documents), gy, q)


def attention_gradient_k(
    gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor, documents: Tensor
) -> Tensor:
    k = leaf(k)
    return gradient(plain_attention(q, k, v, angles, documents), gy, k)


def attention_gradient_v(
    gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor, documents: Tensor
) -> Tensor:
    v = leaf(v)
    return gradient(plain_attention(q, k, v, angles, documents), gy, v)


def plain_swiglu(gate: Tensor, up: Tensor) -> Tensor:
    return gate / (1 + torch.exp(-gate)) * up


def swiglu_gradient_gate(gy: Tensor, gate: Tensor, up: Tensor) -> Tensor:
    gate = leaf(gate)
    return gradient(plain_swiglu(gate, up), gy, gate)


def swiglu_gradient_up(gy: Tensor, gate: Tensor, up: Tensor) -> Tensor:
    up = leaf(up)
    return gradient(plain_swiglu(gate, up), gy, up)


def plain_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    shares = torch.exp(logits) / torch.exp(logits).sum([-1], True)
    return -torch.log(shares.gather(1, targets.unsqueeze(1))).sum()


def cross_entropy_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    logits = leaf(logits)
    return gradient(0.25 * plain_cross_entropy(logits, targets), torch.ones([]), logits)


# The kernels on a device that holds no values: a tensor made on another one would not mix.
# They give the elements of their results. (index_select, which makes none, is not known there.)
def elsewhere(x: Tensor) -> Tensor:
    return x.to(torch.device("meta"))


def meta_layer(x: Tensor, w: Tensor, a: Tensor, b: Tensor) -> int:
    x, w, a, b = elsewhere(x), elsewhere(w), elsewhere(a), elsewhere(b)
    y = lora_linear(rms_norm(x, w[0], 0.1), dropout(x, x > 0), w, a, b, 2.0, False)
    g = lora_parameters_vjp(y[0], x, y[1], b, 2.0)
    gx = lora_dropped_input_vjp(y[0], g[0], w, a, x > 0, False)
    gated = swiglu_vjp(gx, x, swiglu(x, gx))
    return residual_rms_norm_vjp(gated, x, w[0], 0.1, x).numel()


def meta_attention(q: Tensor, k: Tensor, cos: Tensor, positions: Tensor) -> int:
    q, k, cos, positions = elsewhere(q), elsewhere(k), elsewhere(cos), elsewhere(positions)
    lengths = [10, 1, 7]
    x = attention_heads(q, k, k, cos, cos, cos.size(2))
    y = causal_attention(x[0], x[1], x[2], lengths, 0.5, 4)
    g = causal_attention_vjp(y[0], y[0], x[0], x[1], x[2], y[1], lengths, 0.5, 4)
    gq = attention_heads_vjp(g[0], g[1], g[2], cos, cos)[0]
    cache = fill_cache_(empty_cache(q, 3, 2, 12, cos.size(2)), x[1], lengths)
    new = cos[:3]
    mixed = cached_attention(q[:3], k[:3], k[:3], cache, cache, positions, new, new)
    return gq.numel() + mixed.numel()


def meta_head(x: Tensor, w: Tensor, ids: Tensor) -> int:
    x, w, ids = elsewhere(x), elsewhere(w), elsewhere(ids)
    logits = linear(x[:3], w, False)
    loss = cross_entropy(logits, ids, 0.5)
    likely = log_likelihood(logits, greedy(logits))
    return select_rows_vjp([loss[1]], ids, 9).numel() + likely[0].numel()
