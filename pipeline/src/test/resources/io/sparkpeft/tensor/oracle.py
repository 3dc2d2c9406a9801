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


def plain_layer_norm(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    centred = x - x.mean([-1], True)
    return centred / torch.sqrt((centred * centred).mean([-1], True) + 0.01) * w + b


def layer_norm_gradient(gy: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_layer_norm(x, w, b), gy, x)


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


# Half-split rotation as in RoFormer's implementation by transformers, of the first features.
# x [N, heads, D], angles [N, turning / 2]
def plain_rotate(x: Tensor, angles: Tensor) -> Tensor:
    half = angles.size(1)
    cos = torch.cat([angles.cos(), angles.cos()], -1).unsqueeze(1)
    sin = torch.cat([angles.sin(), angles.sin()], -1).unsqueeze(1)
    turning = x[:, :, : 2 * half]
    swapped = torch.cat([-turning[:, :, half:], turning[:, :, :half]], -1)
    return torch.cat([turning * cos + swapped * sin, x[:, :, 2 * half :]], -1)


# Attention over the whole square of tokens, of which most is masked; q [N, 4 D], k and v [N, 2 D],
# D = 6; places [N, 2]: each token's document and its position there; form: scale, window (0 for
# none), cap (0 for none); slopes [4] of ALiBi's lines
def plain_attention(
    q: Tensor, k: Tensor, v: Tensor, angles: Tensor, places: Tensor, form: Tensor, slopes: Tensor
) -> Tensor:
    N = q.size(0)
    documents, positions = places[:, 0], places[:, 1]
    q = plain_rotate(q.view([N, 4, 6]), angles).transpose(0, 1)
    k = plain_rotate(k.view([N, 2, 6]), angles).transpose(0, 1).repeat_interleave(2, 0)
    v = v.view([N, 2, 6]).transpose(0, 1).repeat_interleave(2, 0)
    scores = q @ k.transpose(1, 2) * form[0]
    if bool(form[2] > 0):
        scores = form[2] * torch.tanh(scores / form[2])
    scores = scores + form[0] * slopes.view([4, 1, 1]) * positions
    distance = positions.unsqueeze(1) - positions.unsqueeze(0)
    hidden = (distance < 0) | (documents.unsqueeze(0) != documents.unsqueeze(1))
    if bool(form[1] > 0):
        hidden = hidden | (distance >= form[1])
    return (scores.masked_fill(hidden, -inf).softmax(-1) @ v).transpose(0, 1).reshape([N, 24])


def attention_gradient_q(
    gy: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    angles: Tensor,
    places: Tensor,
    form: Tensor,
    slopes: Tensor,
) -> Tensor:
    q = leaf(q)
    return gradient(plain_attention(q, k, v, angles, places, form, slopes), gy, q)


def attention_gradient_k(
    gy: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    angles: Tensor,
    places: Tensor,
    form: Tensor,
    slopes: Tensor,
) -> Tensor:
    k = leaf(k)
    return gradient(plain_attention(q, k, v, angles, places, form, slopes), gy, k)


def attention_gradient_v(
    gy: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    angles: Tensor,
    places: Tensor,
    form: Tensor,
    slopes: Tensor,
) -> Tensor:
    v = leaf(v)
    return gradient(plain_attention(q, k, v, angles, places, form, slopes), gy, v)


def plain_silu(x: Tensor) -> Tensor:
    return x / (1 + torch.exp(-x))


def silu_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_silu(x), gy, x)


def plain_gelu(x: Tensor) -> Tensor:
    return x * (1 + torch.erf(x / 2**0.5)) / 2


def gelu_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_gelu(x), gy, x)


def plain_tanh_gelu(x: Tensor) -> Tensor:
    return x * (1 + torch.tanh((2 / 3.141592653589793) ** 0.5 * (x + 0.044715 * x * x * x))) / 2


def tanh_gelu_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_tanh_gelu(x), gy, x)


def plain_tanh(x: Tensor) -> Tensor:
    return (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())


def tanh_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_tanh(x), gy, x)


def plain_relu(x: Tensor) -> Tensor:
    return x * (x > 0)


def relu_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_relu(x), gy, x)


