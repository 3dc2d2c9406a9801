package io.sparkpeft.adapter;

/**
 * A linear layer of a base model as an adapter sees it.
 *
 * @param name dotted path in the base, as PEFT matches it: {@code model.layers.0.self_attn.q_proj}
 * @param in input features
 * @param out output features
 */
public record LinearModule(String name, long in, long out) {}
