package io.sparkpeft.api;

import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.model.DecoderMemory;
import io.sparkpeft.recipe.MergeSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.tensor.Dtype;

/**
 * What a merge takes beside the process itself and the adapters, by formula, in bytes. Writing has
 * a tensor at a time; the certificate's comparison, which decides, has a model at a time.
 *
 * @param weights the model, mapped from its files; what was made of it on load
 * @param expanded the weights that are computed with in fp32: a layer's and the head's, or all
 *     where adapters are merged before another is compared
 * @param logits of the models, on the JVM's heap
 * @param computing a batch's keys, values and activations, and what is kept of memory once used
 */
record MergeMemory(long weights, long expanded, long logits, long computing) {
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  /** Those that are compared, and those before that no longer are but wait for the collector. */
  private static final int SETS_OF_LOGITS = 3;

  /** libtorch's buffers, memory that its allocator keeps, compiled code. */
  private static final long ENGINE_BYTES = 128L << 20;

  static MergeMemory of(Recipe recipe) {
    DecoderConfig config = recipe.base().config();
    Dtype stored = config.stored().orElse(Dtype.FLOAT32);
    DecoderMemory computed = new DecoderMemory(config, Dtype.FLOAT32, 0);
    MergeSection settings = recipe.merging();
    boolean isOneAfterOther =
        settings.combination().isEmpty() && settings.folders(recipe.adapter()).size() > 1;
    int rows = ProbePrompts.count(recipe);
    return new MergeMemory(
        weights(recipe, config, stored),
        isOneAfterOther ? config.parameterCount() * Float.BYTES : computed.workspaceBytes(stored),
        SETS_OF_LOGITS * ProbePrompts.tokens(recipe) * config.vocabularySize() * Float.BYTES,
        computed.kvCacheBytes(rows, ProbePrompts.LONGEST + ProbeAnswers.GREEDY_TOKENS)
            + computed.forwardBytes(rows, ProbePrompts.LONGEST)
            + ENGINE_BYTES);
  }

  /** Of the base or of what it is merged to, whichever is larger. */
  private static long weights(Recipe recipe, DecoderConfig config, Dtype stored) {
    long floats = config.parameterCount() * stored.bytes();
    DecoderMemory kept =
        new DecoderMemory(config, stored, 0).ofCheckpoint(recipe.model().tensorNames());
    if (recipe.model().quantization().isPresent()) {
      return floats + kept.quantizedBytes();
    }
    return recipe.merging().base() == MergeSection.Base.REQUANTIZED ? kept.weightBytes() : floats;
  }

  long total() {
    return weights + expanded + logits + computing;
  }

  /** One line for a person. */
  String text() {
    return "Comparing takes about %s, one model at a time: %s of weights, %s of them in float32, %s of logits, %s to compute."
        .formatted(
            mebibytes(total()),
            mebibytes(weights),
            mebibytes(expanded),
            mebibytes(logits),
            mebibytes(computing));
  }

  static String mebibytes(long bytes) {
    return "%,.0f MiB".formatted(bytes / BYTES_PER_MEBIBYTE);
  }
}
