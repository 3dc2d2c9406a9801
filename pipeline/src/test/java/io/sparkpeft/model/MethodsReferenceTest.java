package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What PEFT computes with adapters of each method, see reference/methods.py. */
class MethodsReferenceTest {
  private static final double LOGIT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-4;
  private static final double LEAST_COSINE = 0.999;
  private static final int VOCABULARY = 96;

  /** The script kept the logits of one position in so many. */
  private static final int STRIDE = 8;

  @TempDir Path folder;

  static List<String> methods() throws IOException {
    return ReferenceModel.names("methods");
  }

  /** Those whose files can be trained on. */
  static List<String> trainable() throws IOException {
    return methods().stream().filter(method -> config(method).whyNotTrained().isEmpty()).toList();
  }

  static List<String> mergeable() throws IOException {
    return methods().stream().filter(method -> config(method).whyNotMerged().isEmpty()).toList();
  }

  static List<String> withDropout() throws IOException, URISyntaxException {
    return trainable().stream().filter(method -> config(method).dropout() > 0).toList();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void logits(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      assertLogits(model, model.decoder.logits(Optional.of(model.adapter), model.tokens("long")));
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void logitsInBfloat16(String method) {
    Arithmetic arithmetic = new Arithmetic(Dtype.BFLOAT16, Product.PLAIN, "");
    try (ReferenceModel model = ReferenceModel.method(method, arithmetic)) {
      float[] logits = model.decoder.logits(Optional.of(model.adapter), model.tokens("long"));
      assertThat(ReferenceModel.cosine(kept(logits), model.floats("adapted_logits")))
          .isGreaterThan(LEAST_COSINE);
    }
  }

  /** As a run computes on this machine, by Java's vectors if it has any. */
  @ParameterizedTest
  @MethodSource("trainable")
  void lossAndEveryGradientAsChosen(String method) {
    Arithmetic arithmetic =
        Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
    try (ReferenceModel model = ReferenceModel.method(method, arithmetic)) {
      assertLossAndEveryGradient(model, Checkpointing.KEEP_PRODUCTS);
    }
  }

  /** The kernels that a GPU computes with, here on the CPU. */
  @ParameterizedTest
  @MethodSource("trainable")
  void lossAndEveryGradientAsOnAGpu(String method) {
    Arithmetic arithmetic = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, Arithmetic.CUDA);
    try (ReferenceModel model = ReferenceModel.method(method, arithmetic)) {
      assertLossAndEveryGradient(model, Checkpointing.RECOMPUTE);
    }
  }

  @ParameterizedTest
  @MethodSource("trainable")
  void lossAndEveryGradient(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      float[] kept = assertLossAndEveryGradient(model, Checkpointing.KEEP_ALL);
      assertThat(assertLossAndEveryGradient(model, Checkpointing.RECOMPUTE)).isEqualTo(kept);
    }
  }

