package io.sparkpeft.adapter;

/** What LoRA trains of a module beside A and B. */
public enum LoraExtra {
  NONE,
  /** lora_bias: a bias of B. */
  BIAS,
  /** use_dora: the magnitudes of the weight's rows. */
  MAGNITUDE
}