def plain_soft_cap(x: Tensor) -> Tensor:
    return 0.75 * torch.tanh(x / 0.75)


def soft_cap_gradient(gy: Tensor, x: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_soft_cap(x), gy, x)


def plain_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    shares = torch.exp(logits) / torch.exp(logits).sum([-1], True)
    return -torch.log(shares.gather(1, targets.unsqueeze(1))).sum()


def cross_entropy_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    logits = leaf(logits)
    return gradient(0.25 * plain_cross_entropy(logits, targets), torch.ones([]), logits)


# The kernels on a device that holds no values: a tensor made on another one would not mix.
# They give the elements of their results. MetaDeviceTest names the kernels that cannot run there.
def elsewhere(x: Tensor) -> Tensor:
    return x.to(torch.device("meta"))


def meta_layer(x: Tensor, w: Tensor, a: Tensor, b: Tensor) -> int:
    x, w, a, b = elsewhere(x), elsewhere(w), elsewhere(a), elsewhere(b)
    y = lora_linear(rms_norm(x, w[0], 0.1), copy_of(x), w, a, b, 2.0, False)
    g = lora_parameters_vjp(y[0], x, y[1], b, 2.0)
    gx = linear_vjp_onto_(lora_input_vjp(g[0], a), y[0], w, False)
    parts = gated_vjp(gx, x, gated(x, gx, "silu"), "gelu")
    parts = [fused_gated_vjp(gx, torch.cat(parts, 1), "relu")]
    parts = [layer_norm_vjp([parts[0][:, :8]], x, w[0], 0.1)]
    parts = [offset_rms_norm_vjp(parts, offset_rms_norm(x, w[0], 0.1), w[0], 0.1)]
    return add_(rms_norm_vjp(parts, x, w[0], 0.1), x).numel()


def meta_attention(q: Tensor, k: Tensor, cos: Tensor, positions: Tensor) -> int:
    q, k, cos, positions = elsewhere(q), elsewhere(k), elsewhere(cos), elsewhere(positions)
    lengths = [10, 1, 7]
    slopes = [torch.zeros([2, 1, 2, 1], dtype=q.dtype, device=q.device)]
    joined = split_grouped_vjp([q, k, k], 2, cos.size(2))
    parts = split_grouped(joined, 2, cos.size(2))
    x = attention_heads(parts[0], parts[1], parts[2], cos, cos, cos.size(2))
    y = causal_attention(x[0], x[1], x[2], lengths, 0, 0.5, 4, 3, 0.5, slopes)
    g = causal_attention_vjp(
        y[0], y[0], x[0], x[1], x[2], y[1], lengths, 0, 0.5, 4, 3, 0.5, slopes
    )
    gq = attention_heads_vjp(g[0], g[1], g[2], cos, cos)[0]
    cache = fill_cache_(empty_cache(q, 3, 2, 12, cos.size(2)), x[1], lengths)
    new = cos[:3]
    mixed = cached_attention(
        q[:3], k[:3], k[:3], cache, cache, positions, new, new, 0.5, 3, 0.5, slopes
    )
    return gq.numel() + mixed.numel()


def meta_head(x: Tensor, w: Tensor, ids: Tensor) -> int:
    x, w, ids = elsewhere(x), elsewhere(w), elsewhere(ids)
    logits = linear(x[:3], w, False)
    loss = cross_entropy(logits, ids, 0.5)
    likely = log_likelihood(logits, greedy(logits))
    return select_rows_vjp([loss[1]], ids, 9).numel() + likely[0].numel()


def meta_fused_attention(q: Tensor, k: Tensor, gy: Tensor) -> int:
    q, k, gy = elsewhere(q), elsewhere(k), elsewhere(gy)
    lengths = [3, 1, 5]
    x = fused_attention_inputs(gy, q, k, k, lengths, 0, 0.5)
    g = fused_attention_gradients(x[1:], lengths, 0, q.size(2), 0.5)
    return g[0].numel() + g[1].numel() + g[2].numel()


