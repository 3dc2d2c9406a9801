package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A model folder in which an adapter is added to its base for good. */
public final class Merged extends RunResult {
  Merged(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** Where the model is: a folder's path, or its address in an object store. */
  public String modelLocation() {
    return text("model_path");
  }

  /** The merged Hugging Face checkpoint. */
  public Path modelPath() {
    return Path.of(text("model_path"));
  }

  /** Between the merged model, read back from disk, and base + adapter, over probe texts. */
  public double maxAbsLogitDifference() {
    return number("max_abs_logit_difference");
  }

  /** Between base and base + adapter: how far the adapter moves the logits. */
  public double maxAbsLogitChange() {
    return number("max_abs_logit_change");
  }

  /** The share of tokens that merged and unmerged model both take as the likeliest. */
  public double equalGreedyShare() {
    return node().path("certificate").path("equal_greedy_share").asDouble();
  }
}
