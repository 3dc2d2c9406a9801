package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.recipe.JobResult;
import java.nio.file.Path;

/**
 * What a job brought: the content of the {@code _RESULT.json} in its result's folder, with a method
 * for each key that programs ask for.
 */
public abstract sealed class RunResult implements JobResult
    permits Downloaded,
        Converted,
        Prepared,
        Finetuned,
        Quantized,
        Merged,
        Evaluated,
        Gated,
        Promoted,
        Generated,
        Reported {
  private final ObjectNode json;
  private final boolean reused;

  RunResult(ObjectNode json, boolean reused) {
    this.json = json;
    this.reused = reused;
  }

  @Override
  public ObjectNode json() {
    return json.deepCopy();
  }

  public String runId() {
    return text("run_id");
  }

  /** The result's folder. */
  public Path outputPath() {
    return Path.of(text("output_path"));
  }

  /** Wall time of the job that made it. */
  public double seconds() {
    return number("seconds");
  }

  /** Whether an earlier run of the same identity had made it already. */
  public boolean reused() {
    return reused;
  }

  final String text(String key) {
    return json.path(key).asText();
  }

  final double number(String key) {
    return json.path(key).asDouble();
  }

  final long count(String key) {
    return json.path(key).asLong();
  }

  final ObjectNode node() {
    return json;
  }
}
