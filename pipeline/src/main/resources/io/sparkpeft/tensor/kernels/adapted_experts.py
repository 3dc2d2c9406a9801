# Low-rank paths of experts and of what chooses among them, the factors of all experts in one pair, as
# PEFT has them where a layer's experts are one parameter. (Hu et al. 2021, arXiv:2106.09685.)
# Of E matrices [out, in] a pair is a [E r, in] and b [out, r E], both fp32; of matrix e these are
# the rows from e r on and the columns e, E + e, 2 E + e, ...   An empty list stands for no pair.
# The rest as in experts.py; the pair of ways in is gate's above up's: out = 2 I.


# a and b of matrix e, in the type of x.
def factors_of(pair: List[Tensor], e: int, count: int, x: Tensor) -> List[Tensor]:
    r = pair[0].size(0) // count
    return [pair[0][e * r : (e + 1) * r].type_as(x), pair[1][:, e::count].type_as(x)]


# Some rows of b a of matrix e.
def product_of_factors(pair: List[Tensor], e: int, count: int, begin: int, end: int) -> Tensor:
    factors = factors_of(pair, e, count, pair[0])
    return factors[1][begin:end] @ factors[0]


# What gate and up make of n, and with a pair n a^T.
def expert_inside(
    n: Tensor,
    e: int,
    count: int,
    gate: Tensor,
    up: Tensor,
    one_dnn: bool,
    pair: List[Tensor],
    scaling: float,
) -> List[Tensor]:
    gated_by = linear(n, gate, one_dnn)
    let_in = linear(n, up, one_dnn)
    if len(pair) == 0:
        return [gated_by, let_in]
    factors = factors_of(pair, e, count, n)
    u = n @ factors[0].t()
    half = gate.size(0)
    gated_by.addmm_(u, factors[1][:half].t(), alpha=scaling)
    let_in.addmm_(u, factors[1][half:].t(), alpha=scaling)
    return [gated_by, let_in, u]


# As expert_onto_, with the pairs of all experts' ways in and of all their ways back.
def adapted_expert_onto_(
    y: Tensor,
    x: Tensor,
    chosen: Tensor,
    shares: Tensor,
    e: int,
    count: int,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    kind: str,
    one_dnn: bool,
    ins: List[Tensor],
    scaling_in: float,
    outs: List[Tensor],
    scaling_out: float,
) -> Tensor:
    at = (chosen == e).nonzero()
    tokens, places = at[:, 0], at[:, 1]
    n = x.index_select(0, tokens)
    inside = expert_inside(n, e, count, gate, up, one_dnn, ins, scaling_in)
    middle = gated(inside[0], inside[1], kind)
    result = linear(middle, down, one_dnn)
    if len(outs) > 0:
        factors = factors_of(outs, e, count, x)
        result.addmm_(middle @ factors[0].t(), factors[1].t(), alpha=scaling_out)
    counted = shares[tokens, places].unsqueeze(1)
    return y.index_add_(0, tokens, (result * counted).type_as(y))


# As expert_vjp_onto_; the gradients of pairs are written into gins and gouts, of these shapes and
# fp32, at their places of expert e.   carry: whether gx is wanted
def adapted_expert_vjp_onto_(
    gx: Tensor,
    gshares: Tensor,
    gy: Tensor,
    x: Tensor,
    chosen: Tensor,
    shares: Tensor,
    e: int,
    count: int,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    kind: str,
    one_dnn: bool,
    ins: List[Tensor],
    scaling_in: float,
    outs: List[Tensor],
    scaling_out: float,
    gins: List[Tensor],
    gouts: List[Tensor],
    carry: bool,
) -> Tensor:
    at = (chosen == e).nonzero()
    tokens, places = at[:, 0], at[:, 1]
    n = x.index_select(0, tokens)
    g = gy.index_select(0, tokens)
    share = shares[tokens, places].unsqueeze(1)
    inside = expert_inside(n, e, count, gate, up, one_dnn, ins, scaling_in)
    middle = gated(inside[0], inside[1], kind)
    back = linear_vjp(g, down, one_dnn)
    if len(outs) > 0:
        factors = factors_of(outs, e, count, x)
        gu = (g @ factors[1]) * scaling_out
        back.addmm_(gu, factors[0])
        u = ((middle @ factors[0].t()) * share).type_as(x)
        r = factors[0].size(0)
        gouts[0][e * r : (e + 1) * r] = (gu * share).type_as(x).t() @ middle
        gouts[1][:, e::count] = (g.t() @ u).float() * scaling_out
    gshares[tokens, places] = (back.float() * middle.float()).sum([-1])
    inner = gated_vjp((back * share).type_as(g), inside[0], inside[1], kind)
    gn = gx
    if carry:
        gn = linear_vjp_onto_(linear_vjp(inner[0], gate, one_dnn), inner[1], up, one_dnn)
    if len(ins) > 0:
        factors = factors_of(ins, e, count, x)
        half = gate.size(0)
        r = factors[0].size(0)
        gu = (inner[0] @ factors[1][:half]).addmm_(inner[1], factors[1][half:]) * scaling_in
        gins[0][e * r : (e + 1) * r] = gu.t() @ n
        gins[1][:half, e::count] = (inner[0].t() @ inside[2]).float() * scaling_in
        gins[1][half:, e::count] = (inner[1].t() @ inside[2]).float() * scaling_in
        if carry:
            gn = gn.addmm_(gu, factors[0])
    return gx.index_add_(0, tokens, gn) if carry else gx


# As expert_routing, with a pair: a [r, H], b [E, r].
def adapted_routing(
    x: Tensor, router: Tensor, k: int, normalized: bool, a: Tensor, b: Tensor, scaling: float
) -> List[Tensor]:
    logits = torch.linear(x, router).addmm_(lora_inner(x, a), b.type_as(x).t(), alpha=scaling)
    return routing_of(logits, k, normalized)


# As expert_routing_vjp_onto_, which gives gx only if that is wanted; the gradients of a and b.
def adapted_routing_vjp_onto_(
    gx: Tensor,
    gshares: Tensor,
    p: Tensor,
    top: Tensor,
    chosen: Tensor,
    shares: Tensor,
    router: Tensor,
    normalized: bool,
    x: Tensor,
    a: Tensor,
    b: Tensor,
    scaling: float,
    carry: bool,
) -> List[Tensor]:
    g = routing_logits_vjp(gshares, p, top, chosen, shares, normalized).type_as(x)
    parts = lora_parameters_vjp(g, x, lora_inner(x, a), b, scaling)
    if carry:
        gx.add_(g @ router).addmm_(parts[0], a.type_as(x))
    return [parts[1], parts[2]]
