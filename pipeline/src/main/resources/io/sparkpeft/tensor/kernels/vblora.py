# VB-LoRA: A and B consist of sub-vectors of b values, each a mixture of k of the h vectors of a bank
# that all layers share. (Li, Han and Ji 2024, arXiv:2405.15179.)
# bank [h, b]; for the sub-vectors of a matrix: logits [.., h], shares [.., k], places [.., k]


# The k largest logits of every sub-vector, made shares of a whole, biggest first, and their places.
def vblora_choice(logits: Tensor, k: int) -> List[Tensor]:
    top, places = logits.topk(k)
    return [top.softmax(-1), places]


# The choice that a file keeps: places in a small type and all shares but the last, which what
# rounding leaves of a whole may not make negative.
def vblora_restored_choice(shares: Tensor, places: Tensor) -> List[Tensor]:
    last = (1 - shares.sum([-1], True)).clamp_min_(0)
    return [torch.cat([shares, last], -1), places.long()]


# What a file keeps of the shares.
def vblora_kept_shares(shares: Tensor) -> Tensor:
    return shares[..., : shares.size(-1) - 1].contiguous()


# Sub-vectors [.., b]
def vblora_mixture(shares: Tensor, places: Tensor, bank: Tensor) -> Tensor:
    return (shares.unsqueeze(-1) * bank[places]).sum([-2])


# Written into A [r, in] out of sub-vectors [r, in / b, b].
def vblora_a_(a: Tensor, shares: Tensor, places: Tensor, bank: Tensor) -> Tensor:
    return a.copy_(vblora_mixture(shares, places, bank).view(a.size()))


# Written into B [out, r] out of sub-vectors [out / b, r, b].
def vblora_b_(b: Tensor, shares: Tensor, places: Tensor, bank: Tensor) -> Tensor:
    mixture = vblora_mixture(shares, places, bank)
    return b.copy_(mixture.transpose(1, 2).reshape(b.size()))


# Gradients of the logits, of which only the chosen have one, and of the bank, given those g [.., b]
# of the sub-vectors.
def vblora_mixture_vjp(
    g: Tensor, shares: Tensor, places: Tensor, bank: Tensor
) -> List[Tensor]:
    h = bank.size(0)
    gshares = (g.unsqueeze(-2) * bank[places]).sum([-1])
    gtop = shares * (gshares - (shares * gshares).sum([-1], True))
    tiles = [shares.size(0), shares.size(1), h]
    glogits = torch.zeros(tiles, dtype=g.dtype, device=g.device).scatter_(-1, places, gtop)
    gvectors = shares.unsqueeze(-1) * g.unsqueeze(-2)  # [.., k, b]
    # index_put_ adds in one order on every device; index_add_ does not on GPUs
    gbank = torch.index_put_(torch.zeros_like(bank), [places], gvectors, True)
    return [glogits, gbank]


def vblora_a_vjp(ga: Tensor, shares: Tensor, places: Tensor, bank: Tensor) -> List[Tensor]:
    g = ga.view([ga.size(0), -1, bank.size(1)])
    return vblora_mixture_vjp(g, shares, places, bank)


def vblora_b_vjp(gb: Tensor, shares: Tensor, places: Tensor, bank: Tensor) -> List[Tensor]:
    g = gb.view([-1, bank.size(1), gb.size(1)]).transpose(1, 2)
    return vblora_mixture_vjp(g, shares, places, bank)
