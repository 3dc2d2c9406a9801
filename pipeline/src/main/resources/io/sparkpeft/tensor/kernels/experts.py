# A mixture of gated networks, all frozen. (Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024,
# arXiv:2401.04088.) One expert at a time, so that no more than one needs to be there in full.
# N tokens, H features, E experts of I features, k of which compute a token: x [N, H], router [E, H],
# every expert's gate and up [I, H] and down [H, I]


# The router's probabilities [N, E] in fp32, those of the chosen experts [N, k], which these are
# [N, k], what each counts for the token [N, k], and how many tokens each expert has [E].
def expert_routing(x: Tensor, router: Tensor, k: int, normalized: bool) -> List[Tensor]:
    return routing_of(torch.linear(x, router), k, normalized)


# The same of the router's logits [N, E].
def routing_of(logits: Tensor, k: int, normalized: bool) -> List[Tensor]:
    p = logits.float().softmax(-1)
    top, chosen = p.topk(k, -1)
    shares = top / top.sum([-1], True) if normalized else top
    tokens = torch.bincount(chosen.flatten(), None, p.size(1))
    return [p, top, chosen, shares, tokens]


# What expert e makes of its tokens, times what it counts for them, added to y [N, H].
def expert_onto_(
    y: Tensor,
    x: Tensor,
    chosen: Tensor,
    shares: Tensor,
    e: int,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    kind: str,
    one_dnn: bool,
) -> Tensor:
    at = (chosen == e).nonzero()
    tokens, places = at[:, 0], at[:, 1]
    n = x.index_select(0, tokens)
    middle = gated(linear(n, gate, one_dnn), linear(n, up, one_dnn), kind)
    counted = shares[tokens, places].unsqueeze(1)
    return y.index_add_(0, tokens, (linear(middle, down, one_dnn) * counted).type_as(y))


# The gradient of x by way of expert e, added to gx [N, H]; that of what it counts, written into
# gshares [N, k].   gy [N, H]
def expert_vjp_onto_(
    gx: Tensor,
    gshares: Tensor,
    gy: Tensor,
    x: Tensor,
    chosen: Tensor,
    shares: Tensor,
    e: int,
    gate: Tensor,
    up: Tensor,
    down: Tensor,
    kind: str,
    one_dnn: bool,
) -> Tensor:
    at = (chosen == e).nonzero()
    tokens, places = at[:, 0], at[:, 1]
    n = x.index_select(0, tokens)
    g = gy.index_select(0, tokens)
    gated_by = linear(n, gate, one_dnn)
    let_in = linear(n, up, one_dnn)
    back = linear_vjp(g, down, one_dnn)
    # g (middle down^T)^T = (g down) middle^T: the expert's result is not needed.
    gshares[tokens, places] = (back.float() * gated(gated_by, let_in, kind).float()).sum([-1])
    counted = (back * shares[tokens, places].unsqueeze(1)).type_as(g)
    inner = gated_vjp(counted, gated_by, let_in, kind)
    gn = linear_vjp(inner[0], gate, one_dnn)
    return gx.index_add_(0, tokens, linear_vjp_onto_(gn, inner[1], up, one_dnn))


# The gradient of x by way of what chooses, added to gx.
def expert_routing_vjp_onto_(
    gx: Tensor,
    gshares: Tensor,
    p: Tensor,
    top: Tensor,
    chosen: Tensor,
    shares: Tensor,
    router: Tensor,
    normalized: bool,
) -> Tensor:
    glogits = routing_logits_vjp(gshares, p, top, chosen, shares, normalized)
    return gx.add_(glogits.type_as(gx) @ router)


# The gradient of the router's logits [N, E], fp32.
def routing_logits_vjp(
    gshares: Tensor, p: Tensor, top: Tensor, chosen: Tensor, shares: Tensor, normalized: bool
) -> Tensor:
    gtop = gshares
    if normalized:
        inner_sum = (gshares * shares).sum([-1], True)
        gtop = (gshares - inner_sum) / top.sum([-1], True)
    gp = torch.zeros_like(p).scatter_(1, chosen, gtop)
    return p * (gp - (gp * p).sum([-1], True))
