package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What PEFT computes with other methods than LoRA in families that have what LLaMA has not: biases,
 * transposed weights, windows, learned positions, ALiBi, positions that depend on the length. See
 * reference/methods.py.
 */
class MethodsOfFamiliesTest {
  private static final double LOGIT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-3;

  @TempDir Path folder;

  static List<String> all() throws IOException {
    return ReferenceModel.names("methods_of_families");
  }

  static List<String> mergeable() throws IOException, URISyntaxException {
    return all().stream().filter(name -> !name.startsWith("prefix")).toList();
  }

  @ParameterizedTest
  @MethodSource("all")
  void logits(String name) {
    try (ReferenceModel model = ReferenceModel.methodOfFamily(name)) {
      int[] tokens = model.tokens("long");
      assertThat(
              largestDifference(
                  model.decoder.logits(Optional.of(model.adapter), tokens),
                  model.floats("adapted_logits")))
          .isLessThan(LOGIT_TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void lossAndEveryGradient(String name) {
    try (ReferenceModel model = ReferenceModel.methodOfFamily(name)) {
      int[] tokens = model.tokens("long");
      boolean[] targets = new boolean[tokens.length];
      Arrays.fill(targets, 1, targets.length, true);
      TokenBatch batch = new TokenBatch(new int[] {tokens.length}, tokens, targets, new long[] {0});
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE)
              .lossAndGradient(batch, 1, 0, gradient);
      assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
      float[] expected = model.expectedGradient("gradient.");
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        difference += Math.pow(gradient[i] - expected[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      assertThat(Math.sqrt(difference / norm)).isLessThan(GRADIENT_TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void resolvesAConfigAsPeftDoes(String name) throws IOException {
    try (ReferenceModel model = ReferenceModel.methodOfFamily(name)) {
      Path golden = adapter(name).resolve(AdapterFiles.CONFIG);
      ObjectNode settings = model.facts.get("settings").deepCopy();
      settings.put("peft_type", AdapterConfig.read(adapter(name)).peftType().name());
      AdapterConfig resolved =
          AdapterConfig.of(settings).resolvedFor(model.decoder.config().baseModel());
      assertThat(resolved.savedFor("tiny").fileText()).isEqualTo(Files.readString(golden));
    }
  }

  /** Biases are multiplied too. */
  @ParameterizedTest
  @MethodSource("mergeable")
  void mergedWeightsComputeWhatTheAdapterDoes(String name) {
    try (ReferenceModel model = ReferenceModel.methodOfFamily(name)) {
      String family = name.substring(name.indexOf('_') + 1);
      ModelFolder base = ModelFolder.open(ReferenceModel.path("families/" + family));
      Merge.folder(
          model.manager,
          base,
          adapter(name),
          model.decoder.config().baseModel(),
          model.decoder.config().weights(base.tensors().names()),
          folder);
      Decoder merged =
          Decoder.load(model.manager, ModelFolder.open(folder), model.decoder.arithmetic());
      assertThat(
              largestDifference(
                  merged.logits(Optional.empty(), model.tokens("long")),
                  model.floats("adapted_logits")))
          .isLessThan(LOGIT_TOLERANCE);
    }
  }

  private static Path adapter(String name) {
    return ReferenceModel.path("methods_of_families/" + name).resolve("adapter");
  }

  private static double largestDifference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }
}
