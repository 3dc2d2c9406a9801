# The kernels on a device that holds no values: a tensor made on another one would not mix.
# They give the elements of their results. MetaDeviceTest names the kernels that cannot run there.
def elsewhere(x: Tensor) -> Tensor:
    return x.to(torch.device("meta"))


def meta_layer(x: Tensor, w: Tensor, a: Tensor, b: Tensor) -> int:
    x, w, a, b = elsewhere(x), elsewhere(w), elsewhere(a), elsewhere(b)
    y = lora_linear(rms_norm(x, w[0], 0.1), copy_of(x), w, a, b, 2.0, False)
    y[0] = add_loras_(y[0], x, [a, a], [b, b], [2.0, 1.0], [0, 1, 1, 4])
    g = lora_parameters_vjp(join_rows([rows_of(y[0], 0, 2), y[0][2:]]), x, y[1], b, 2.0)
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
    y = causal_attention(x[0], x[1], x[2], lengths, [0, 0, 0], 0.5, 4, 3, 0.5, slopes)
    g = causal_attention_vjp(
        y[0], y[0], x[0], x[1], x[2], y[1], lengths, 0, 0.5, 4, 3, 0.5, slopes
    )
    gq = attention_heads_vjp(g[0], g[1], g[2], cos, cos)[0]
    cache = fill_cache_(empty_cache(q, 3, 2, 12, cos.size(2)), behind_stems(x[1], lengths, [-1, 0, -1]), [10, 11, 7], [2, 0, 1])
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
    m = overwrite_(reinterpret(cast(p, torch.float32), torch.float32), p)
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
    cache = only_row(cache, 2)
    made = empty_like(empty([2, 2], torch.float32, "meta"))
    made = blocks_of((made + made).view([-1]), 4)
    return sums.numel() + chosen.numel() + cache.numel() + made.numel()


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


# A prompt [4, 24] of three features, with five between them
def meta_prefix_encoder(prompt: Tensor) -> int:
    prompt = elsewhere(prompt)
    e, inner, outer = prompt[:, :3], prompt.view([32, 3])[:5], prompt.t().repeat([1, 2])[:, :5]
    x = prefix_encoded_(torch.empty_like(prompt), e, inner, prompt[0, :5], outer, prompt[0])
    g = prefix_encoded_vjp(x, e, inner, prompt[0, :5], outer)
    return x.numel() + g[0].numel() + g[1].numel() + g[2].numel() + g[3].numel() + g[4].numel()


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
    y = causal_attention(q, k, k, [3, 2], [4, 4], 0.5, 2, 3, 0.0, [])
    g = causal_attention_vjp(y[0], y[0], q, k, k, y[1], [3, 2], 4, 0.5, 2, 3, 0.0, [])
    x = fused_attention_inputs(y[0], q, k, k, [3, 2], 4, 0.5)
    f = fused_attention_gradients(x[1:], [3, 2], 4, 1, 0.5)
    return g[1].numel() + f[1].numel()
