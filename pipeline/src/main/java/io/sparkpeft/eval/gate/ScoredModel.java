package io.sparkpeft.eval.gate;

import io.sparkpeft.eval.TaskAnswers;
import io.sparkpeft.eval.TaskScore;
import java.util.List;
import java.util.Optional;

/** A model's scores and, where they were kept, the answers that they come from. */
public interface ScoredModel {

  /** What a person calls it: "the adapter of run 7", "the base". */
  String name();

  /** At most one score for each task and metric. */
  List<TaskScore> scores();

  /** The answers behind one of the scores; empty for groups and where none were kept. */
  Optional<TaskAnswers> answers(TaskScore score);
}