def meta_optimizer(p: Tensor) -> int:
    p = elsewhere(p)
    m = reinterpret(cast(p, torch.float32), torch.float32)
    p = adamw_(p, p, m, m, 0.1, 0.1, 0.9, 0.99, 0.1, 0.5, 0.5)
    return sgd_momentum_(sgd_(p, m, 0.1, 0.1), m, m, 0.1, 0.1, 0.9).numel()


def meta_rest(x: Tensor, ids: Tensor) -> int:
    x, ids = elsewhere(x), elsewhere(ids)
    square = stacked_pair([matmul(x, x.t())], [x])[0]
    sums = add_scaled(square, square, 2.0)
    stacked = split_stacked_vjp(split_stacked(x, 4, 2))
    capped = soft_cap_vjp(stacked, fused_gated(stacked, "silu").repeat([1, 2]), 2.0)
    gx = linear_vjp(square, zero_at_(square + sums, ids), False)
    rows = sum_of([join_rows([capped, gx])])
    chosen = warped(rows[:3], 0.5, 4, 1.0)[:, ids]  # top-p reads a value
    cache = first_positions(x.view([1, 1, x.size(0), x.size(1)]), 2)
    made = empty([2, 2], torch.float32, "meta")
    made = blocks_of((made + made).view([-1]), 4)
    return sums.numel() + chosen.numel() + cache.numel() + made.numel()


# VB-LoRA, one sub-vector after another: its k = 2 largest logits found by looking at all.
def plain_vblora(logits: Tensor, bank: Tensor) -> Tensor:
    rows: List[Tensor] = []
    for i in range(logits.size(0)):
        for j in range(logits.size(1)):
            order = logits[i, j].argsort(-1, True)
            p = logits[i, j][order[0]].exp()
            q = logits[i, j][order[1]].exp()
            rows.append((p * bank[order[0]] + q * bank[order[1]]) / (p + q))
    return torch.stack(rows).view([logits.size(0), logits.size(1), bank.size(1)])


def plain_vblora_a(logits: Tensor, bank: Tensor) -> Tensor:
    return plain_vblora(logits, bank).reshape([logits.size(0), -1])


def plain_vblora_b(logits: Tensor, bank: Tensor) -> Tensor:
    return plain_vblora(logits, bank).transpose(1, 2).reshape([-1, logits.size(1)])


def vblora_a_gradient_logits(gy: Tensor, logits: Tensor, bank: Tensor) -> Tensor:
    logits = leaf(logits)
    return gradient(plain_vblora_a(logits, bank), gy, logits)


def vblora_a_gradient_bank(gy: Tensor, logits: Tensor, bank: Tensor) -> Tensor:
    bank = leaf(bank)
    return gradient(plain_vblora_a(logits, bank), gy, bank)


def vblora_b_gradient_logits(gy: Tensor, logits: Tensor, bank: Tensor) -> Tensor:
    logits = leaf(logits)
    return gradient(plain_vblora_b(logits, bank), gy, logits)


def vblora_b_gradient_bank(gy: Tensor, logits: Tensor, bank: Tensor) -> Tensor:
    bank = leaf(bank)
    return gradient(plain_vblora_b(logits, bank), gy, bank)


# logits [3, 4, 8] and a bank [8, 6]
def meta_vblora(logits: Tensor, bank: Tensor) -> int:
    logits, bank = elsewhere(logits), elsewhere(bank)
    c = vblora_choice(logits, 2)
    a = torch.empty([3, 24], device=bank.device)
    b = torch.empty([18, 4], device=bank.device)
    g = vblora_a_vjp(vblora_a_(a, c[0], c[1], bank), c[0], c[1], bank)
    g = g + vblora_b_vjp(vblora_b_(b, c[0], c[1], bank), c[0], c[1], bank)
    kept = vblora_restored_choice(vblora_kept_shares(c[0]), c[1])
    return g[0].numel() + g[1].numel() + g[2].numel() + g[3].numel() + kept[0].numel()


# DoRA with its weight formed, and the norm of its rows a constant; scaling 1.5.
def plain_dora_weight(w: Tensor, a: Tensor, b: Tensor, m: Tensor) -> Tensor:
    v = w + 1.5 * (b @ a)
    return v * (m / (v * v).sum([1]).sqrt().detach()).unsqueeze(1)


