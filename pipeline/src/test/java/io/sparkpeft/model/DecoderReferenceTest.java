package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.tensor.Product;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What transformers and PEFT compute, see reference/llama.py. */
class DecoderReferenceTest {
  private static final double LOGIT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-4;

  @ParameterizedTest
  @CsvSource({"untied, PLAIN", "untied, ONEDNN", "tied, PLAIN"})
  void logits(String name, Product product) {
    try (ReferenceModel model = ReferenceModel.open(name, product)) {
      int[] tokens = model.tokens("long");
      float[] base = model.decoder.logits(Optional.empty(), tokens);
      float[] adapted = model.decoder.logits(Optional.of(model.adapter), tokens);
      assertEvery(base, 8, model.floats("base_logits"));
      assertEvery(adapted, 8, model.floats("adapted_logits"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rope_linear", "rope_dynamic", "rope_llama3", "rope_yarn"})
  void logitsWithScaledPositions(String config) {
    try (ReferenceModel model = ReferenceModel.variant(config)) {
      float[] logits = model.decoder.logits(Optional.empty(), model.tokens("long"));
      assertEvery(logits, 4, model.floats("base_logits"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "untied, KEEP_ALL, PLAIN",
    "untied, RECOMPUTE, ONEDNN",
    "tied, RECOMPUTE, PLAIN",
  })
  void lossAndGradients(String name, Checkpointing checkpointing, Product product) {
    try (ReferenceModel model = ReferenceModel.open(name, product)) {
      AdapterTraining training = new AdapterTraining(model.decoder, model.adapter, checkpointing);
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss = training.lossAndGradient(model.batch(), 1, 0, gradient);
      assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
      assertThat(training.loss(model.batch())).isCloseTo(loss, within(1e-9));
      assertGradients(model, gradient, model.expectedGradient("gradient."));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"untied", "tied"})
  void lossAndGradientsWithGivenDropout(String name) {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      AdapterTraining training =
          new AdapterTraining(model.decoder, model.adapter, Checkpointing.RECOMPUTE);
      float[] gradient = new float[model.adapter.parameterCount()];
      double loss = training.lossAndGradient(model.batch(), 1, model.givenMasks(), gradient);
      assertThat(loss).isCloseTo(model.facts.get("dropped_loss").asDouble(), within(1e-3));
      assertGradients(model, gradient, model.expectedGradient("dropped_gradient."));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"untied", "tied"})
  void greedyTextOfRaggedPrompts(String name) {
    try (ReferenceModel model = ReferenceModel.open(name)) {
      List<int[]> prompts = model.lists("prompts");
      List<int[]> expected = model.lists("greedy");
      GenerationSettings settings = GenerationSettings.greedy(32, Set.of());
      List<int[]> answers =
          Generator.generate(model.decoder, Optional.of(model.adapter), prompts, settings);
      assertThat(answers).containsExactlyElementsOf(expected);
      assertThat(
              Generator.generate(
                  model.decoder, Optional.of(model.adapter), prompts.get(1), settings))
          .isEqualTo(expected.get(1));
    }
  }

  @Test
  void logLikelihoodsWhateverTheirOrder() {
    try (ReferenceModel model = ReferenceModel.open("untied")) {
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

  private static void assertGradients(ReferenceModel model, float[] actual, float[] expected) {
    model
        .adapter
        .parameters()
        .forEach(
            p -> {
              double difference = 0;
              double norm = 0;
              for (int i = p.offset(); i < p.offset() + p.size(); i++) {
                difference += Math.pow(actual[i] - expected[i], 2);
                norm += Math.pow(expected[i], 2);
              }
              assertThat(norm).as(p.name()).isPositive();
              assertThat(Math.sqrt(difference / norm))
                  .as("relative error of the gradient of " + p.name())
                  .isLessThan(GRADIENT_TOLERANCE);
            });
  }

  /** expected: one row of logits in so many. */
  private static void assertEvery(float[] actual, int stride, float[] expected) {
    int vocabulary = 96;
    for (int row = 0; row < expected.length / vocabulary; row++) {
      for (int i = 0; i < vocabulary; i++) {
        assertThat(actual[row * stride * vocabulary + i])
            .isCloseTo(expected[row * vocabulary + i], within((float) LOGIT_TOLERANCE));
      }
    }
  }
}
