# Prefix tuning: trained keys and values stand before those of every document. (Li and Liang 2021,
# arXiv:2101.00190.) They are not rotated.
# T virtual tokens, L layers, key heads K, features D; prompt [T, L 2 K D]: for each virtual token all
# layers' keys and values, each layer's keys before its values


# What the encoder that a prompt may be trained through has between its layers, [T, H]: embeddings
# [T, E], inner weights [H, E] and bias [H]. (Li and Liang 2021, section 4.3.)
def prefix_hidden(embeddings: Tensor, inner: Tensor, inner_bias: Tensor) -> Tensor:
    return torch.addmm(inner_bias, embeddings, inner.t()).tanh_()


# The encoder's prompt, written into x [T, L 2 K D]; outer weights [L 2 K D, H] and bias [L 2 K D].
def prefix_encoded_(
    x: Tensor,
    embeddings: Tensor,
    inner: Tensor,
    inner_bias: Tensor,
    outer: Tensor,
    outer_bias: Tensor,
) -> Tensor:
    hidden = prefix_hidden(embeddings, inner, inner_bias)
    return x.copy_(torch.addmm(outer_bias, hidden, outer.t()))


# Gradients of all five, in that order, given the prompt's.
def prefix_encoded_vjp(
    g: Tensor, embeddings: Tensor, inner: Tensor, inner_bias: Tensor, outer: Tensor
) -> List[Tensor]:
    hidden = prefix_hidden(embeddings, inner, inner_bias)
    ginner = (1 - hidden * hidden).mul_(g @ outer)  # before the tanh, [T, H]
    return [ginner @ inner, ginner.t() @ embeddings, ginner.sum([0]), g.t() @ hidden, g.sum([0])]


# A layer's keys (part 2 layer) or values (part 2 layer + 1), written into x [K, T, D].
def prefix_part_(x: Tensor, prompt: Tensor, part: int) -> Tensor:
    K, T, D = x.size()
    return x.copy_(prompt[:, part * K * D : (part + 1) * K * D].view([T, K, D]).transpose(0, 1))


# The gradient of the prompt, given those of all its parts [K, T, D].
def prefix_parts_vjp(gs: List[Tensor]) -> Tensor:
    T = gs[0].size(1)
    return torch.cat([g.transpose(0, 1).reshape([T, -1]) for g in gs], 1)


# Keys or values [K, N, D] of documents of those lengths, with a prefix [K, T, D] before each.
def prefixed(x: Tensor, prefix: Tensor, lengths: List[int]) -> Tensor:
    before = prefix.type_as(x)
    parts: List[Tensor] = []
    for document in x.split_with_sizes(lengths, 1):
        parts.append(before)
        parts.append(document)
    return torch.cat(parts, 1)


# Gradients of the documents' own and, in fp32, of the prefix, which all of them read.
def prefixed_vjp(g: Tensor, tokens: int, lengths: List[int]) -> List[Tensor]:
    gprefix = torch.zeros([g.size(0), tokens, g.size(2)], dtype=torch.float32, device=g.device)
    own: List[Tensor] = []
    first = 0
    for length in lengths:
        gprefix.add_(g[:, first : first + tokens])
        first = first + tokens
        own.append(g[:, first : first + length])
        first = first + length
    return [torch.cat(own, 1), gprefix]
