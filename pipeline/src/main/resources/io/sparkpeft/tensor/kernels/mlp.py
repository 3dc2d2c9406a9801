# The nonlinear middle of the feed-forward part.
# kind: silu, gelu (exact), tanh_gelu, tanh or relu


def activation(x: Tensor, kind: str) -> Tensor:
    if kind == "silu":
        return torch.silu(x)
    if kind == "gelu":
        return torch.gelu(x)
    if kind == "tanh_gelu":
        return torch.gelu(x, approximate="tanh")
    if kind == "tanh":
        return torch.tanh(x)
    return x.clamp_min(0)


def activation_vjp(gy: Tensor, x: Tensor, kind: str) -> Tensor:
    if kind == "silu":
        return torch.silu_backward(gy, x)
    if kind == "gelu":
        return torch.gelu_backward(gy, x)
    if kind == "tanh_gelu":
        return torch.gelu_backward(gy, x, approximate="tanh")
    if kind == "tanh":
        return torch.tanh_backward(gy, torch.tanh(x))
    return torch.threshold_backward(gy, x, 0)


# y = act(gate) up. (Shazeer 2020, arXiv:2002.05202.)
def gated(gate: Tensor, up: Tensor, kind: str) -> Tensor:
    return activation(gate, kind) * up


# Gradients of gate and up.
def gated_vjp(gy: Tensor, gate: Tensor, up: Tensor, kind: str) -> List[Tensor]:
    return [activation_vjp(gy * up, gate, kind), gy * activation(gate, kind)]


# The same for gates and what they let through side by side.   x [rows, 2 features]
def fused_gated(x: Tensor, kind: str) -> Tensor:
    half = x.size(1) // 2
    return gated(x[:, :half], x[:, half:], kind)


def fused_gated_vjp(gy: Tensor, x: Tensor, kind: str) -> Tensor:
    half = x.size(1) // 2
    return torch.cat(gated_vjp(gy, x[:, :half], x[:, half:], kind), 1)
