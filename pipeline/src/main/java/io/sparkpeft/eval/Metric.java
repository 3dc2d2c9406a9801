package io.sparkpeft.eval;

import io.sparkpeft.model.LogLikelihood;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How the log-likelihoods of a document's choices become one number. All are means over documents,
 * and of all more is better.
 */
public enum Metric {
  /** 1 if greedy decoding gives the first choice. lm-eval calls it acc. */
  GREEDY("acc") {
    @Override
    double value(Document document, List<LogLikelihood> answers) {
      return answers.get(0).greedy() ? 1 : 0;
    }
  },

  /** 1 if the most likely choice is correct; the first of equals counts. */
  ACC("acc") {
    @Override
    double value(Document document, List<LogLikelihood> answers) {
      return correct(document, best(document, answers, choice -> 1));
    }
  },

  /** As {@link #ACC}, each sum divided by the answer's number of characters (code points). */
  ACC_NORM("acc_norm") {
    @Override
    double value(Document document, List<LogLikelihood> answers) {
      return correct(
          document, best(document, answers, c -> c.text().codePointCount(0, c.text().length())));
    }
  },

  /** As {@link #ACC}, each sum divided by the answer's number of bytes in UTF-8. */
  ACC_BYTES("acc_bytes") {
    @Override
    double value(Document document, List<LogLikelihood> answers) {
      return correct(document, best(document, answers, c -> c.text().getBytes(UTF_8).length));
    }
  },

  /**
   * TruthfulQA's mc2 (lm-eval's version 3, by label): the correct choices' share of the probability
   * of all. lm-eval calls it acc.
   */
  MC2("acc") {
    @Override
    double value(Document document, List<LogLikelihood> answers) {
      // Shares do not change with a common factor; the largest as unit keeps exp from underflowing.
      double largest = answers.stream().mapToDouble(LogLikelihood::sum).max().orElse(Double.NaN);
      double all = 0;
      double ofCorrect = 0;
      for (int i = 0; i < answers.size(); i++) {
        double probability = Math.exp(answers.get(i).sum() - largest);
        all += probability;
        ofCorrect += document.choices().get(i).correct() ? probability : 0;
      }
      return ofCorrect / all;
    }
  };

  private static final Charset UTF_8 = StandardCharsets.UTF_8;

  private final String lmEvalName;

  Metric(String lmEvalName) {
    this.lmEvalName = lmEvalName;
  }

  /** The name in lm-eval's results. */
  public String lmEvalName() {
    return lmEvalName;
  }

  /** The value of one document, given the log-likelihoods of its choices in order. */
  abstract double value(Document document, List<LogLikelihood> answers);

  private static double correct(Document document, int choice) {
    return document.choices().get(choice).correct() ? 1 : 0;
  }

  private static int best(
      Document document, List<LogLikelihood> answers, ToDoubleFunction<Choice> length) {
    double[] scores =
        IntStream.range(0, answers.size())
            .mapToDouble(
                i -> answers.get(i).sum() / length.applyAsDouble(document.choices().get(i)))
            .toArray();
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }
}
