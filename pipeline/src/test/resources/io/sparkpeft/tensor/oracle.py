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


# A mixture of experts, token by token: the k = 2 likeliest found by looking at all. nets [E, 3, I, H]:
# each expert's gate, up, and down transposed; normalized: above 0 if their shares sum to one
def plain_experts(x: Tensor, router: Tensor, nets: Tensor, normalized: Tensor) -> Tensor:
    rows: List[Tensor] = []
    for i in range(x.size(0)):
        p = (router @ x[i]).softmax(-1)
        order = p.argsort(-1, True)
        y = torch.zeros_like(x[i])
        for place in range(2):
            e = order[place]
            middle = torch.silu(nets[e, 0] @ x[i]) * (nets[e, 1] @ x[i])
            share = p[e] / (p[order[0]] + p[order[1]]) if bool(normalized > 0) else p[e]
            y = y + share * (middle @ nets[e, 2])
        rows.append(y)
    return torch.stack(rows)


def experts_gradient(
    gy: Tensor, x: Tensor, router: Tensor, nets: Tensor, normalized: Tensor
) -> Tensor:
    x = leaf(x)
    return gradient(plain_experts(x, router, nets, normalized), gy, x)


# The same with B A added to every matrix, each formed in full. pairs [A, B of gate and up, A, B of
# down, A, B of the router], the first four PEFT's for all experts in one, over scalings [3]
def plain_adapted_experts(
    x: Tensor,
    router: Tensor,
    nets: Tensor,
    normalized: Tensor,
    pairs: List[Tensor],
    scalings: Tensor,
) -> Tensor:
    count, inner = nets.size(0), nets.size(2)
    changed: List[Tensor] = []
    for e in range(count):
        a = pairs[0].reshape([count, -1, x.size(1)])[e]
        b = pairs[1].reshape([2 * inner, -1, count])[:, :, e]
        ins = scalings[0] * (b @ a)
        a = pairs[2].reshape([count, -1, inner])[e]
        b = pairs[3].reshape([x.size(1), -1, count])[:, :, e]
        out = scalings[1] * (b @ a)
        gate, up = nets[e, 0] + ins[:inner], nets[e, 1] + ins[inner:]
        changed.append(torch.stack([gate, up, nets[e, 2] + out.t()]))
    return plain_experts(
        x, router + scalings[2] * (pairs[5] @ pairs[4]), torch.stack(changed), normalized
    )


def adapted_experts(
    x: Tensor,
    router: Tensor,
    nets: Tensor,
    normalized: Tensor,
    a0: Tensor,
    b0: Tensor,
    a1: Tensor,
    b1: Tensor,
    a2: Tensor,
    b2: Tensor,
    scalings: Tensor,
) -> Tensor:
    return plain_adapted_experts(x, router, nets, normalized, [a0, b0, a1, b1, a2, b2], scalings)


# which: of the pairs' tensors, or 6 for x
def adapted_experts_gradient(
    gy: Tensor,
    x: Tensor,
    router: Tensor,
    nets: Tensor,
    normalized: Tensor,
    a0: Tensor,
    b0: Tensor,
    a1: Tensor,
    b1: Tensor,
    a2: Tensor,
    b2: Tensor,
    scalings: Tensor,
    which: Tensor,
) -> Tensor:
    leaves = [leaf(t) for t in [a0, b0, a1, b1, a2, b2, x]]
    y = plain_adapted_experts(leaves[6], router, nets, normalized, leaves[:6], scalings)
    return gradient(y, gy, leaves[int(which)])
