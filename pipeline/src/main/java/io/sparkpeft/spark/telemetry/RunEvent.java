package io.sparkpeft.spark.telemetry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.train.TrainEvents;
import java.io.Serializable;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * What happens while a job goes on: the one source of the line on a terminal, the cell of a
 * notebook and the file of events.
 */
public sealed interface RunEvent extends Serializable {

  Origin origin();

  /** What kind of event it is, in the words of {@link EventFile}. */
  String name();

  /** What it says beside its origin, as {@link EventFile} writes it. */
  ObjectNode facts();

  /** What a person should read of it, where it is more than a number that goes up. */
  default Optional<String> text() {
    return Optional.empty();
  }

  /**
   * Where and when it was said.
   *
   * @param attempt from 1; 0 where there are none
   * @param rank {@link #DRIVER} for the driver
   * @param at by the clock of the rank's host
   */
  record Origin(String runId, int attempt, int rank, Instant at) implements Serializable {
    static final int DRIVER = -1;

    /** The driver's, now. */
    public static Origin ofDriver(String runId) {
      return ofDriver(runId, 0);
    }

    /** The driver's, now, of an attempt. */
    public static Origin ofDriver(String runId, int attempt) {
      return new Origin(runId, attempt, DRIVER, Instant.now());
    }

    public boolean isDriver() {
      return rank == DRIVER;
    }
  }

  /** A job begins. */
  record Began(Origin origin, Job job, String outputPath, String version) implements RunEvent {
    @Override
    public String name() {
      return "started";
    }

    @Override
    public ObjectNode facts() {
      return Json.object()
          .put("job", job.commandName())
          .put("output_path", outputPath)
          .put("version", version);
    }
  }

  /** What finetune will do: {@code plan}'s keys, the steps and examples counted in the table. */
  record Planned(Origin origin, ObjectNode plan) implements RunEvent {
    public Planned {
      plan = plan.deepCopy();
    }

    @Override
    public String name() {
      return "planned";
    }

    @Override
    public ObjectNode facts() {
      return plan.deepCopy();
    }
  }

  /** A part of a job begins. */
  record Phase(Origin origin, String phase) implements RunEvent {
    @Override
    public String name() {
      return "phase";
    }

    @Override
    public ObjectNode facts() {
      return Json.object().put("phase", phase);
    }
  }

  /**
   * The ranks begin to train, told by rank 0 alone.
   *
   * @param resumedFromStep the step that was reached before; 0 for the beginning
   */
  record Training(
      Origin origin,
      long steps,
      long examples,
      long validationExamples,
      long trainableParameters,
      int ranks,
      long resumedFromStep)
      implements RunEvent {
    @Override
    public String name() {
      return "training";
    }

    @Override
    public ObjectNode facts() {
      return Json.object()
          .put("steps", steps)
          .put("examples", examples)
          .put("validation_examples", validationExamples)
          .put("trainable_parameters", trainableParameters)
          .put("ranks", ranks)
          .put("resumed_from_step", resumedFromStep);
    }

    @Override
    public Optional<String> text() {
      String text =
          String.format(
              Locale.ROOT,
              "training %,d values on %,d examples in %,d steps with %d %s",
              trainableParameters,
              examples,
              steps,
              ranks,
              ranks == 1 ? "rank" : "ranks");
      return Optional.of(
          resumedFromStep == 0 ? text : text + ", going on after step " + resumedFromStep);
    }
  }

  /** An optimizer step, told by rank 0 alone. */
  record Stepped(Origin origin, TrainEvents.StepEvent step) implements RunEvent {
    @Override
    public String name() {
      return "step";
    }

    @Override
    public ObjectNode facts() {
      return Json.object()
          .put("step", step.step())
          .put("steps", step.steps())
          .put("epoch", step.epoch())
          .put("loss", step.loss())
          .put("learning_rate", step.learningRate())
          .put("grad_norm", step.gradientNorm())
          .put("tokens", step.tokens())
          .put("target_tokens", step.targetTokens())
          .put("tokens_per_second", step.tokensPerSecond())
          .put("step_seconds", step.seconds())
          .put("all_reduce_seconds", step.allReduceSeconds())
          .put("all_reduce_bytes", step.bytesSent());
    }
  }

