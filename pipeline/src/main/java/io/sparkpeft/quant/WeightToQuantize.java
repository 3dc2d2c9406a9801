package io.sparkpeft.quant;

/**
 * A weight to be quantised.
 *
 * @param name its stored name
 * @param transposed whether it is stored as [in, out]; quantised it is [out, in]
 */
public record WeightToQuantize(String name, boolean transposed) {}
