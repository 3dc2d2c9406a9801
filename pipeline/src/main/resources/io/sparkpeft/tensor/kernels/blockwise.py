# bitsandbytes' blockwise 8-bit codes: each block of a flat tensor is divided by its greatest
# magnitude, and each value replaced by the place of the nearest one in a map of 256. The last block
# may be short. (Dettmers et al. 2022, arXiv:2110.02861.)


# x [n] as rows of a block each, zeros behind the last value: [blocks, block]
def blocks_of(x: Tensor, block: int) -> Tensor:
    n = x.size(0)
    missing = (block - n % block) % block
    return torch.constant_pad_nd(x, [0, missing]).view([-1, block])


# map: 256 values in ascending order. Gives codes uint8 [n] and absmax [blocks] of x fp32 [n].
# A value in the middle between two takes the lower.
def blockwise_codes(x: Tensor, map: Tensor, block: int) -> List[Tensor]:
    rows = blocks_of(x, block)
    absmax = rows.abs().amax([1])
    share = torch.clamp(rows * (1.0 / absmax.clamp_min(1e-38)).unsqueeze(1), -1, 1)
    middles = (map[:-1] + map[1:]) / 2
    codes = torch.bucketize(share, middles, out_int32=True).view([-1])
    return [codes[: x.size(0)].to(torch.uint8), absmax]


def blockwise_values(codes: Tensor, absmax: Tensor, map: Tensor, block: int) -> Tensor:
    rows = blocks_of(map.index_select(0, codes.to(torch.int32)), block)
    return (rows * absmax.unsqueeze(1)).view([-1])[: codes.size(0)]
