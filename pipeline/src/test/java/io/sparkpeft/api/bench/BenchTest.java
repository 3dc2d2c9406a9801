package io.sparkpeft.api.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchTest {
  private static final String CONFIG =
      """
      {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24,
       "num_attention_heads": 4, "num_hidden_layers": 2, "num_key_value_heads": 2,
       "max_position_embeddings": 64, "vocab_size": 50, "tie_word_embeddings": false}
      """;

  @TempDir Path folder;
  private Recipe recipe;

  @BeforeEach
  void model() throws IOException {
    Files.writeString(folder.resolve("config.json"), CONFIG);
    recipe =
        Recipe.defaults()
            .with("model.path", folder)
            .with("adapter.target_modules", List.of("q_proj", "v_proj", "down_proj"))
            .with("train.global_batch_size", 6)
            .with("train.micro_batch_size", 2)
            .with("bench.warmup_steps", 1)
            .with("bench.steps", 2)
            .with("bench.profile_steps", 1)
            .with("bench.workers", 2);
  }

  @Test
  void measuresAModelOfWhichOnlyTheShapeIsKnown() throws IOException {
    JsonNode json = Bench.run(recipe).json();
    assertThat(json.at("/setting/weights").asText()).isEqualTo("random weights by seed 42");
    assertThat(json.at("/setting/documents").asText())
        .isEqualTo(
            "24 drawn by seed 42, of Alpaca's lengths: prompt 30 + LogNormal(ln 28, 0.53) tokens,"
                + " answer LogNormal(ln 39, 1.10), cut at 64");
    assertThat(json.at("/setting/workers").asInt()).isEqualTo(2);
    assertThat(json.path("steps").asInt()).isEqualTo(2);
    assertThat(json.path("tokens_per_second").asDouble())
        .isGreaterThan(json.path("target_tokens_per_second").asDouble());
    assertThat(json.path("flops_per_second").asDouble())
        .isCloseTo(
            json.at("/flops_per_step/total").asDouble() / json.path("seconds_per_step").asDouble(),
            within(1.0));
    assertThat(json.path("share_of_limit").asDouble())
        .isPositive()
        .isLessThanOrEqualTo(json.path("share_of_mixed_limit").asDouble());
    assertThat(json.path("loss_first").asDouble()).isCloseTo(Math.log(50), within(0.2));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve("config.json"));
    }
  }

  @Test
  void everySecondHasAPart() {
    Benchmark benchmark = Bench.run(recipe);
    JsonNode parts = benchmark.json().path("parts");
    assertThat(StreamSupport.stream(parts.spliterator(), false).map(p -> p.path("part").asText()))
        .containsExactly(
            "attention",
            "projections",
            "lora",
            "head",
            "experts",
            "norms and other elementwise",
            "dequantisation",
            "embedding and gathering",
            "optimizer",
            "memory and transfer",
            "all-reduce",
            "outside kernels");
    assertThat(parts).allMatch(part -> part.path("seconds_per_step").asDouble(-1) >= 0);
    double inKernels =
        benchmark.kernels().values().stream().mapToDouble(Benchmark.KernelTime::seconds).sum();
    double inParts =
        benchmark.parts().subList(0, 10).stream().mapToDouble(Benchmark.Part::secondsPerStep).sum();
    assertThat(inParts).isCloseTo(inKernels, within(1e-9));
    assertThat(benchmark.kernels()).containsKey("linear of lm_head").containsKey("linear");
    assertThat(benchmark.text())
        .contains("tokens per second", "GEMM limit", "share of the limit", "part of a step")
        .contains("process floor", "activations and rest");
  }

  /** Nothing is left of the adapter's time in that of the products beside which it is computed. */
  @Test
  void lowRankPathsThatAreComputedByThemselvesAreToldByThemselves() {
    Benchmark benchmark = Bench.run(recipe);
    double paths = seconds(benchmark, kernel -> kernel.startsWith("low_rank_path"));
    double products =
        seconds(benchmark, kernel -> kernel.equals("linear") || kernel.equals("linear_vjp"));
    assumeThat(paths).isPositive();
    assertThat(secondsOf(benchmark, "lora")).isCloseTo(paths, within(1e-9));
    assertThat(secondsOf(benchmark, "projections")).isCloseTo(products, within(1e-9));
  }

  private static double seconds(Benchmark benchmark, Predicate<String> choice) {
    return benchmark.kernels().entrySet().stream()
        .filter(kernel -> choice.test(kernel.getKey()))
        .mapToDouble(kernel -> kernel.getValue().seconds())
        .sum();
  }

  private static double secondsOf(Benchmark benchmark, String part) {
    JsonNode parts = benchmark.json().path("parts");
    return StreamSupport.stream(parts.spliterator(), false)
        .filter(found -> found.path("part").asText().equals(part))
        .mapToDouble(found -> found.path("seconds_per_step").asDouble())
        .sum();
  }

  @Test
  void aQuantisedBaseTellsItsBitsAndItsTime() {
    Benchmark plain = Bench.run(recipe);
    Benchmark quantised = Bench.run(recipe.with("model.quantization", "nf4"));
    assertThat(plain.kernels()).doesNotContainKey("dequantize");
    assertThat(quantised.kernels().get("dequantize").calls()).isPositive();
    assertThat(quantised.json().at("/setting/quantization").asText()).isEqualTo("nf4/64/nested");
    assertThat(quantised.json().at("/setting/quantized_bits_per_weight").asDouble())
        .isBetween(4.1, 4.3);
    assertThat(quantised.text()).containsPattern("quantised +[\\d,]+ weights, nf4/64/nested, 4");
    assertThat(quantised.json().path("processor_seconds_per_step").asDouble()).isPositive();
  }

  @Test
  void memoryIsToldByPart() {
    JsonNode memory = Bench.run(recipe).json().path("memory_bytes");
    assertThat(memory.path("floor").asLong()).isPositive();
    assertThat(memory.path("peak").asLong())
        .isEqualTo(
            memory.path("floor").asLong()
                + memory.path("weights").asLong()
                + memory.path("activations_and_rest").asLong());
    assertThat(memory.at("/predicted/weights").asLong()).isPositive();
  }

  @Test
  void readsDocumentsAndLeavesOutWhatIsTooLong() throws IOException {
    Path file = folder.resolve("documents.jsonl");
    String tooLong = "1,".repeat(64) + "1";
    Files.writeString(
        file,
        """
        {"tokens": [1, 5, 6, 7, 8], "prompt_tokens": 2}
        {"tokens": [%s], "prompt_tokens": 3}
        {"tokens": [1, 5], "prompt_tokens": 2}
        {"tokens": [1, 9, 9], "prompt_tokens": 0}
        """
            .formatted(tooLong));
    JsonNode json = Bench.run(recipe.with("bench.documents", file)).json();
    assertThat(json.at("/setting/documents").asText())
        .isEqualTo("2 of 4 in documents.jsonl (the others are longer than 64 or without a target)");
    // Steps of two documents, [1 5 6 7 8] with three targets and [1 9 9] with two.
    assertThat(
            json.path("tokens_per_second").asDouble()
                / json.path("target_tokens_per_second").asDouble())
        .isCloseTo(8.0 / 5, within(1e-9));
    assertThat(json.at("/gemm_limit/rows").asInt()).isEqualTo(8);
    JsonNode alone =
        Bench.run(recipe.with("bench.documents", file).with("train.micro_batch_size", 1)).json();
    assertThat(alone.at("/gemm_limit/rows").asInt()).isEqualTo(4);
    JsonNode packed =
        Bench.run(
                recipe
                    .with("bench.documents", file)
                    .with("train.micro_batch_size", 1)
                    .with("data.packing", true))
            .json();
    assertThat(packed.at("/gemm_limit/rows").asInt()).isEqualTo(8);
    assertThat(packed.at("/setting/packing").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"tokens": [1, 2]}                       | It lacks tokens or prompt_tokens.
          {"tokens": [], "prompt_tokens": 0}       | It lacks tokens or prompt_tokens.
          {"tokens": [1, 2], "prompt_tokens": -1}  | It lacks tokens or prompt_tokens.
          {"tokens": [1,                           | Unexpected end-of-input
          """)
  void saysWhichDocumentIsBroken(String line, String why) throws IOException {
    Path file = folder.resolve("documents.jsonl");
    Files.writeString(file, "{\"tokens\": [1, 2], \"prompt_tokens\": 1}\n" + line + "\n");
    Recipe broken = recipe.with("bench.documents", file);
    assertThatThrownBy(() -> Bench.run(broken))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("Line 2 of " + file + " is not a document.")
        .hasMessageContaining(why);
  }

  @Test
  void nothingToTrainOnIsSaid() throws IOException {
    Path file = folder.resolve("documents.jsonl");
    Files.writeString(file, "{\"tokens\": [1, 2], \"prompt_tokens\": 2}\n");
    Recipe empty = recipe.with("bench.documents", file);
    assertThatThrownBy(() -> Bench.run(empty))
        .hasMessageContaining("There is nothing to train on in " + file + ".")
        .hasMessageContaining("data.max_length = 64");
  }
}
