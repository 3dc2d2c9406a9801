package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.Derivation;
import io.sparkpeft.optim.Optimizer;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.Safetensors;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What PEFT trains with prefix_projection, which its file does not hold: the network as it began,
 * its gradients, and what five steps of AdamW make of it, see reference/methods.py.
 */
class PrefixProjectionTest {
  private static final double GRADIENT_TOLERANCE = 1e-5;
  private static final double VALUE_TOLERANCE = 1e-5;
  private static final double RATE = 0.01;
  private static final double WEIGHT_DECAY = 0.1;
  private static final String PROMPT = "prompt_embeddings";

  @TempDir Path folder;
  private ReferenceModel model;
  private Adapter adapter;

  /** As PEFT began, and with nothing of the file that it wrote. */
  @BeforeEach
  void begin() {
    model = ReferenceModel.method("prefix_projected");
    BaseModel base = model.decoder.config().baseModel();
    AdapterConfig config = model.adapter.config();
    adapter = Adapters.create(model.manager, config, base, 7);
    for (AdapterParameter parameter : adapter.parameters()) {
      Tensors.copyFrom(parameter.value(), model.floats("begin." + parameter.name()), 0);
    }
    adapter.derivation().orElseThrow().refresh();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void trainsAndCountsWhatPeftDoes() {
    int expected = model.facts.get("trainable").asInt();
    BaseModel base = model.decoder.config().baseModel();
    assertThat(adapter.parameterCount()).isEqualTo(expected);
    assertThat(adapter.config().shape(base).trainableParameters()).isEqualTo(expected);
    assertThat(adapter.parameters().stream().map(AdapterParameter::name))
        .containsExactly(
            "prompt_encoder.embedding.weight",
            "prompt_encoder.transform.0.bias",
            "prompt_encoder.transform.0.weight",
            "prompt_encoder.transform.2.bias",
            "prompt_encoder.transform.2.weight");
  }

  @Test
  void savesThePromptThatTheNetworkMakes() {
    adapter.save(folder, "tiny");
    Path theirs = ReferenceModel.path("methods/prefix_projected").resolve("adapter");
    assertThat(folder.resolve(AdapterFiles.CONFIG))
        .hasSameBinaryContentAs(theirs.resolve(AdapterFiles.CONFIG));
    assertThat(Safetensors.open(folder.resolve(AdapterFiles.WEIGHTS)).names())
        .containsExactly(PROMPT);
    assertClose(saved(folder), saved(theirs), PROMPT);
  }

  @Test
  void lossAndEveryGradient() {
    for (Checkpointing checkpointing : Checkpointing.values()) {
      float[] gradient = new float[adapter.parameterCount()];
      double loss =
          new AdapterTraining(model.decoder, adapter, checkpointing)
              .lossAndGradient(model.batch(), 1, 0, gradient);
      assertThat(loss).isCloseTo(model.facts.get("loss").asDouble(), within(1e-3));
      adapter.parameters().forEach(parameter -> assertGradient(parameter, gradient));
    }
  }

  private void assertGradient(AdapterParameter parameter, float[] gradient) {
    float[] expected = model.floats("gradient." + parameter.name());
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(gradient[parameter.offset() + i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    assertThat(norm).isPositive();
    assertThat(Math.sqrt(difference / norm)).as(parameter.name()).isLessThan(GRADIENT_TOLERANCE);
  }

  @Test
  void fiveStepsOfAdamW() {
    AdapterTraining training = new AdapterTraining(model.decoder, adapter, Checkpointing.KEEP_ALL);
    float[] gradient = new float[adapter.parameterCount()];
    double share = 1.0 / model.batch().targetCount();
    try (Optimizer optimizer =
        Optimizer.create(
            AdamWSettings.defaults(),
            ParameterGroup.single(adapter.parameters(), WEIGHT_DECAY),
            new StateMemory.Resident())) {
      for (var expected : model.facts.get("step_losses")) {
        double loss = training.lossAndGradient(model.batch(), share, 0, gradient) * share;
        assertThat(loss).isCloseTo(expected.asDouble(), within(1e-4));
        optimizer.step(gradient, RATE);
        adapter.derivation().ifPresent(Derivation::refresh);
      }
    }
    for (AdapterParameter parameter : adapter.parameters()) {
      float[] expected = model.floats("end." + parameter.name());
      assertClose(parameter.value().toFloatArray(), expected, parameter.name());
    }
    adapter.save(folder, "tiny");
    assertClose(saved(folder), model.floats("end." + PROMPT), PROMPT);
  }

  /** The file alone computes what the network did. */
  @Test
  void asSavedItComputesTheSame() {
    int[] tokens = model.tokens("long");
    float[] trained = model.decoder.logits(Optional.of(adapter), tokens);
    adapter.save(folder, "tiny");
    Adapter again = Adapters.load(model.manager, folder, model.decoder.config().baseModel());
    assertThat(model.decoder.logits(Optional.of(again), tokens)).isEqualTo(trained);
    assertThat(again.parameters().stream().map(AdapterParameter::name)).containsExactly(PROMPT);
  }

  private static float[] saved(Path adapter) {
    ByteBuffer bytes = Safetensors.open(adapter.resolve(AdapterFiles.WEIGHTS)).bytes(PROMPT);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static void assertClose(float[] actual, float[] expected, String name) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i]).as(name).isCloseTo(expected[i], within(VALUE_TOLERANCE));
    }
  }
}
