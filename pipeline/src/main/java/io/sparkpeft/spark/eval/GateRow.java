package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.gate.Comparison;
import io.sparkpeft.eval.gate.GateVerdict;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A verdict as the table gate_results keeps it.
 *
 * @param rule the recipe's key
 * @param bound the rule's number
 * @param reference what the score was compared with; empty for rules that need nothing
 * @param gain how much better than the reference: positive is better, in the metric's units
 * @param paired whether gainStderr is that of the documents' differences
 * @param reason a sentence with the numbers
 */
public record GateRow(
    String rule,
    String task,
    String metric,
    double bound,
    double score,
    OptionalDouble scoreStderr,
    int documents,
    Optional<String> reference,
    OptionalDouble referenceScore,
    OptionalDouble gain,
    OptionalDouble gainStderr,
    Optional<Boolean> paired,
    boolean passed,
    String reason) {

  static GateRow of(GateVerdict verdict, String reference) {
    Optional<Comparison> made = verdict.comparison();
    return new GateRow(
        verdict.rule().kind().key(),
        verdict.score().task(),
        verdict.score().metric(),
        verdict.rule().bound(),
        verdict.score().value(),
        verdict.score().stderr(),
        verdict.score().n(),
        made.map(c -> reference),
        made.map(c -> OptionalDouble.of(c.reference().value())).orElse(OptionalDouble.empty()),
        made.map(c -> OptionalDouble.of(c.gain())).orElse(OptionalDouble.empty()),
        made.map(Comparison::stderr).orElse(OptionalDouble.empty()),
        made.map(Comparison::paired),
        verdict.passed(),
        verdict.reason());
  }
}
