package io.sparkpeft.adapter;

/**
 * A linear layer of a base model as an adapter sees it.
 *
 * @param name dotted path in the base, as PEFT matches it: {@code model.layers.0.self_attn.q_proj}
 * @param in input features
 * @param out output features
 * @param fanInFanOut whether the base keeps its weight as [in, out], as transformers' Conv1D does;
 *     the adapter's own matrices lie as ever
 */
public record LinearModule(String name, long in, long out, boolean fanInFanOut) {

  /** A layer that keeps its weight as [out, in]. */
  public LinearModule(String name, long in, long out) {
    this(name, in, out, false);
  }

  /** The number of its weights. */
  public long weights() {
    return in * out;
  }
}
