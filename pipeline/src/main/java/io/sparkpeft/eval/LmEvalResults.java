package io.sparkpeft.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Scores as lm-eval 0.4.13 writes them into {@code results_*.json}, for whatever reads those.
 *
 * @param scores of tasks, then of groups of them
 * @param model what was scored, as lm-eval's {@code --model_args} would say it
 * @param batchSize requests that were answered at once
 * @param seconds that scoring took
 * @param when it was done
 */
public record LmEvalResults(
    List<TaskScore> scores,
    Map<String, String> model,
    int batchSize,
    double seconds,
    Instant when) {
  /** The name of lm-eval's filter where there is none; it follows every metric's name. */
  private static final String FILTER = ",none";

  private static final String UNKNOWN = "N/A";

  public ObjectNode json() {
    Map<String, List<TaskScore>> byName =
        scores.stream()
            .collect(
                Collectors.groupingBy(TaskScore::task, LinkedHashMap::new, Collectors.toList()));
    Set<String> groups =
        byName.keySet().stream().filter(name -> !isTask(name)).collect(Collectors.toSet());
    ObjectNode json = Json.object();
    byName.forEach((name, own) -> json.withObject("/results").set(name, values(own)));
    byName.forEach(
        (name, own) -> {
          if (groups.contains(name)) {
            json.withObject("/groups").set(name, values(own));
            ArrayNode members = json.withObject("/group_subtasks").putArray(name);
            byName.keySet().stream()
                .filter(task -> !groups.contains(task) && task.startsWith(name))
                .forEach(members::add);
          }
        });
    byName.forEach((name, own) -> describe(json, name, own));
    json.set("config", config());
    json.put("date", when.toEpochMilli() / 1e3);
    json.put("model_source", "spark-peft");
    return json.put("total_evaluation_time_seconds", Double.toString(seconds));
  }

  /** A group is named like no task. */
  private static boolean isTask(String name) {
    return EvalTasks.isTask(name) || name.equals(EvalTasks.PERPLEXITY);
  }

  private static ObjectNode values(List<TaskScore> scores) {
    ObjectNode json = Json.object().put("alias", scores.get(0).task());
    for (TaskScore score : scores) {
      json.put(score.metric() + FILTER, score.value());
      String stderr = score.metric() + "_stderr" + FILTER;
      if (score.stderr().isPresent()) {
        json.put(stderr, score.stderr().getAsDouble());
      } else {
        json.put(stderr, UNKNOWN);
      }
    }
    return json;
  }

  private static void describe(ObjectNode json, String name, List<TaskScore> scores) {
    TaskScore first = scores.get(0);
    json.withObject("/versions").put(name, first.version());
    json.withObject("/n-shot").put(name, first.shots());
    json.withObject("/n-samples")
        .putObject(name)
        .put("original", first.nOriginal())
        .put("effective", first.n());
    ObjectNode senses = json.withObject("/higher_is_better").putObject(name);
    scores.forEach(score -> senses.put(score.metric(), score.higherIsBetter()));
    json.withObject("/configs")
        .putObject(name)
        .put("task", name)
        .put("num_fewshot", first.shots())
        .putObject("metadata")
        .put("version", first.version());
  }

  private ObjectNode config() {
    String arguments =
        new TreeMap<>(model)
            .entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
    return Json.object()
        .put("model", "spark-peft")
        .put("model_args", arguments)
        .put("batch_size", batchSize);
  }
}
