package io.sparkpeft.eval;

import java.util.OptionalDouble;

/**
 * A task's result by one metric.
 *
 * @param task lm-eval's name; for a group of tasks the group's
 * @param version lm-eval's version of the task's definition
 * @param split the documents' split: test, validation or train
 * @param shots solved examples before each question
 * @param metric lm-eval's name
 * @param higherIsBetter the metric's sense
 * @param value the mean over the documents, or what the metric makes of them
 * @param stderr the standard error of {@code value}; none for a single document
 * @param n scored documents; of a group, those of all its tasks
 * @param nOriginal documents that the task has without a limit
 */
public record TaskScore(
    String task,
    String version,
    String split,
    int shots,
    String metric,
    boolean higherIsBetter,
    double value,
    OptionalDouble stderr,
    int n,
    int nOriginal) {}
