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
 * @param mapped the model's files
 * @param widened its weights in fp32, where the files have other types
 * @param answers logits of two models, on the JVM's heap
 */
record MergeMemory(long mapped, long widened, long answers) {
  private static final double BYTES_PER_MEBIBYTE = 1 << 20;

  static MergeMemory of(Recipe recipe) {
    DecoderConfig config = recipe.base().config();
    long parameters = config.parameterCount();
    Dtype stored = config.stored().orElse(Dtype.FLOAT32);
    MergeSection settings = recipe.merging();
    boolean isOneAfterOther =
        settings.combination().isEmpty() && settings.folders(recipe.adapter()).size() > 1;
    boolean isWidened = stored != Dtype.FLOAT32 || isOneAfterOther;
    long tokens = (long) ProbePrompts.count(recipe) * ProbePrompts.LONGEST;
    return new MergeMemory(
        parameters * stored.bytes(),
        isWidened ? widened(recipe, config, isOneAfterOther) : 0,
        2 * tokens * config.vocabularySize() * Float.BYTES);
  }

  /** Four bits stay what they are unless something is merged into them. */
  private static long widened(Recipe recipe, DecoderConfig config, boolean isOneAfterOther) {
    boolean isInFourBits =
        recipe.merging().base() == MergeSection.Base.REQUANTIZED && !isOneAfterOther;
    if (!isInFourBits) {
      return config.parameterCount() * Float.BYTES;
    }
    DecoderMemory memory = new DecoderMemory(config, Dtype.FLOAT32, 0);
    return memory.weightBytes() + memory.workspaceBytes();
  }

  long total() {
    return mapped + widened + answers;
  }

  /** One line for a person. */
  String text() {
    return "Comparing takes about %s, one model at a time: %s of mapped files, %s in float32, %s of logits."
        .formatted(mebibytes(total()), mebibytes(mapped), mebibytes(widened), mebibytes(answers));
  }

  static String mebibytes(long bytes) {
    return "%,.0f MiB".formatted(bytes / BYTES_PER_MEBIBYTE);
  }
}
