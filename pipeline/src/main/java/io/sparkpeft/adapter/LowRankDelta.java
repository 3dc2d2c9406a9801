package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;

/**
 * LoRA's addition to one linear layer: y = W x + scaling * B (A dropout(x)). (Hu et al. 2021,
 * arXiv:2106.09685, equation 3.)
 *
 * @param a A, fp32 [r, in]
 * @param b B, fp32 [out, r]
 * @param scaling alpha / r, or alpha / sqrt(r) with rsLoRA
 * @param dropout the probability of dropping an input element while training
 */
public record LowRankDelta(NDArray a, NDArray b, double scaling, double dropout) {}
