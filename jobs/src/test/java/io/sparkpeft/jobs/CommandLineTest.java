package io.sparkpeft.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8,
       "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1,
       "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
       "hidden_act": "silu", "tie_word_embeddings": false, "vocab_size": 32}
      """;

  @TempDir Path folder;
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void capture() throws IOException {
    Files.writeString(folder.resolve("config.json"), CONFIG);
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  @Test
  void withJsonStandardOutputIsOneObject() throws IOException {
    int code = run("plan", "--json", "--set", "model.path=" + folder);
    assertThat(code).as(text(err)).isZero();
    JsonNode json = Json.parse(text(out));
    assertThat(json.path("status").asText()).isEqualTo("succeeded");
    assertThat(json.path("exit_code").asInt(-1)).isZero();
    assertThat(json.path("run_id").asText()).matches("[0-9a-f]{12}");
    assertThat(json.path("seconds").asDouble()).isPositive();
    assertThat(json.path("output_path").asText()).endsWith("plan-" + json.path("run_id").asText());
    assertThat(json.path("trainable_parameters").asLong()).isEqualTo(2 * 8 * (8 + 8));
    assertThat(text(err)).contains("adapter.r = 8", "# default", "model.path", "# --set");
  }

  @Test
  void withoutJsonItIsATable() {
    assertThat(run("plan", "--set", "model.path=" + folder)).isZero();
    assertThat(text(out)).contains("trainable parameters", "256", "optimizer");
  }

  @Test
  void failuresAreSentencesAndCodes() throws IOException {
    assertThat(run("plan", "--json", "--set", "adapter.r=0")).isEqualTo(78);
    assertThat(text(err)).contains("Cannot use adapter.r = 0 (--set).").doesNotContain("\tat ");
    JsonNode json = Json.parse(text(out));
    assertThat(json.path("status").asText()).isEqualTo("failed");
    assertThat(json.path("exit_code").asInt()).isEqualTo(78);
    assertThat(json.path("error").asText()).contains("It must be at least 1.");
    assertThat(run("plan", "--set", "model.path=" + folder.resolve("none"))).isEqualTo(66);
    assertThat(run("plan", "--config", "none.conf")).isEqualTo(66);
    assertThat(run("plan", "--set", "adapter.r")).isEqualTo(64);
    assertThat(run("bench", "--set", "bench.step=3")).isEqualTo(78);
    assertThat(text(err)).contains("Unknown key bench.step", "Did you mean bench.steps?");
  }

  @Test
  void aFailureBeforeTheJobBeginsIsAnEventToo() throws IOException {
    Path events = folder.resolve("logs/events.jsonl");
    assertThat(run("finetune", "--set", "adapter.r=0", "--events", events.toString()))
        .isEqualTo(78);
    assertThat(run("report", "--events", events.toString())).isEqualTo(78);
    List<String> lines = Files.readAllLines(events);
    assertThat(lines).hasSize(2);
    JsonNode event = Json.parse(lines.get(0));
    assertThat(event.path("event").asText()).isEqualTo("failed");
    assertThat(event.path("job").asText()).isEqualTo("finetune");
    assertThat(event.path("exit_code").asInt()).isEqualTo(78);
    assertThat(event.path("what").asText()).isEqualTo("Cannot use adapter.r = 0 (--set).");
    assertThat(Json.parse(lines.get(1)).path("what").asText()).isEqualTo("run.id is not set.");
  }

  @Test
  void aPlanWritesNothing() throws IOException {
    Path output = folder.resolve("out");
    run("plan", "--set", "model.path=" + folder, "--set", "output.path=" + output);
    run("plan", "--set", "model.path=" + output, "--set", "output.path=" + output);
    assertThat(output).doesNotExist();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("config.json"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--nonsense", "plan --nonsense", "plan --config", "nojob"})
  void whatCannotBeUnderstoodIsUsage(String arguments) {
    assertThat(run(arguments.split(" "))).isEqualTo(64);
    assertThat(text(err)).contains("--help");
  }

  @Test
  void promptsArriveAsTheyAre() {
    for (String prompt : new String[] {"", "@file", "-x", "${HOME}", "a 'b' \"c\""}) {
      GenerateJob job = new GenerateJob();
      Commands.line(job).parseArgs("--prompt=" + prompt, "--raw");
      assertThat(job.recipe().generate().prompt()).contains(prompt);
      assertThat(job.recipe().generate().raw()).isTrue();
    }
  }

  @Test
  void helpListsTheKeysOfTheJob() {
    String help = Commands.line(new FinetuneJob()).getUsageMessage(CommandLine.Help.Ansi.OFF);
    assertThat(help).contains("--config", "--set", "--json", "train.learning_rate", "[3.0E-4]");
    assertThat(help).doesNotContain("eval.tasks");
  }

  private int run(String... arguments) {
    out.reset();
    err.reset();
    CommandLine line = Commands.line(new Main());
    line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    return line.execute(arguments);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
