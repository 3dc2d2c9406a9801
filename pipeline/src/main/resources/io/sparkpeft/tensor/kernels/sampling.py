# The choice of a next token by chance.   logits [rows, vocabulary]


# Logits as transformers' warpers leave them, in their order: over the temperature; the k most
# likely and what equals the last of them; of these, the fewest that have a probability of p
# together. The others become -inf.   top_k: 0 for all; top_p: 1 for all
def warped(logits: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    scores = logits.float() / temperature
    if top_k > 0:
        best, places = scores.topk(min(top_k, scores.size(-1)), -1, True, True)
        scores = scores.masked_fill(scores < best[:, -1:], -inf)
    if top_p < 1:
        left = int((scores > -inf).sum(-1).max())
        descending, places = scores.topk(left, -1, True, True)
        ascending, order = descending.flip(-1), places.flip(-1)
        unlikely = ascending.softmax(-1).cumsum(-1) <= 1 - top_p
        unlikely[:, -1:].fill_(False)
        hidden = torch.zeros_like(scores, dtype=torch.bool).scatter_(-1, order, unlikely)
        scores = scores.masked_fill(hidden, -inf)
    return scores


# Of each row the token at which the running sum of probabilities passes the row's number, an
# integer from 0 to 2^48 - 1 that stands for a fraction of their sum.
def sample(
    logits: Tensor, numbers: Tensor, temperature: float, top_k: int, top_p: float
) -> Tensor:
    sums = warped(logits, temperature, top_k, top_p).softmax(-1).double().cumsum(-1)
    fractions = numbers.double().unsqueeze(1) * 2.0**-48
    return torch.searchsorted(sums, fractions * sums[:, -1:], right=True).squeeze(1)
