# The gated unit of the feed-forward part. (Shazeer 2020, arXiv:2002.05202.)


# y = silu(gate) up
def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    return torch.silu(gate) * up


# Gradients of gate and up.
def swiglu_vjp(gy: Tensor, gate: Tensor, up: Tensor) -> List[Tensor]:
    return [torch.silu_backward(gy * up, gate), gy * torch.silu(gate)]
