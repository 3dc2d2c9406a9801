# Obvious twins of the kernels of adapters, and their gradients by autograd.


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


# Every feature of every virtual token by itself.
def plain_prefix_encoded(
    e: Tensor, inner: Tensor, inner_bias: Tensor, outer: Tensor, outer_bias: Tensor
) -> Tensor:
    rows: List[Tensor] = []
    for t in range(e.size(0)):
        hidden = torch.tanh((inner * e[t]).sum([1]) + inner_bias)
        rows.append((outer * hidden).sum([1]) + outer_bias)
    return torch.stack(rows)


def prefix_encoded_gradient(
    gy: Tensor,
    e: Tensor,
    inner: Tensor,
    inner_bias: Tensor,
    outer: Tensor,
    outer_bias: Tensor,
    of: Tensor,
) -> Tensor:
    leaves = [leaf(e), leaf(inner), leaf(inner_bias), leaf(outer), leaf(outer_bias)]
    y = plain_prefix_encoded(leaves[0], leaves[1], leaves[2], leaves[3], leaves[4])
    return gradient(y, gy, leaves[int(of.item())])
