package io.sparkpeft.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Scores of a group of tasks, as lm-eval's aggregate_subtask_metrics and pooled_sample_stderr form
 * them: the mean weighted by the tasks' sizes, with the pooled standard error {@code sqrt(sum((n_i
 * - 1) se_i^2 n_i) / (N - k) / N)} of k tasks with n_i documents and N in all.
 */
final class GroupScores {
  private GroupScores() {}

  /**
   * @param members for each task its scores, the same metrics in the same order
   */
  static List<TaskScore> of(String group, List<List<TaskScore>> members) {
    List<TaskScore> scores = new ArrayList<>();
    for (int metric = 0; metric < members.get(0).size(); metric++) {
      int index = metric;
      scores.add(score(group, members.stream().map(member -> member.get(index)).toList()));
    }
    return scores;
  }

  private static TaskScore score(String group, List<TaskScore> members) {
    TaskScore first = members.get(0);
    int total = members.stream().mapToInt(TaskScore::n).sum();
    double sum = members.stream().mapToDouble(member -> member.value() * member.n()).sum();
    return new TaskScore(
        group,
        first.version(),
        first.split(),
        first.shots(),
        first.metric(),
        first.higherIsBetter(),
        sum / total,
        pooledStderr(members, total),
        total,
        members.stream().mapToInt(TaskScore::nOriginal).sum());
  }

  private static OptionalDouble pooledStderr(List<TaskScore> members, int total) {
    if (members.stream().anyMatch(member -> member.stderr().isEmpty())) {
      return OptionalDouble.empty();
    }
    double squares = 0;
    for (TaskScore member : members) {
      double stderr = member.stderr().getAsDouble();
      squares += (member.n() - 1.0) * stderr * stderr * member.n();
    }
    return OptionalDouble.of(Math.sqrt(squares / (total - members.size()) / total));
  }
}
