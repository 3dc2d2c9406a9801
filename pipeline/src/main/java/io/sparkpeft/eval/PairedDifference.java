package io.sparkpeft.eval;

import java.util.OptionalDouble;

/**
 * How a metric changed from one model to another over the same documents. Pairing removes what the
 * documents' difficulty adds to the standard error.
 *
 * @param difference the mean of (second - first)
 * @param stderr its standard error: the sample's standard deviation of the differences over the
 *     root of n
 * @param improved documents whose value rose
 * @param worsened documents whose value fell
 * @param pValue of McNemar's exact test: how probable so uneven a division of the changed documents
 *     is if rising and falling are equally likely; two-sided
 */
public record PairedDifference(
    String task,
    String metric,
    double difference,
    OptionalDouble stderr,
    int improved,
    int worsened,
    double pValue) {

  static PairedDifference of(String task, String metric, double[] first, double[] second) {
    double[] differences = new double[first.length];
    int improved = 0;
    int worsened = 0;
    for (int i = 0; i < first.length; i++) {
      differences[i] = second[i] - first[i];
      improved += differences[i] > 0 ? 1 : 0;
      worsened += differences[i] < 0 ? 1 : 0;
    }
    return new PairedDifference(
        task,
        metric,
        Statistics.mean(differences),
        Statistics.meanStderr(differences),
        improved,
        worsened,
        Statistics.signTest(improved, worsened));
  }

  /** The same changes of documents, with a change of the metric that is not their mean. */
  PairedDifference with(double change, OptionalDouble changeStderr) {
    return new PairedDifference(task, metric, change, changeStderr, improved, worsened, pValue);
  }
}
