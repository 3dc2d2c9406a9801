package io.sparkpeft.eval;

import io.sparkpeft.model.LogLikelihood;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tasks to run together, and the groups to form means over.
 *
 * @param tasks each task once, in the order asked for
 * @param groups wildcards and group names with their members among the tasks
 */
public record EvalSuite(List<EvalTask> tasks, List<Group> groups) {

  /** Tasks of one family whose mean is a score of its own. */
  public record Group(String name, List<String> tasks) {}

  public EvalSuite {
    tasks = List.copyOf(tasks);
    groups = List.copyOf(groups);
  }

  /** All requests, task by task, document by document. */
  public List<Request> requests() {
    return tasks.stream()
        .flatMap(task -> task.documents().stream().flatMap(d -> d.requests(task.name()).stream()))
        .toList();
  }

  /** For each of {@link #requests}, whether its continuation answers the question. */
  public List<Boolean> correct() {
    return tasks.stream()
        .flatMap(task -> task.documents().stream().flatMap(d -> d.choices().stream()))
        .map(Choice::correct)
        .toList();
  }

  /**
   * The scores of all tasks, then those of the groups.
   *
   * @param answers the log-likelihoods of {@link #requests}, in that order
   */
  public List<TaskScore> scores(List<LogLikelihood> answers) {
    List<TaskScore> scores = new ArrayList<>();
    Map<String, List<TaskScore>> byTask = new TreeMap<>();
    int next = 0;
    for (EvalTask task : tasks) {
      int count = task.requestCount();
      List<TaskScore> ofTask = task.scores(task.byDocument(answers.subList(next, next + count)));
      byTask.put(task.name(), ofTask);
      scores.addAll(ofTask);
      next += count;
    }
    for (Group group : groups) {
      scores.addAll(GroupScores.of(group.name(), group.tasks().stream().map(byTask::get).toList()));
    }
    return scores;
  }

  /**
   * How each task's metrics changed from one model to another.
   *
   * @param first the log-likelihoods of {@link #requests} by the first model, in that order
   * @param second those by the second model
   */
  public List<PairedDifference> differences(List<LogLikelihood> first, List<LogLikelihood> second) {
    List<PairedDifference> differences = new ArrayList<>();
    int next = 0;
    for (EvalTask task : tasks) {
      int end = next + task.requestCount();
      differences.addAll(task.differences(first.subList(next, end), second.subList(next, end)));
      next = end;
    }
    return differences;
  }
}
