package io.sparkpeft.spark.eval;

import java.util.List;

/**
 * What a gate found.
 *
 * @param evaluationRunId the run of evaluate whose scores were judged
 * @param modelSha256 of the base
 * @param adapterSha256 of the weights of the adapter that was judged
 * @param rows one for each rule and score
 * @param table path of {@code gate_results}
 */
public record GateResult(
    String evaluationRunId,
    String modelSha256,
    String adapterSha256,
    List<GateRow> rows,
    String table) {

  public GateResult {
    rows = List.copyOf(rows);
  }

  /** Whether every score meets every rule. */
  public boolean passed() {
    return rows.stream().allMatch(GateRow::passed);
  }
}
