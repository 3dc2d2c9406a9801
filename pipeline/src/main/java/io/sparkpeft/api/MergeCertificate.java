package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.recipe.MergeSection;
import java.io.Serializable;
import java.util.Locale;

/**
 * How a merged model, read back from disk, compares with base + adapter on probe prompts, both
 * computed in fp32: what is left is the rounding of the merged weights to their stored type, and
 * what other weights the adapter was merged into.
 *
 * @param base what was merged into
 * @param adapters how many were merged
 * @param changedTensors stored tensors that changed
 * @param maxAbsWeightChange the largest change of a stored value
 * @param maxAbsLogitDifference between merged and unmerged
 * @param meanAbsLogitDifference of the same
 * @param maxAbsLogitChange between base and base + adapter: how far the adapter moves the logits
 * @param meanAbsLogitChange of the same
 * @param prompts how many were compared
 * @param greedyTokens continued from them
 * @param equalGreedyTokens of these, the same in both
 * @param peakMemoryBytes the most that was resident while one was merged and compared; 0 if unknown
 */
record MergeCertificate(
    MergeSection.Base base,
    int adapters,
    int changedTensors,
    double maxAbsWeightChange,
    double maxAbsLogitDifference,
    double meanAbsLogitDifference,
    double maxAbsLogitChange,
    double meanAbsLogitChange,
    int prompts,
    int greedyTokens,
    int equalGreedyTokens,
    long peakMemoryBytes)
    implements Serializable {
  private static final String ROW = "  %-26s %14s  %s%n";

  /** 1 where there was nothing to continue. */
  double equalGreedyShare() {
    return greedyTokens == 0 ? 1 : (double) equalGreedyTokens / greedyTokens;
  }

  ObjectNode json() {
    return Json.object()
        .put("base", baseName())
        .put("adapters", adapters)
        .put("changed_tensors", changedTensors)
        .put("max_abs_weight_change", maxAbsWeightChange)
        .put("max_abs_logit_difference", maxAbsLogitDifference)
        .put("mean_abs_logit_difference", meanAbsLogitDifference)
        .put("max_abs_logit_change", maxAbsLogitChange)
        .put("mean_abs_logit_change", meanAbsLogitChange)
        .put("prompts", prompts)
        .put("greedy_tokens", greedyTokens)
        .put("equal_greedy_tokens", equalGreedyTokens)
        .put("equal_greedy_share", equalGreedyShare());
  }

  /** The certificate as a table for a person. */
  String text() {
    StringBuilder text = new StringBuilder("Merged and unmerged, compared in float32:\n");
    row(text, "merged into", baseName(), adapters == 1 ? "" : adapters + " adapters");
    row(text, "changed tensors", changedTensors, "by up to " + scientific(maxAbsWeightChange));
    row(text, "largest logit difference", scientific(maxAbsLogitDifference), "");
    row(text, "mean logit difference", scientific(meanAbsLogitDifference), "");
    row(
        text,
        "the adapter's own change",
        scientific(maxAbsLogitChange),
        "mean " + scientific(meanAbsLogitChange));
    row(
        text,
        "equal greedy tokens",
        String.format(Locale.ROOT, "%.1f %%", 100 * equalGreedyShare()),
        "%d of %d, from %d prompts".formatted(equalGreedyTokens, greedyTokens, prompts));
    return text.toString().stripTrailing();
  }

  private String baseName() {
    return base.name().toLowerCase(Locale.ROOT);
  }

  private static void row(StringBuilder text, String name, Object value, String note) {
    text.append(ROW.formatted(name, value, note).stripTrailing()).append('\n');
  }

  private static String scientific(double value) {
    return String.format(Locale.ROOT, "%.2e", value);
  }
}
