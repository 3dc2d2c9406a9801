package io.sparkpeft.eval;

import java.util.Optional;

/**
 * What a model answered to one task, document by document, read back from where evaluation keeps
 * it.
 */
public sealed interface TaskAnswers permits ChoiceAnswers, TargetAnswers {

  /**
   * How a metric changed from another model's answers to these; empty if the two did not answer the
   * same documents, or if the task has no such metric.
   */
  Optional<PairedDifference> differenceFrom(TaskAnswers first, String metric);
}
