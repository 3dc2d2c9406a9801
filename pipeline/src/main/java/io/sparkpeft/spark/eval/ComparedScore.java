package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.eval.gate.Comparison;
import java.util.Optional;

/**
 * An adapter's newest score of a task and metric.
 *
 * @param runId the run of evaluate that measured it
 * @param base the base's under the same conditions, and the difference
 */
public record ComparedScore(String runId, TaskScore score, Optional<Comparison> base) {}
