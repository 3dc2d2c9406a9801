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


# Half-split rotation as in RoFormer's implementation by transformers. x [B, S, heads, D]
def plain_rotate(x: Tensor, angles: Tensor) -> Tensor:
    half = x.size(-1) // 2
    cos = torch.cat([angles.cos(), angles.cos()], -1).unsqueeze(1)
    sin = torch.cat([angles.sin(), angles.sin()], -1).unsqueeze(1)
    swapped = torch.cat([-x[:, :, :, half:], x[:, :, :, :half]], -1)
    return x * cos + swapped * sin


# Attention over the whole square of positions; q [B S, 4 D], k and v [B S, 2 D], D = 6, B = 3.
def plain_attention(q: Tensor, k: Tensor, v: Tensor, angles: Tensor) -> Tensor:
    S = angles.size(0)
    q = plain_rotate(q.view([3, S, 4, 6]), angles).transpose(1, 2)
    k = plain_rotate(k.view([3, S, 2, 6]), angles).transpose(1, 2).repeat_interleave(2, 1)
    v = v.view([3, S, 2, 6]).transpose(1, 2).repeat_interleave(2, 1)
    hidden = torch.ones([S, S], dtype=torch.bool).triu(1)
    scores = (q @ k.transpose(2, 3) / 6**0.5).masked_fill(hidden, -inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).reshape([3 * S, 24])


def attention_gradient_q(gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor) -> Tensor:
    q = leaf(q)
    return gradient(plain_attention(q, k, v, angles), gy, q)


def attention_gradient_k(gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor) -> Tensor:
    k = leaf(k)
    return gradient(plain_attention(q, k, v, angles), gy, k)


def attention_gradient_v(gy: Tensor, q: Tensor, k: Tensor, v: Tensor, angles: Tensor) -> Tensor:
    v = leaf(v)
    return gradient(plain_attention(q, k, v, angles), gy, v)


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
    y = lora_linear(rms_norm(x, w[0], 0.1), dropout(x, x > 0, 0.5), w, a, b, 2.0, False)
    g = lora_parameters_vjp(y[0], x, y[1], b, 2.0)
    gx = lora_dropped_input_vjp(y[0], g[0], w, a, x > 0, 0.5, False)
    gated = swiglu_vjp(gx, x, swiglu(x, gx))
    return residual_rms_norm_vjp(gated, x, w[0], 0.1, x).numel()


def meta_attention(q: Tensor, k: Tensor, cos: Tensor, positions: Tensor) -> int:
    q, k, cos, positions = elsewhere(q), elsewhere(k), elsewhere(cos), elsewhere(positions)
    y = attention(q, k, k, cos, cos, cos.size(2), 4)
    g = attention_vjp(y[0], y[1:], cos, cos, 4)
    rows = positions.size(0)
    cache = fill_cache_(empty_cache(q, rows, 2, cos.size(0), cos.size(2)), y[2])
    mixed = cached_attention(q[:rows], k[:rows], k[:rows], cache, cache, positions, cos, cos)
    return g[0].numel() + mixed.numel()


def meta_head(x: Tensor, w: Tensor, ids: Tensor) -> int:
    x, w, ids = elsewhere(x), elsewhere(w), elsewhere(ids)
    logits = linear(first_rows(x, 3), w, False)
    loss = cross_entropy(logits, ids, 0.5)
    likely = log_likelihood(logits, greedy(logits))
    return select_rows_vjp([loss[1]], ids, 9).numel() + likely[0].numel()
