package io.sparkpeft.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.OptimizerSettings.Means;
import io.sparkpeft.optim.OptimizerSettings.SgdSettings;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.weights.NamedTensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptimizerTest {
  private static final int SIZE = 1000;

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static OptimizerSettings settings(String run) {
    return switch (run) {
      case "adamw" -> AdamWSettings.defaults();
      case "adamw_groups" -> new AdamWSettings(0.8, 0.95, 1e-3, Means.FLOAT32);
      case "sgd" -> new SgdSettings(0);
      case "sgd_momentum" -> new SgdSettings(0.9);
      default -> throw new AssertionError(run);
    };
  }

  @ParameterizedTest
  @CsvSource({"adamw", "adamw_groups", "sgd", "sgd_momentum"})
  void valuesAreThoseOfTorch(String run) {
    JsonNode golden = Golden.of("runs").get(run);
    AdapterParameter a = parameter("a", golden.get("start").get("a"), 0, 2, 5);
    AdapterParameter b = parameter("b", golden.get("start").get("b"), 10, 3, 2);
    List<ParameterGroup> groups =
        List.of(group(b, golden.get("groups")), group(a, golden.get("groups")));
    try (Optimizer optimizer =
        Optimizer.create(settings(run), groups, new StateMemory.Resident())) {
      for (JsonNode step : golden.get("steps")) {
        float[] gradient = new float[16];
        System.arraycopy(Golden.floats(step.get("gradients").get("a")), 0, gradient, 0, 10);
        System.arraycopy(Golden.floats(step.get("gradients").get("b")), 0, gradient, 10, 6);
        optimizer.step(gradient, step.get("learning_rate").doubleValue());
        assertThat(a.value().toFloatArray())
            .containsExactly(Golden.floats(step.get("values").get("a")), within(1e-6f));
        assertThat(b.value().toFloatArray())
            .containsExactly(Golden.floats(step.get("values").get("b")), within(1e-6f));
      }
    }
  }

  @Test
  void adamWIsItsTwin() {
    AdapterParameter parameter = random(3);
    double[] expected = doubles(parameter);
    OptimizerTwin twin = new OptimizerTwin(SIZE);
    try (Optimizer optimizer =
        optimizer(new AdamWSettings(0.9, 0.99, 1e-8, Means.FLOAT32), parameter)) {
      for (int step = 0; step < 20; step++) {
        float[] gradient = gaussian(step, SIZE);
        optimizer.step(gradient, 0.01);
        twin.adamW(expected, gradient, 0.01, 0.1, 0.9, 0.99, 1e-8);
      }
    }
    assertClose(parameter, expected);
  }

  @ParameterizedTest
  @CsvSource({"0", "0.9"})
  void sgdIsItsTwin(double momentum) {
    AdapterParameter parameter = random(4);
    double[] expected = doubles(parameter);
    OptimizerTwin twin = new OptimizerTwin(SIZE);
    try (Optimizer optimizer = optimizer(new SgdSettings(momentum), parameter)) {
      for (int step = 0; step < 20; step++) {
        float[] gradient = gaussian(step, SIZE);
        optimizer.step(gradient, 0.01);
        twin.sgd(expected, gradient, 0.01, 0.1, momentum);
      }
    }
    assertClose(parameter, expected);
  }

  @ParameterizedTest
  @CsvSource({"adamw", "sgd_momentum"})
  void goesOnBitForBitFromASavedState(String run) {
    AdapterParameter whole = random(5);
    AdapterParameter resumed;
    try (Optimizer first = optimizer(settings(run), whole)) {
      for (int step = 0; step < 5; step++) {
        first.step(gaussian(step, SIZE), 0.01);
      }
      resumed = new AdapterParameter("p", whole.value().duplicate(), 0);
      try (Optimizer second = optimizer(settings(run), resumed)) {
        second.restore(first.state());
        for (int step = 5; step < 10; step++) {
          first.step(gaussian(step, SIZE), 0.01);
          second.step(gaussian(step, SIZE), 0.01);
        }
        assertThat(second.state().steps()).isEqualTo(10);
      }
    }
    assertThat(resumed.value().toByteBuffer()).isEqualTo(whole.value().toByteBuffer());
  }

  @Test
  void stateOfAnotherOptimizerIsRefused() {
    AdapterParameter parameter = random(6);
    try (Optimizer adamW = optimizer(AdamWSettings.defaults(), parameter);
        Optimizer sgd = optimizer(new SgdSettings(0.5), parameter)) {
      assertThatThrownBy(() -> adamW.restore(sgd.state()))
          .hasMessage(
              "The saved optimizer state does not fit the adapter: missing [exp_avg.p,"
                  + " exp_avg_sq.p], unexpected [momentum_buffer.p]. It was written by another"
                  + " optimizer or for another adapter. Resume with the recipe that wrote it, or"
                  + " start anew with train.resume = never.");
    }
  }

  @Test
  void stateOfAnotherShapeIsRefused() {
    try (Optimizer sgd = optimizer(new SgdSettings(0.5), random(6))) {
      NamedTensor small =
          new NamedTensor(
              "momentum_buffer.p", Dtype.UINT8, new long[] {3}, () -> ByteBuffer.allocate(3));
      assertThatThrownBy(() -> sgd.restore(new OptimizerState(1, List.of(small))))
          .hasMessageStartingWith(
              "The saved optimizer state has 3 values of U8 for momentum_buffer.p instead of 1000"
                  + " of F32.");
    }
  }

  @Test
  void aTensorStandsInOneGroup() {
    AdapterParameter parameter = random(7);
    List<ParameterGroup> twice =
        List.of(
            new ParameterGroup(List.of(parameter), 1, 0),
            new ParameterGroup(List.of(parameter), 2, 0));
    assertThatThrownBy(
            () -> Optimizer.create(AdamWSettings.defaults(), twice, new StateMemory.Resident()))
        .hasMessageStartingWith("The adapter's tensor p stands in two parameter groups.");
  }

  @Test
  void constantsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new AdamWSettings(0.9, 1, 1e-8, Means.FLOAT32))
        .hasMessageStartingWith(
            "train.betas = 1.0 cannot be used. It must be at least 0 and below 1.");
    assertThatThrownBy(() -> new AdamWSettings(0.9, 0.999, -1, Means.FLOAT32))
        .hasMessageStartingWith("train.eps = -1.0 cannot be used. It must be 0 or more.");
    assertThatThrownBy(() -> new SgdSettings(-0.1))
        .hasMessageStartingWith("train.momentum = -0.1 cannot be used.");
    assertThatThrownBy(() -> ParameterGroup.single(List.of(), -1))
        .hasMessageStartingWith("train.weight_decay = -1.0 cannot be used. It must be 0 or more.");
  }

  private static Optimizer optimizer(OptimizerSettings settings, AdapterParameter parameter) {
    return Optimizer.create(
        settings, ParameterGroup.single(List.of(parameter), 0.1), new StateMemory.Resident());
  }

  private AdapterParameter parameter(String name, JsonNode values, int offset, long... shape) {
    NDArray tensor = manager.create(Golden.floats(values), new Shape(shape));
    return new AdapterParameter(name, tensor, offset);
  }

  private static ParameterGroup group(AdapterParameter parameter, JsonNode groups) {
    JsonNode group = groups.get(parameter.name());
    return new ParameterGroup(
        List.of(parameter),
        group.get("multiplier").doubleValue(),
        group.get("weight_decay").doubleValue());
  }

  private AdapterParameter random(long seed) {
    return new AdapterParameter("p", manager.create(gaussian(seed, SIZE)), 0);
  }

  private static float[] gaussian(long seed, int size) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static double[] doubles(AdapterParameter parameter) {
    float[] values = parameter.value().toFloatArray();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static void assertClose(AdapterParameter parameter, double[] expected) {
    double[] values = doubles(parameter);
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).as("value %d", i).isCloseTo(expected[i], within(5e-6));
    }
  }
}
