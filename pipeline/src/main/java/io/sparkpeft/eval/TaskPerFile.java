package io.sparkpeft.eval;

import java.util.List;

/**
 * Families with a file for each task, which is named after the group and the file; judged by
 * accuracy, and by the mean over the group. A file of a name that lm-eval does not know makes a
 * task too.
 */
sealed interface TaskPerFile extends TaskFamily permits Blimp, Mmlu {

  @Override
  default List<String> names() {
    return KnownNames.of(group());
  }

  @Override
  default boolean claims(String name) {
    return name.startsWith(prefix()) && name.length() > prefix().length();
  }

  @Override
  default boolean aggregates() {
    return true;
  }

  @Override
  default String version(String name) {
    return "1.0";
  }

  @Override
  default List<Metric> metrics(String name) {
    return List.of(Metric.ACC);
  }

  /** What a task is about: its name without the group's. */
  default String subject(String name) {
    return name.substring(prefix().length());
  }

  private String prefix() {
    return group() + "_";
  }
}
