package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.AdaptedModule;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.BaseWeights;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.base.Json;
import io.sparkpeft.optim.Optimizer;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What transformers and PEFT compute with models of each family, see reference/families.py. */
class FamiliesReferenceTest {
  private static final double LOGIT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-3;
  private static final double LOSS_TOLERANCE = 1e-4;
  private static final double LEAST_COSINE = 0.999;
  private static final double RATE = 0.01;
  private static final double WEIGHT_DECAY = 0.01;

  @TempDir Path folder;

  static List<String> families() throws IOException {
    return ReferenceModel.names("families");
  }

  @ParameterizedTest
  @MethodSource("families")
  void logits(String family) {
    try (ReferenceModel model = open(family)) {
      int[] tokens = model.tokens("long");
      float[] base = model.decoder.logits(Optional.empty(), tokens);
      float[] adapted = model.decoder.logits(Optional.of(model.adapter), tokens);
      assertThat(largestDifference(base, model.floats("base_logits"))).isLessThan(LOGIT_TOLERANCE);
      assertThat(largestDifference(adapted, model.floats("adapted_logits")))
          .isLessThan(LOGIT_TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void logitsInBfloat16(String family) {
    Arithmetic arithmetic = new Arithmetic(Dtype.BFLOAT16, Product.PLAIN, "");
    try (ReferenceModel model = ReferenceModel.open("families/" + family, arithmetic)) {
      float[] logits = model.decoder.logits(Optional.of(model.adapter), model.tokens("long"));
      assertThat(ReferenceModel.cosine(logits, model.floats("adapted_logits")))
          .isGreaterThan(LEAST_COSINE);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void lossAndEveryGradient(String family) {
    try (ReferenceModel model = ReferenceModel.open("families/" + family, Product.ONEDNN)) {
      assertLossAndEveryGradient(model);
    }
  }

  /** As a run computes on this machine, by Java's vectors if it has any. */
  @ParameterizedTest
  @MethodSource("families")
  void lossAndEveryGradientAsChosen(String family) {
    Arithmetic arithmetic =
        Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
    try (ReferenceModel model = ReferenceModel.open("families/" + family, arithmetic)) {
      assertLossAndEveryGradient(model);
    }
  }

  /** The kernels that a GPU computes with, here on the CPU. */
  @ParameterizedTest
  @MethodSource("families")
  void lossAndEveryGradientAsOnAGpu(String family) {
    Arithmetic arithmetic = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, Arithmetic.CUDA);
    try (ReferenceModel model = ReferenceModel.open("families/" + family, arithmetic)) {
      assertLossAndEveryGradient(model);
    }
  }

  private static void assertLossAndEveryGradient(ReferenceModel model) {
    float[] gradient = new float[model.adapter.parameterCount()];
    double loss =
        new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE)
            .lossAndGradient(model.batch(), 1, 0, gradient);
    assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
    float[] expected = model.expectedGradient("gradient.");
    for (AdapterParameter p : model.adapter.parameters()) {
      assertThat(relativeError(gradient, expected, p))
          .as("relative error of the gradient of " + p.name())
          .isLessThan(GRADIENT_TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void whatIsKeptDoesNotChangeABit(String family) {
    try (ReferenceModel model = open(family)) {
      float[] kept = gradient(model, Checkpointing.KEEP_ALL);
      assertThat(gradient(model, Checkpointing.KEEP_PRODUCTS)).isEqualTo(kept);
      assertThat(gradient(model, Checkpointing.RECOMPUTE)).isEqualTo(kept);
    }
  }

  private static float[] gradient(ReferenceModel model, Checkpointing checkpointing) {
    float[] gradient = new float[model.adapter.parameterCount()];
    new AdapterTraining(model.decoder, model.adapter, checkpointing)
        .lossAndGradient(model.batch(), 1, 1, gradient);
    return gradient;
  }

  @ParameterizedTest
  @MethodSource("families")
  void fiveStepsOfAdamW(String family) {
    try (ReferenceModel model = open(family);
        Optimizer optimizer =
            Optimizer.create(
                AdamWSettings.defaults(),
                ParameterGroup.single(model.adapter.parameters(), WEIGHT_DECAY),
                new StateMemory.Resident())) {
      AdapterTraining training =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.KEEP_ALL);
      float[] gradient = new float[model.adapter.parameterCount()];
      double share = 1.0 / model.batch().targetCount();
      for (JsonNode expected : model.facts.get("step_losses")) {
        double loss = training.lossAndGradient(model.batch(), share, 0, gradient) * share;
        assertThat(loss).isCloseTo(expected.asDouble(), within(LOSS_TOLERANCE));
        optimizer.step(gradient, RATE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void greedyTextOfRaggedPrompts(String family) {
    try (ReferenceModel model = open(family)) {
      model.assertGreedyTexts();
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void countsParametersAsTransformersDoes(String family) {
    try (ReferenceModel model = open(family)) {
      assertThat(model.decoder.config().parameterCount())
          .isEqualTo(model.facts.get("parameters").asLong());
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void mergedWeightsComputeWhatTheAdapterDoes(String family) {
    try (ReferenceModel model = open(family)) {
      ModelFolder base = ModelFolder.open(ReferenceModel.path("families/" + family));
      BaseWeights weights = model.decoder.config().weights(base.tensors().names());
      Merge.folder(
          model.manager,
          base,
          base.path().resolve("adapter"),
          model.decoder.config().baseModel(),
          weights,
          folder);
      Decoder merged =
          Decoder.load(model.manager, ModelFolder.open(folder), model.decoder.arithmetic());
      float[] logits = merged.logits(Optional.empty(), model.tokens("long"));
      assertThat(largestDifference(logits, model.floats("adapted_logits")))
          .isLessThan(LOGIT_TOLERANCE);
    }
  }

  /** Given the settings that the script gave PEFT, which keeps the targets as a set. */
  @ParameterizedTest
  @MethodSource("families")
  void anAdaptersConfigIsPefts(String family) {
    Path config = ReferenceModel.path("families/" + family);
    DecoderConfig decoder = DecoderConfig.read(ModelFolder.openConfig(config));
    LoraConfig expected = LoraConfig.read(config.resolve("adapter"));
    LoraConfig settings =
        LoraConfig.of(
            Json.object()
                .put("r", 2)
                .put("lora_alpha", 6)
                .put("init_lora_weights", false)
                .put("task_type", "CAUSAL_LM"));
    Object targets =
        decoder.baseModel().mixture().isPresent()
            ? List.of("q_proj", "k_proj", "v_proj", "o_proj")
            : "all-linear";
    assertThat(settings.with("target_modules", targets).resolvedFor(decoder.baseModel()).fileText())
        .isEqualTo(expected.fileText());
  }

  @ParameterizedTest
  @MethodSource("families")
  void adaptsByDefaultWhatPeftDoes(String family) {
    Path files = ReferenceModel.path("families/" + family);
    JsonNode expected = Json.read(files.resolve("expected.json")).get("default_targets");
    DecoderConfig decoder = DecoderConfig.read(ModelFolder.openConfig(files));
    if (expected.isNull()) {
      assertThatThrownBy(() -> defaultTargets(decoder)).hasMessageContaining(decoder.modelType());
    } else {
      Set<String> names = new TreeSet<>();
      expected.forEach(name -> names.add(name.asText()));
      assertThat(lastSegments(defaultTargets(decoder))).isEqualTo(names);
    }
  }

  private static List<AdaptedModule> defaultTargets(DecoderConfig config) {
    BaseModel base = config.baseModel();
    return LoraConfig.defaults().resolvedFor(base).shape(base).modules();
  }

  private static Set<String> lastSegments(List<AdaptedModule> targets) {
    Set<String> names = new TreeSet<>();
    for (AdaptedModule target : targets) {
      names.add(target.module().name().substring(target.module().name().lastIndexOf('.') + 1));
    }
    return names;
  }

  private static ReferenceModel open(String family) {
    return ReferenceModel.open("families/" + family);
  }

  private static double largestDifference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  private static double relativeError(float[] actual, float[] expected, AdapterParameter part) {
    double difference = 0;
    double norm = 0;
    for (int i = part.offset(); i < part.offset() + part.size(); i++) {
      difference += Math.pow(actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(norm).as(part.name()).isPositive();
    return Math.sqrt(difference / norm);
  }
}
