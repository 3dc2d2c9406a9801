package io.sparkpeft.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;

/** Results of jobs that did not run. */
public final class Results {
  private static final String RUN =
      "\"run_id\": \"4bf1\", \"seconds\": 75.2, \"output_path\": \"runs/x\", ";

  private Results() {}

  private static ObjectNode json(String keys) {
    try {
      return (ObjectNode) Json.parse("{" + RUN + keys + "}");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(keys, e);
    }
  }

  public static Prepared prepared() {
    return new Prepared(
        json(
            """
            "records": 5998, "dropped": {"bad_record": 1, "empty_answer": 1}, "tokens": 200000,
            "target_tokens": 20000, "table": "tables/tokens", "version": 3"""),
        false);
  }

  public static Finetuned finetuned() {
    return new Finetuned(
        json(
            """
            "adapter_path": "runs/x/adapter", "adapter_sha256": "0123456789abcdef",
            "trainable_parameters": 97792, "loss_first": 8.274, "loss_last": 0.0667,
            "steps": 150, "tokens_per_second": 3814.2, "attempts": 2, "resumed_from_step": 100"""),
        true);
  }

  public static Merged merged() {
    return new Merged(
        json(
            """
            "model_path": "runs/x/model", "max_abs_logit_difference": 0.06,
            "max_abs_logit_change": 15.0, "certificate": {"base": "original",
            "changed_tensors": 28, "max_abs_weight_change": 0.2083,
            "max_abs_logit_difference": 0.06, "mean_abs_logit_difference": 0.003,
            "max_abs_logit_change": 15.0, "mean_abs_logit_change": 0.79, "prompts": 8,
            "greedy_tokens": 55, "equal_greedy_tokens": 55, "equal_greedy_share": 1.0}"""),
        false);
  }

  public static Evaluated evaluated() {
    return new Evaluated(
        json(
            """
            "scores": [{"task": "sums", "metric": "acc", "value": 0.9, "stderr": 0.02, "n": 250}],
            "base_scores": [{"task": "sums", "metric": "acc", "value": 0.0, "n": 250}]"""),
        false);
  }

  public static Generated generated() {
    return new Generated(
        json("\"answers\": [{\"prompt\": \"1 < 2?\", \"answer\": \"yes\\nit is\"}]"), false);
  }
}
