package io.sparkpeft.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.spark.eval.ComparedScore;
import io.sparkpeft.spark.eval.JudgedGate;
import io.sparkpeft.spark.eval.SampleAnswer;
import io.sparkpeft.spark.table.TokenTableSummary;
import io.sparkpeft.spark.telemetry.TrainRun;
import io.sparkpeft.spark.telemetry.TrainStep;
import java.util.List;
import java.util.Optional;

/**
 * All that a run's page is made of.
 *
 * @param steps in order
 * @param data the token table it was trained on, if that is still there
 * @param scores the adapter's newest, beside its base's
 * @param answers the first that a scored run gave
 * @param gate the newest that judged the adapter
 * @param results contents of {@code _RESULT.json} of merge and generate
 * @param tables where the tables lie
 */
public record RunReport(
    TrainRun run,
    List<TrainStep> steps,
    Optional<TokenTableSummary> data,
    List<ComparedScore> scores,
    List<SampleAnswer> answers,
    Optional<JudgedGate> gate,
    List<ObjectNode> results,
    String tables) {

  public RunReport {
    steps = List.copyOf(steps);
    scores = List.copyOf(scores);
    answers = List.copyOf(answers);
    results = results.stream().map(ObjectNode::deepCopy).toList();
  }

  /** The page, in UTF-8 when it is written. */
  public String html() {
    return Page.of(this);
  }
}
