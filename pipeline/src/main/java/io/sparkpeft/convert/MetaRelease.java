package io.sparkpeft.convert;

import java.util.OptionalDouble;

/** What params.json leaves out, as the releases have it. */
enum MetaRelease {
  LLAMA_1("LLaMA", 2048, 1, 2),
  LLAMA_2("Llama 2", 4096, 1, 2),
  CODE_LLAMA("Code Llama", 16384, 1, 2),
  LLAMA_3("Llama 3", 8192, 128000, 128001),
  LLAMA_3_1("Llama 3.1", 131072, 128000, 128001),
  LLAMA_3_2("Llama 3.2", 131072, 128000, 128001),
  MISTRAL("Mistral", 32768, 1, 2);

  private static final long VOCABULARY_OF_3 = 128256;
  private static final double FORMER_THETA = 10000;
  private static final double EPS_OF_1 = 1e-6;
  private static final long WIDTH_OF_65B = 8192;

  final String title;

  /** The context in tokens. */
  final int positions;

  final int bosId;
  final int eosId;

  MetaRelease(String title, int positions, int bosId, int eosId) {
    this.title = title;
    this.positions = positions;
    this.bosId = bosId;
    this.eosId = eosId;
  }

  /**
   * The release whose models alone have such parameters.
   *
   * @param tied whether the head is the embedding, which it is in Llama 3.2's text models alone
   */
  static MetaRelease of(MetaParams params, long vocabulary, boolean tied) {
    if (params.isMistral()) {
      return MISTRAL;
    }
    if (params.scaledRope()) {
      return tied ? LLAMA_3_2 : LLAMA_3_1;
    }
    if (vocabulary == VOCABULARY_OF_3) {
      return LLAMA_3;
    }
    if (params.ropeTheta() > FORMER_THETA) {
      return CODE_LLAMA;
    }
    boolean is65b = params.dim() == WIDTH_OF_65B && params.kvHeads() == params.heads();
    return params.normEps() == EPS_OF_1 || is65b ? LLAMA_1 : LLAMA_2;
  }

  /** By how much low frequencies are stretched where params.json says {@code use_scaled_rope}. */
  OptionalDouble ropeFactor() {
    return switch (this) {
      case LLAMA_3_1 -> OptionalDouble.of(8);
      case LLAMA_3_2 -> OptionalDouble.of(32);
      default -> OptionalDouble.empty();
    };
  }
}
