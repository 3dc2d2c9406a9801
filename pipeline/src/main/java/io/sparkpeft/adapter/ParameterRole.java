package io.sparkpeft.adapter;

/**
 * What a trained tensor is to its adapter: methods give some of them learning rates of their own.
 */
public enum ParameterRole {
  /** A of a low-rank pair over a linear layer. */
  LORA_A,
  /** B of such a pair. */
  LORA_B,
  /** Either of a low-rank pair over an embedding. */
  LORA_EMBEDDING,
  /** VB-LoRA's vectors, shared by all layers. */
  VECTOR_BANK,
  /** VB-LoRA's logits, which choose among the vectors. */
  LOGITS,
  /** A bias, of the base or of B. */
  BIAS,
  /** Any other: DoRA's magnitudes, IA3's vectors, a prefix, a layer trained whole. */
  OTHER;

  /**
   * @param name the tensor's key in PEFT's adapter_model.safetensors
   */
  static ParameterRole of(String name) {
    if (name.endsWith("bias")) {
      return BIAS;
    }
    if (name.endsWith("vblora_vector_bank")) {
      return VECTOR_BANK;
    }
    if (name.contains(".vblora_logits_")) {
      return LOGITS;
    }
    if (name.contains(".lora_embedding_")) {
      return LORA_EMBEDDING;
    }
    if (name.endsWith(".lora_A.weight")) {
      return LORA_A;
    }
    return name.endsWith(".lora_B.weight") ? LORA_B : OTHER;
  }
}
