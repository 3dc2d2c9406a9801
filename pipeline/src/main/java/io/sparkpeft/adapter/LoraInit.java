package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** What A and B begin with: PEFT's init_lora_weights. */
public enum LoraInit {
  /**
   * {@code true}: A from U(-1/sqrt(in), 1/sqrt(in)), which is Kaiming's with a = sqrt(5); B zero.
   */
  KAIMING_UNIFORM,
  /** {@code "gaussian"}: A from N(0, (1/r)^2); B zero. */
  GAUSSIAN,
  /** {@code false}: A as with true, B from U(-1/sqrt(r), 1/sqrt(r)), so that it is no no-op. */
  RANDOM,
  /** {@code "orthogonal"}: neither is zero, B A is. */
  ORTHOGONAL,
  /** {@code "pissa"}: the largest singular values of the weight, which is left without them. */
  PISSA,
  /** {@code "pissa_niter_N"}: the same, approximately, by N rounds of the power method. */
  PISSA_NITER,
  /** {@code "olora"}: the first columns of Q and rows of R of the weight, likewise. */
  OLORA,
  /**
   * {@code "loftq"}: what quantising the weight on load lost, as far as rank r holds it; one
   * iteration. (Li et al. 2023, arXiv:2310.08659.)
   */
  LOFTQ;

  private static final String NITER = "pissa_niter_";

  static LoraInit of(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? KAIMING_UNIFORM : RANDOM;
    }
    return isNiter(value) ? PISSA_NITER : valueOf(value.textValue().toUpperCase(Locale.ROOT));
  }

  /** Whether a value of the key is one of these. */
  static boolean isKnown(JsonNode value) {
    return value.isBoolean()
        || isNiter(value)
        // PEFT compares these two in any case, the others exactly.
        || value.asText().equalsIgnoreCase("gaussian")
        || value.asText().equalsIgnoreCase("olora")
        || value.asText().equals("loftq")
        || value.asText().equals("pissa")
        || value.asText().equals("orthogonal");
  }

  private static boolean isNiter(JsonNode value) {
    return value.asText().matches(NITER + "\\d{1,3}");
  }

  /** The N of {@link #PISSA_NITER}. */
  static int iterations(JsonNode value) {
    return Integer.parseInt(value.textValue().substring(NITER.length()));
  }

  /** Whether A and B begin as a part of the weight. */
  public boolean changesBase() {
    return this == PISSA || this == PISSA_NITER || this == OLORA;
  }
}
