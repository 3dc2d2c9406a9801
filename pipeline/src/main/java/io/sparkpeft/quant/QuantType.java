package io.sparkpeft.quant;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The four-bit types that weights are quantised to. A block's values are divided by its largest.
 */
public enum QuantType {
  /**
   * 4-bit NormalFloat: quantiles of the normal distribution, with an exact zero. (Dettmers et al.
   * 2023, arXiv:2305.14314; the values are bitsandbytes'.)
   */
  NF4("bitsandbytes__nf4"),

  /**
   * bitsandbytes' 4-bit float: a sign, two bits of exponent, one of fraction; bit 3 is the sign.
   */
  FP4("bitsandbytes__fp4"),

  /**
   * Sixteen equal steps, of which fifteen are used: code c stands for (c - 7) / 7 of the block's
   * largest value, so a weight x becomes the integer round(7 x / absmax) in -7 .. 7. The rule that
   * is often told, round(16 x / absmax) and back by absmax / 16, reaches from -16 to 16: 33 values,
   * which four bits cannot hold. bitsandbytes has no such type.
   */
  INT4("spark_peft__int4");

  private final String stateName;

  QuantType(String stateName) {
    this.stateName = stateName;
  }

  /** Its name in recipes and in files: nf4, fp4, int4. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<QuantType> of(String text) {
    return Arrays.stream(values()).filter(type -> type.text().equals(text)).findFirst();
  }

  /** Whether bitsandbytes, and so transformers, knows it. */
  public boolean isBitsAndBytes() {
    return this != INT4;
  }

  /** The last part of the name under which a file says how a weight was quantised. */
  String stateName() {
    return stateName;
  }

  public Codebook codebook() {
    return switch (this) {
      case NF4 -> Codebook.NF4;
      case FP4 -> Codebook.FP4;
      case INT4 -> Codebook.INT4;
    };
  }
}
