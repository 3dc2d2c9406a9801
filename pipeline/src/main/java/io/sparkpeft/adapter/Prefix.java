package io.sparkpeft.adapter;

/**
 * Keys and values of virtual tokens, which every token of a layer attends to beside those before
 * it.
 *
 * @param keys fp32 [kvHeads, tokens, headDim], used as they are, without rotation
 * @param values of that shape
 */
public record Prefix(DeltaTensor keys, DeltaTensor values) {
  public long tokens() {
    return keys.value().getShape().get(1);
  }
}
