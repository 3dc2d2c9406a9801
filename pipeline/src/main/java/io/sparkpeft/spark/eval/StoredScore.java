package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.TaskScore;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import org.apache.spark.sql.Row;

/**
 * A row of eval_scores.
 *
 * @param adapterSha256 of the adapter that was scored; empty for the bare base
 * @param arithmetic what the model was computed in: scores of other arithmetic differ a little
 */
record StoredScore(
    String runId,
    String modelSha256,
    Optional<String> adapterSha256,
    Arithmetic arithmetic,
    Instant evaluatedAt,
    TaskScore score) {

  record Arithmetic(String dtype, Optional<String> quantization) {}

  static StoredScore of(Row row) {
    return new StoredScore(
        row.getAs("run_id"),
        row.getAs("model_sha256"),
        Optional.ofNullable(row.getAs("adapter_sha256")),
        new Arithmetic(row.getAs("dtype"), Optional.ofNullable(row.getAs("quantization"))),
        row.<Timestamp>getAs("evaluated_at").toInstant(),
        ScoreRows.score(row));
  }
}
