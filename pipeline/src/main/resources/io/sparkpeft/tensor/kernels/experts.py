# A mixture of gated networks, all frozen. (Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024,
# arXiv:2401.04088.)
# N tokens, H features, E experts of I features, k of which compute a token: x [N, H], router [E, H],
# every expert's gate and up [I, H] and down [H, I]


# The router's probabilities [N, E] in fp32, and those of the chosen experts [N, k].
def routed(x: Tensor, router: Tensor, k: int) -> List[Tensor]:
    p = torch.linear(x, router).float().softmax(-1)
    top = p.topk(k, -1)
    return [p, top[0], top[1]]


# What the chosen experts count.
def shares(top: Tensor, normalized: bool) -> Tensor:
    return top / top.sum([-1], True) if normalized else top


# y: the sum of the chosen experts' results, each times what it counts.
def experts(
    x: Tensor,
    router: Tensor,
    gates: List[Tensor],
    ups: List[Tensor],
    downs: List[Tensor],
    k: int,
    normalized: bool,
    kind: str,
    one_dnn: bool,
) -> Tensor:
    route = routed(x, router, k)
    counts = shares(route[1], normalized)
    y = torch.zeros_like(x)
    for e in range(len(gates)):
        at = (route[2] == e).nonzero()
        if at.size(0) > 0:
            tokens, places = at[:, 0], at[:, 1]
            n = x.index_select(0, tokens)
            middle = gated(linear(n, gates[e], one_dnn), linear(n, ups[e], one_dnn), kind)
            counted = counts[tokens, places].unsqueeze(1)
            y.index_add_(0, tokens, (linear(middle, downs[e], one_dnn) * counted).type_as(y))
    return y


# gx, by way of the experts and of the router.   gy [N, H]
def experts_vjp(
    gy: Tensor,
    x: Tensor,
    router: Tensor,
    gates: List[Tensor],
    ups: List[Tensor],
    downs: List[Tensor],
    k: int,
    normalized: bool,
    kind: str,
    one_dnn: bool,
) -> Tensor:
    route = routed(x, router, k)
    counts = shares(route[1], normalized)
    gcounts = torch.zeros_like(counts)
    gx = torch.zeros_like(x)
    for e in range(len(gates)):
        at = (route[2] == e).nonzero()
        if at.size(0) > 0:
            tokens, places = at[:, 0], at[:, 1]
            n = x.index_select(0, tokens)
            g = gy.index_select(0, tokens)
            gate = linear(n, gates[e], one_dnn)
            up = linear(n, ups[e], one_dnn)
            result = linear(gated(gate, up, kind), downs[e], one_dnn)
            gcounts[tokens, places] = (g.float() * result.float()).sum([-1])
            counted = (g * counts[tokens, places].unsqueeze(1)).type_as(g)
            inner = gated_vjp(linear_vjp(counted, downs[e], one_dnn), gate, up, kind)
            gn = linear_vjp(inner[0], gates[e], one_dnn)
            gx.index_add_(0, tokens, linear_vjp_onto_(gn, inner[1], ups[e], one_dnn))
    gtop = gcounts
    if normalized:
        inner_sum = (gcounts * counts).sum([-1], True)
        gtop = (gcounts - inner_sum) / route[1].sum([-1], True)
    gp = torch.zeros_like(route[0]).scatter_(1, route[2], gtop)
    glogits = route[0] * (gp - (gp * route[0]).sum([-1], True))
    return gx.add_(glogits.type_as(x) @ router)
