package io.sparkpeft.spark.eval;

import java.util.List;
import java.util.Optional;

/**
 * How a question was answered. Of several choices a model answers the likeliest; where there is but
 * one, it is right if that is what the model itself would say.
 *
 * @param answer the right one
 * @param base by the model without the adapter, if it was asked
 */
public record SampleAnswer(
    String task,
    long document,
    String question,
    String answer,
    Optional<Given> base,
    Given adapted) {

  /**
   * @param said the choice, where there are several
   * @param probability of the right answer
   */
  public record Given(Optional<String> said, boolean right, double probability) {
    static Given of(List<Choice> choices) {
      Choice best = choices.get(0);
      Choice correct = choices.get(0);
      for (Choice choice : choices) {
        best = choice.logLikelihood() > best.logLikelihood() ? choice : best;
        correct = choice.correct() ? choice : correct;
      }
      boolean alone = choices.size() == 1;
      return new Given(
          alone ? Optional.empty() : Optional.of(best.text()),
          alone ? best.greedy() : best.correct(),
          Math.exp(correct.logLikelihood()));
    }
  }

  /** A row of eval_samples. */
  record Choice(String text, double logLikelihood, boolean greedy, boolean correct) {}
}