# kept: factors 0 and 1 of x; a quarter is dropped where any is
def plain_dora(
    x: Tensor, kept: Tensor, w: Tensor, a: Tensor, b: Tensor, m: Tensor
) -> Tensor:
    change = plain_dora_weight(w, a, b, m) - w
    share = 0.75 if bool((kept == 0).any()) else 1.0
    return x @ w.t() + (x * kept / share) @ change.t()


# The gradients of x, a, b and m, flat.
def dora_gradients(
    gy: Tensor, x: Tensor, kept: Tensor, w: Tensor, a: Tensor, b: Tensor, m: Tensor
) -> Tensor:
    x, a, b, m = leaf(x), leaf(a), leaf(b), leaf(m)
    g = torch.grad(
        [plain_dora(x, kept, w, a, b, m)],
        [x, a, b, m],
        annotate(List[Optional[Tensor]], [gy]),
    )
    return torch.cat([unchecked_cast(Tensor, part).reshape([-1]) for part in g])


def plain_row_norms(w: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return ((w + 1.5 * (b @ a)) ** 2).sum([1]).sqrt()


def weight_gradient(gy: Tensor, x: Tensor, w: Tensor) -> Tensor:
    w = leaf(w)
    return gradient(x @ w.t(), gy, w)


def bias_gradient(gy: Tensor, b: Tensor) -> Tensor:
    b = leaf(b)
    return gradient(torch.zeros_like(gy) + 1.5 * b, gy, b)


def rms_norm_weight_gradient(gy: Tensor, x: Tensor, w: Tensor) -> Tensor:
    w = leaf(w)
    return gradient(plain_rms_norm(x, w), gy, w)


# Those of w and of b, one after the other.
def layer_norm_weight_gradients(gy: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    w, b = leaf(w), leaf(b)
    y = plain_layer_norm(x, w, b)
    return torch.cat([gradient(y, gy, w), gradient(plain_layer_norm(x, w, b), gy, b)])


# Some outputs by rows of their own, in place of the weight's.
def plain_put_outputs(x: Tensor, w: Tensor, outputs: Tensor, rows: Tensor) -> Tensor:
    return x @ w.index_copy(0, outputs, rows).t()


def put_outputs_gradient_x(
    gy: Tensor, x: Tensor, w: Tensor, outputs: Tensor, rows: Tensor
) -> Tensor:
    x = leaf(x)
    return gradient(plain_put_outputs(x, w, outputs, rows), gy, x)


def put_outputs_gradient_rows(
    gy: Tensor, x: Tensor, w: Tensor, outputs: Tensor, rows: Tensor
) -> Tensor:
    rows = leaf(rows)
    return gradient(plain_put_outputs(x, w, outputs, rows), gy, rows)


def table_gradient(gy: Tensor, ids: Tensor, table: Tensor) -> Tensor:
    table = leaf(table)
    return gradient(1.5 * table[ids], gy, table)


def plain_lora_embedding(x: Tensor, ids: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return x + 1.5 * (b @ a).t()[ids]


# Those of a and of b, flat, one after the other.
def lora_embedding_gradients(
    gy: Tensor, x: Tensor, ids: Tensor, a: Tensor, b: Tensor
) -> Tensor:
    a, b = leaf(a), leaf(b)
    g = torch.grad(
        [plain_lora_embedding(x, ids, a, b)],
        [a, b],
        annotate(List[Optional[Tensor]], [gy]),
    )
    return torch.cat([unchecked_cast(Tensor, part).reshape([-1]) for part in g])


# The best approximation of rank r of a matrix, by all of its singular values.
def best_approximation(w: Tensor, r: Tensor) -> Tensor:
    u, s, vh = torch.linalg_svd(w, False)
    n = int(r)
    return (u[:, :n] * s[:n]) @ vh[:n]


def meta_lora_variants(w: Tensor, a: Tensor, b: Tensor) -> int:
    w, a, b = elsewhere(w), elsewhere(a), elsewhere(b)
    norms = row_norms(row_squares(w), w, a, b, 2.0)
    y = dora_direction(linear(w, w, False), w, a, b, 2.0)[0]
    y = dora_output_beside(dora_output(y, norms, norms), y, y, norms, norms, 2.0)
    y = dora_scaled(add_scaled_(y, norms, 2.0), norms, norms, 1.0, 2.0)
    g = dora_magnitude_vjp(y, dora_merged(w, norms, w, True), norms, 2.0)
    parts = factors_of_difference(a, b, a, b)
    parts = singular_factors(parts[1] @ parts[0], 3, 2.0)
    parts = approximate_singular_factors(parts[1] @ parts[0], parts[1], 2, 2.0)
    parts = orthonormal_factors(parts[1] @ parts[0], 2)
    parts = interleaved_factors(w, w[:, :4], w[:4])
    g = g + as_type_of(bias_vjp(add_product_(y, b, a, 2.0), 2.0), g)
    g = g + rms_norm_weight_vjp([y], w, 0.1) + layer_norm_weight_vjp([y], w, 0.1)[0]
    return g.numel() + weight_vjp(y, w).numel() + parts[0].numel()


def plain_scaled(x: Tensor, l: Tensor) -> Tensor:
    return x @ torch.diag(l.flatten())


def scaled_gradient_x(gy: Tensor, x: Tensor, l: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_scaled(x, l), gy, x)


def scaled_gradient_l(gy: Tensor, x: Tensor, l: Tensor) -> Tensor:
    l = leaf(l)
    return gradient(plain_scaled(x, l), gy, l)


# Scaled by 1.5, with three quarters kept of x by the mask.
def plain_bottleneck(x: Tensor, mask: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return 1.5 * plain_gelu((x * mask / 0.75) @ down.t()) @ up.t()


def bottleneck_gradient_x(gy: Tensor, x: Tensor, mask: Tensor, down: Tensor, up: Tensor) -> Tensor:
    x = leaf(x)
    return gradient(plain_bottleneck(x, mask, down, up), gy, x)


def bottleneck_gradient_down(
    gy: Tensor, x: Tensor, mask: Tensor, down: Tensor, up: Tensor
) -> Tensor:
    down = leaf(down)
    return gradient(plain_bottleneck(x, mask, down, up), gy, down)


def bottleneck_gradient_up(gy: Tensor, x: Tensor, mask: Tensor, down: Tensor, up: Tensor) -> Tensor:
    up = leaf(up)
    return gradient(plain_bottleneck(x, mask, down, up), gy, up)


# x [5, 8], a prompt [4, 2 2 2 3] of two layers with two heads of three features
def meta_methods(x: Tensor, prompt: Tensor) -> int:
    x, prompt = elsewhere(x), elsewhere(prompt)
    g = scaled_vjp(x, scaled(x, x[0]), scaled_weight(x[:1], x[:1]))
    narrow = bottleneck_vjp(x, x, bottleneck_inner(x, x[:3], 0.5), x[:3], x.t()[:, :3], 1.0, 1.0, "tanh")
    z = bottleneck_outer(bottleneck_inner(x, x[:3], 0.5), x.t()[:, :3], 1.0, "tanh")
    keys = prefix_part_(torch.empty([2, 4, 3], device=x.device), prompt, 2)
    lengths = [3, 2]
    heads = prefixed(keys[:, [0, 1, 2, 3, 0]], keys, lengths)
    own = prefixed_vjp(heads, 4, lengths)
    gprompt = prefix_parts_vjp([own[1], own[1], own[1], own[1]])
    y = z + narrow[0] + g[0]
    return y.numel() + own[0].numel() + gprompt.numel()


# Two documents of three and two tokens that four virtual ones stand before: every key head has a
# query; q and gy [1, 5, 1, 8], k [1, 13, 8]
def meta_prefixed_attention(q: Tensor, k: Tensor) -> int:
    q, k = elsewhere(q), elsewhere(k)
    y = causal_attention(q, k, k, [3, 2], 4, 0.5, 2, 3, 0.0, [])
    g = causal_attention_vjp(y[0], y[0], q, k, k, y[1], [3, 2], 4, 0.5, 2, 3, 0.0, [])
    x = fused_attention_inputs(y[0], q, k, k, [3, 2], 4, 0.5)
    f = fused_attention_gradients(x[1:], [3, 2], 4, 1, 0.5)
    return g[1].numel() + f[1].numel()