  /** A pass over the validation examples, told by rank 0 alone. */
  record Validated(Origin origin, TrainEvents.Validated result) implements RunEvent {
    @Override
    public String name() {
      return "validation";
    }

    @Override
    public ObjectNode facts() {
      return Json.object()
          .put("step", result.step())
          .put("validation_loss", result.loss())
          .put("target_tokens", result.targetTokens())
          .put("seconds", result.seconds());
    }

    @Override
    public Optional<String> text() {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "validation after step %d: loss %.4f over %,d target tokens",
              result.step(),
              result.loss(),
              result.targetTokens()));
    }
  }

  /** A checkpoint that is complete. */
  record Saved(Origin origin, long step, String path, double seconds) implements RunEvent {
    @Override
    public String name() {
      return "checkpoint";
    }

    @Override
    public ObjectNode facts() {
      return Json.object().put("step", step).put("path", path).put("seconds", seconds);
    }

    @Override
    public Optional<String> text() {
      return Optional.of("checkpoint of step " + step + " saved: " + path);
    }
  }

  /**
   * An attempt ended by bad luck; another follows if there are any left.
   *
   * @param origin of the driver, with the attempt's number
   */
  record AttemptLost(Origin origin, String reason, int maxAttempts) implements RunEvent {
    @Override
    public String name() {
      return "attempt_lost";
    }

    @Override
    public ObjectNode facts() {
      return Json.object().put("reason", reason).put("max_attempts", maxAttempts);
    }
  }

  /**
   * How far something has come that is counted.
   *
   * @param what is counted, such as "requests"
   */
  record Progressed(Origin origin, String what, long done, long total) implements RunEvent {
    @Override
    public String name() {
      return "progress";
    }

    @Override
    public ObjectNode facts() {
      return Json.object().put("what", what).put("done", done).put("total", total);
    }

    @Override
    public Optional<String> text() {
      return Optional.of(String.format(Locale.ROOT, "%,d of %,d %s", done, total, what));
    }
  }

  /** Something for a person to read. */
  record Said(Origin origin, String message) implements RunEvent {
    @Override
    public String name() {
      return "message";
    }

    @Override
    public ObjectNode facts() {
      return Json.object().put("text", message);
    }

    @Override
    public Optional<String> text() {
      return Optional.of(message);
    }
  }

  /**
   * A job has brought its result.
   *
   * @param result the content of {@code _RESULT.json}
   * @param reused whether an earlier run had brought it
   */
  record Ended(Origin origin, Job job, ObjectNode result, boolean reused) implements RunEvent {
    public Ended {
      result = result.deepCopy();
    }

    @Override
    public String name() {
      return "result";
    }

    @Override
    public ObjectNode facts() {
      ObjectNode facts = Json.object().put("job", job.commandName()).put("reused", reused);
      facts.set("result", result.deepCopy());
      return facts;
    }
  }

  /**
   * A job has ended without a result.
   *
   * @param exitCode of its process
   * @param error what a person is told
   * @param sentences the same in its parts, where they are known
   */
  record Failed(
      Origin origin,
      Job job,
      int exitCode,
      String error,
      Optional<SparkPeftException.Sentences> sentences)
      implements RunEvent {
    @Override
    public String name() {
      return "failed";
    }

    @Override
    public ObjectNode facts() {
      ObjectNode facts =
          Json.object()
              .put("job", job.commandName())
              .put("exit_code", exitCode)
              .put("error", error);
      sentences.ifPresent(
          parts ->
              facts
                  .put("what", parts.what())
                  .put("why", parts.why())
                  .put("what_to_do", parts.whatToDo()));
      return facts;
    }
  }
}