  @ParameterizedTest
  @MethodSource("withDropout")
  void lossAndEveryGradientWithGivenDropout(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE)
              .lossAndGradient(model.batch(), 1, model.givenMasks(), gradient);
      assertThat(loss).isCloseTo(model.facts.get("dropped_loss").asDouble(), within(1e-3));
      assertGradients(model, gradient, "dropped_gradient.");
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void greedyTextOfRaggedPrompts(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      model.assertGreedyTexts();
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void logLikelihoods(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      List<Continuation> texts = new ArrayList<>();
      for (JsonNode text : model.facts.get("scored")) {
        texts.add(
            new Continuation(ReferenceModel.tokens(text.get("tokens")), text.get("from").asInt()));
      }
      List<LogLikelihood> scores =
          Likelihoods.score(model.decoder, Optional.of(model.adapter), texts);
      for (int i = 0; i < texts.size(); i++) {
        double expected = model.facts.get("scored").get(i).get("sum").asDouble();
        assertThat(scores.get(i).sum()).isCloseTo(expected, within(1e-4));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void savesWhatItLoadsByteForByte(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      model.adapter.save(folder, "tiny");
      for (String file : List.of(AdapterFiles.WEIGHTS, AdapterFiles.CONFIG)) {
        assertThat(folder.resolve(file)).hasSameBinaryContentAs(adapter(method).resolve(file));
      }
    }
  }

  /** Of the settings that the script gave PEFT, the file that PEFT wrote, and its size. */
  @ParameterizedTest
  @MethodSource("methods")
  void resolvesAConfigAsPeftDoes(String method) throws IOException {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      ObjectNode settings = model.facts.get("settings").deepCopy();
      settings.put("peft_type", config(method).peftType().name()).put("task_type", "CAUSAL_LM");
      BaseModel base = model.decoder.config().baseModel();
      AdapterConfig resolved = AdapterConfig.of(settings).resolvedFor(base);
      Path golden = adapter(method);
      assertThat(resolved.savedFor("tiny").fileText())
          .isEqualTo(Files.readString(golden.resolve(AdapterFiles.CONFIG)));
      assertThat(resolved.shape(base).fileBytes())
          .isEqualTo(Files.size(golden.resolve(AdapterFiles.WEIGHTS)));
    }
  }

  @ParameterizedTest
  @MethodSource("mergeable")
  void mergedWeightsComputeWhatTheAdapterDoes(String method) {
    try (ReferenceModel model = ReferenceModel.method(method)) {
      ModelFolder base = ModelFolder.open(ReferenceModel.path("untied"));
      Merge.folder(
          model.manager,
          base,
          adapter(method),
          model.decoder.config().baseModel(),
          model.decoder.config().weights(base.tensors().names()),
          folder);
      Decoder merged =
          Decoder.load(model.manager, ModelFolder.open(folder), model.decoder.arithmetic());
      assertLogits(model, merged.logits(Optional.empty(), model.tokens("long")));
    }
  }

  private static float[] assertLossAndEveryGradient(
      ReferenceModel model, Checkpointing checkpointing) {
    float[] gradient = new float[model.adapter.parameterCount()];
    AdapterTraining training = new AdapterTraining(model.decoder, model.adapter, checkpointing);
    double loss = training.lossAndGradient(model.batch(), 1, 0, gradient);
    assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
    assertThat(training.loss(model.batch())).isCloseTo(loss, within(1e-3));
    assertGradients(model, gradient, "gradient.");
    return gradient;
  }

  private static void assertGradients(ReferenceModel model, float[] gradient, String prefix) {
    float[] expected = model.expectedGradient(prefix);
    for (AdapterParameter p : model.adapter.parameters()) {
      double difference = 0;
      double norm = 0;
      for (int i = p.offset(); i < p.offset() + p.size(); i++) {
        difference += Math.pow(gradient[i] - expected[i], 2);
        norm += Math.pow(expected[i], 2);
      }
      assertThat(norm).as(p.name()).isPositive();
      assertThat(Math.sqrt(difference / norm))
          .as("relative error of the gradient of " + p.name())
          .isLessThan(GRADIENT_TOLERANCE);
    }
  }

  private static void assertLogits(ReferenceModel model, float[] logits) {
    float[] expected = model.floats("adapted_logits");
    float[] actual = kept(logits);
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within((float) LOGIT_TOLERANCE));
    }
  }

  private static float[] kept(float[] logits) {
    int rows = logits.length / VOCABULARY / STRIDE;
    float[] kept = new float[rows * VOCABULARY];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(logits, row * STRIDE * VOCABULARY, kept, row * VOCABULARY, VOCABULARY);
    }
    return kept;
  }

  private static AdapterConfig config(String method) {
    return AdapterConfig.read(adapter(method));
  }

  private static Path adapter(String method) {
    return ReferenceModel.path("methods/" + method).resolve("adapter");
  }
}
