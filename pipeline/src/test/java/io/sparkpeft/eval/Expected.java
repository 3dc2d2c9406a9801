package io.sparkpeft.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.LogLikelihood;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What lm_eval asked and answered on our small files (src/test/reference/lm_eval_tasks.py). */
public final class Expected {
  private static final JsonNode ALL = Json.read(resource("expected.json"));

  private Expected() {}

  /** A file or folder that the script wrote. */
  public static Path resource(String name) {
    try {
      return Path.of(Expected.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  public static JsonNode part(String name) {
    return ALL.path(name);
  }

  /** The tasks that were run, in order. */
  public static List<String> tasks() {
    List<String> names = new ArrayList<>();
    part("base").fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The log-likelihoods of one task's requests, by the bare base or with the adapter. */
  public static List<LogLikelihood> answers(String model, String task) {
    List<LogLikelihood> answers = new ArrayList<>();
    for (JsonNode document : part(model).path(task).path("documents")) {
      for (JsonNode request : document.path("requests")) {
        answers.add(
            new LogLikelihood(
                request.path("log_likelihood").asDouble(), request.path("greedy").asBoolean()));
      }
    }
    return answers;
  }

  /** Those of several tasks, one after another. */
  public static List<LogLikelihood> answers(String model, List<String> tasks) {
    return tasks.stream().flatMap(task -> answers(model, task).stream()).toList();
  }
}
