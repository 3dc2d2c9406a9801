package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;

/** What A and B begin with: PEFT's init_lora_weights. */
public enum LoraInit {
  /**
   * {@code true}: A from U(-1/sqrt(in), 1/sqrt(in)), which is Kaiming's with a = sqrt(5); B zero.
   */
  KAIMING_UNIFORM,
  /** {@code "gaussian"}: A from N(0, (1/r)^2); B zero. */
  GAUSSIAN,
  /** {@code false}: A as with true, B from U(-1/sqrt(r), 1/sqrt(r)), so that it is no no-op. */
  RANDOM;

  static LoraInit of(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? KAIMING_UNIFORM : RANDOM;
    }
    return GAUSSIAN;
  }
}
