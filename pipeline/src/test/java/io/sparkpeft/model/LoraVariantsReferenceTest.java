package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseWeights;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What PEFT computes with every variant of LoRA, see reference/lora_variants.py. */
class LoraVariantsReferenceTest {
  private static final double LOGIT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-3;
  private static final int EVERY = 4;

  @TempDir Path folder;

  static List<String> variants() throws IOException {
    return ReferenceModel.names("lora_variants");
  }

  @ParameterizedTest
  @MethodSource("variants")
  void logits(String variant) {
    try (ReferenceModel model = open(variant)) {
      assertLogits(model, model.adapter);
      float[] base = model.decoder.logits(Optional.empty(), model.tokens("long"));
      assertThat(largestDifference(every(base, model), model.floats("adapted_logits")))
          .as("what the adapter changes")
          .isGreaterThan(1e-3);
    }
  }

  /** Of adapters that begin in their base: what PEFT makes of them for the unchanged one. */
  @ParameterizedTest
  @ValueSource(strings = {"pissa", "pissa_conv1d", "olora"})
  void logitsOfTheConverted(String variant) {
    try (ReferenceModel model = ReferenceModel.variantOfLora(variant, "converted", plain())) {
      assertLogits(model, model.adapter);
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void lossAndEveryGradient(String variant) {
    for (Checkpointing checkpointing : Checkpointing.values()) {
      assertLossAndEveryGradient(variant, plain(), checkpointing);
    }
  }

  /** As a run computes on this machine, by Java's vectors if it has any. */
  @ParameterizedTest
  @MethodSource("variants")
  void lossAndEveryGradientAsChosen(String variant) {
    for (Checkpointing checkpointing : Checkpointing.values()) {
      assertLossAndEveryGradient(variant, chosen(), checkpointing);
    }
  }

  private static void assertLossAndEveryGradient(
      String variant, Arithmetic arithmetic, Checkpointing checkpointing) {
    try (ReferenceModel model = open(variant, arithmetic)) {
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss =
          new AdapterTraining(model.decoder, model.adapter, checkpointing)
              .lossAndGradient(model.batch(), 1, 0, gradient);
      assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
      assertGradients(model, gradient, "gradient.");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dora_dropout", "olora"})
  void lossAndEveryGradientWithDropout(String variant) {
    for (Arithmetic arithmetic : List.of(plain(), chosen())) {
      try (ReferenceModel model = open(variant, arithmetic)) {
        float[] gradient = new float[model.adapter.parameterCount()];
        double loss =
            new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE)
                .lossAndGradient(model.batch(), 1, model.givenMasks(), gradient);
        assertThat(loss).isCloseTo(model.facts.get("dropped_loss").asDouble(), within(1e-3));
        assertGradients(model, gradient, "dropped_gradient.");
      }
    }
  }

  private static void assertGradients(ReferenceModel model, float[] gradient, String prefix) {
    float[] expected = model.expectedGradient(prefix);
    double whole = norm(expected, 0, expected.length);
    for (AdapterParameter p : model.adapter.parameters()) {
      double norm = norm(expected, p.offset(), p.size());
      float[] difference = new float[gradient.length];
      for (int i = p.offset(); i < p.offset() + p.size(); i++) {
        difference[i] = gradient[i] - expected[i];
      }
      // A key's bias shifts all scores of a query alike: its gradient is rounding alone.
      assertThat(norm(difference, p.offset(), p.size()))
          .as("error of the gradient of " + p.name())
          .isLessThan(GRADIENT_TOLERANCE * Math.max(norm, 1e-4 * whole));
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void whatIsSavedIsWhatWasTrained(String variant) {
    try (ReferenceModel model = open(variant)) {
      model.adapter.save(folder, "base");
      try (Adapter again =
          Adapters.load(
              model.manager,
              folder,
              model.decoder.config().baseModel(),
              model.decoder.frozenTensors())) {
        assertLogits(model, again);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("mergeable")
  void mergedWeightsComputeWhatTheAdapterDoes(String variant) {
    try (ReferenceModel model = open(variant)) {
      merge(model, variant);
      Decoder merged =
          Decoder.load(model.manager, ModelFolder.open(folder), model.decoder.arithmetic());
      float[] logits = merged.logits(Optional.empty(), model.tokens("long"));
      assertThat(largestDifference(every(logits, model), model.floats("adapted_logits")))
          .isLessThan(LOGIT_TOLERANCE);
    }
  }

  static List<String> mergeable() throws IOException, URISyntaxException {
    return variants().stream().filter(variant -> !variant.equals("lora_bias")).toList();
  }

  /** As PEFT: a base without biases has no place for one. */
  @Test
  void aBiasCannotBeMergedWhereThereIsNone() {
    try (ReferenceModel model = open("lora_bias")) {
      assertThatThrownBy(() -> merge(model, "lora_bias"))
          .hasMessageContaining("Cannot merge lora_bias into model.layers.0.self_attn.o_proj.")
          .hasMessageContaining("Use the adapter unmerged.");
    }
  }

  private void merge(ReferenceModel model, String variant) {
    String base = "families/" + model.facts.get("base").asText();
    ModelFolder stored = ModelFolder.open(ReferenceModel.path(base));
    BaseWeights weights = model.decoder.config().weights(stored.tensors().names());
    Merge.folder(
        model.manager,
        stored,
        ReferenceModel.path("lora_variants/" + variant).resolve("adapter"),
        model.decoder.config().baseModel(),
        weights,
        folder);
  }

  private static ReferenceModel open(String variant) {
    return open(variant, plain());
  }

  private static ReferenceModel open(String variant, Arithmetic arithmetic) {
    return ReferenceModel.variantOfLora(variant, "adapter", arithmetic);
  }

  private static Arithmetic chosen() {
    return Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
  }

  private static Arithmetic plain() {
    return new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
  }

  private static void assertLogits(ReferenceModel model, Adapter adapter) {
    float[] logits = model.decoder.logits(Optional.of(adapter), model.tokens("long"));
    assertThat(largestDifference(every(logits, model), model.floats("adapted_logits")))
        .isLessThan(LOGIT_TOLERANCE);
  }

  /** The rows that were written: each fourth. */
  private static float[] every(float[] logits, ReferenceModel model) {
    int width = model.decoder.config().vocabularySize();
    int rows = logits.length / width / EVERY;
    float[] some = new float[rows * width];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(logits, row * EVERY * width, some, row * width, width);
    }
    return some;
  }

  private static double largestDifference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  private static double norm(float[] values, int from, int length) {
    double sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += (double) values[i] * values[i];
    }
    return Math.sqrt(sum);
  }
}
