package io.sparkpeft.eval;

import java.nio.file.Path;
import java.util.List;

/**
 * Tasks that share a form: where their documents lie, how a document becomes requests, what it is
 * judged by, and lm-eval's version of all that.
 */
sealed interface TaskFamily permits Arithmetic, TaskPerFile, TruthfulQa {

  /** lm-eval's name of the group. */
  String group();

  /** lm-eval's names of its tasks, sorted. */
  List<String> names();

  /**
   * Whether the family can have a task of that name: more than {@link #names} where a file alone
   * makes a task.
   */
  boolean claims(String name);

  /** The file of a task's documents, as a path below the source folder. */
  String file(String name);

  /** Whether lm-eval forms a mean over the group. */
  boolean aggregates();

  String version(String name);

  String split();

  List<Metric> metrics(String name);

  /**
   * All documents, in the file's order.
   *
   * @param shots solved examples before each question
   * @throws io.sparkpeft.base.SparkPeftException (65, 66, 78) if the file is missing or broken, or
   *     has too few examples
   */
  List<Document> documents(String name, Path file, int shots);
}
