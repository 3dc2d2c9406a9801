package io.sparkpeft.spark.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.spark.telemetry.RunEvent.Origin;
import io.sparkpeft.train.TrainEvents.StepEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final Instant AT = Instant.parse("2026-11-21T09:00:00.250Z");
  private static final Origin RANK = new Origin("run", 2, 0, AT);
  private static final Origin DRIVER = new Origin("run", 0, Origin.DRIVER, AT);

  @TempDir Path folder;

  @Test
  void aStepIsALineWithItsOrigin() throws Exception {
    StepEvent step = new StepEvent(7, 60, 0.5, 1.25, 3e-4, Double.NaN, 1000, 600, 2, 0.01, 100);
    String line = EventFile.line(new RunEvent.Stepped(RANK, step));
    assertThat(line)
        .startsWith(
            "{\"schema\":1,\"at\":\"2026-11-21T09:00:00.250Z\",\"event\":\"step\",\"run_id\":\"run\"")
        .endsWith("}\n")
        .doesNotContain("NaN");
    JsonNode json = Json.parse(line);
    assertThat(json.path("attempt").asInt()).isEqualTo(2);
    assertThat(json.path("rank").asInt(-5)).isZero();
    assertThat(json.path("step").asInt()).isEqualTo(7);
    assertThat(json.path("loss").asDouble()).isEqualTo(1.25);
    assertThat(json.path("tokens_per_second").asDouble()).isEqualTo(500);
    assertThat(json.get("grad_norm").isNull()).isTrue();
  }

  @Test
  void whatTheDriverSaysHasNeitherAttemptNorRank() throws Exception {
    JsonNode json = Json.parse(EventFile.line(new RunEvent.Phase(DRIVER, "train")));
    assertThat(json.has("attempt")).isFalse();
    assertThat(json.has("rank")).isFalse();
    assertThat(json.path("phase").asText()).isEqualTo("train");
  }

  @Test
  void aFailureHasItsSentencesAndNoPasswords() throws Exception {
    SparkPeftException failure =
        SparkPeftException.of(
            ExitCode.TRY_AGAIN, "Cannot reach s3a://user:word@bucket/x.", "It is away.", "Wait.");
    String line =
        EventFile.line(
            new RunEvent.Failed(
                DRIVER, Job.FINETUNE, 75, failure.getMessage(), failure.sentences()));
    JsonNode json = Json.parse(line);
    assertThat(json.path("exit_code").asInt()).isEqualTo(75);
    assertThat(json.path("error").asText())
        .isEqualTo("Cannot reach s3a://***@bucket/x. It is away. Wait.");
    assertThat(json.path("why").asText()).isEqualTo("It is away.");
    assertThat(json.path("what_to_do").asText()).isEqualTo("Wait.");
    assertThat(line).doesNotContain("word");
  }

  @Test
  void whatStandsThereStaysAndATornLineIsEnded() throws Exception {
    Path file = folder.resolve("new/events.jsonl");
    try (EventFile events = EventFile.append(file)) {
      events.accept(new RunEvent.Said(DRIVER, "first"));
    }
    Files.writeString(file, Files.readString(file) + "{\"schema\":1,\"at\":\"20");
    try (EventFile events = EventFile.append(file)) {
      events.accept(new RunEvent.Said(DRIVER, "line\nbreak"));
      assertThat(events.endsInFailure()).isFalse();
      events.accept(new RunEvent.Failed(DRIVER, Job.MERGE, 70, "why", Optional.empty()));
      assertThat(events.endsInFailure()).isTrue();
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1)).isEqualTo("{\"schema\":1,\"at\":\"20");
    assertThat(Json.parse(lines.get(2)).path("text").asText()).isEqualTo("line\nbreak");
    assertThat(Json.parse(lines.get(3)).has("what")).isFalse();
  }

  @Test
  void aFileThatCannotBeWrittenIsRefusedAtOnce() {
    assertThatThrownBy(() -> EventFile.append(folder))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CANNOT_WRITE))
        .hasMessageStartingWith("Cannot write events to " + folder + ".")
        .hasMessageEndingWith("or leave --events out.");
  }
}
