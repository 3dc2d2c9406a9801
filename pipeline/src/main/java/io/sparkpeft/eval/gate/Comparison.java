package io.sparkpeft.eval.gate;

import io.sparkpeft.eval.PairedDifference;
import io.sparkpeft.eval.TaskScore;
import java.util.OptionalDouble;

/**
 * A score beside the reference's for the same task and metric.
 *
 * @param reference the other model's score
 * @param gain how much better it is, in the metric's sense: positive is better
 * @param stderr the standard error of the gain; none for a single document
 * @param paired whether the standard error is that of the documents' differences, or only that of
 *     two scores taken as independent, which is larger
 */
public record Comparison(TaskScore reference, double gain, OptionalDouble stderr, boolean paired) {

  static Comparison paired(TaskScore score, TaskScore reference, PairedDifference difference) {
    return new Comparison(reference, gain(score, reference), difference.stderr(), true);
  }

  static Comparison unpaired(TaskScore score, TaskScore reference) {
    boolean known = score.stderr().isPresent() && reference.stderr().isPresent();
    OptionalDouble stderr =
        known
            ? OptionalDouble.of(
                Math.hypot(score.stderr().getAsDouble(), reference.stderr().getAsDouble()))
            : OptionalDouble.empty();
    return new Comparison(reference, gain(score, reference), stderr, false);
  }

  private static double gain(TaskScore score, TaskScore reference) {
    double difference = score.value() - reference.value();
    return score.higherIsBetter() ? difference : -difference;
  }
}
