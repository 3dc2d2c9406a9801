package io.sparkpeft.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.optim.OptimizerSettings.AdamWSettings;
import io.sparkpeft.optim.OptimizerSettings.Means;
import io.sparkpeft.optim.OptimizerSettings.SgdSettings;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AdamW with 8-bit state, and state in files. The shapes are those of adamw8bit.py. */
class AdamW8bitTest {
  private static final long[] LARGE = {25, 205};
  private static final long[] SMALL = {7, 400};
  private static final int LARGE_SIZE = 5125;
  private static final int SIZE = 5125 + 2800;
  private static final AdamWSettings EIGHT_BIT =
      new AdamWSettings(0.9, 0.95, 1e-8, Means.BLOCKWISE_8BIT);

  @TempDir Path folder;

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

  @ParameterizedTest
  @ValueSource(ints = {1, 10})
  void stateIsThatOfBitsandbytes(int steps) {
    SafetensorsFile golden = golden();
    List<AdapterParameter> parameters = parameters();
    try (Optimizer optimizer = optimizer(EIGHT_BIT, parameters, new StateMemory.Resident())) {
      take(optimizer, 1, steps);
      Map<String, ByteBuffer> state = bytes(optimizer);
      for (String name : List.of("state1", "absmax1", "state2", "absmax2")) {
        assertThat(state.get(name + ".large"))
            .as(name)
            .isEqualTo(golden.bytes(steps + ".large." + name));
      }
      assertThat(state.get("qmap1")).isEqualTo(golden.bytes("qmap1"));
      assertThat(state.get("qmap2")).isEqualTo(golden.bytes("qmap2"));
      assertThat(state.keySet()).contains("exp_avg.small", "exp_avg_sq.small").hasSize(8);
    }
    for (AdapterParameter parameter : parameters) {
      float[] expected = new float[parameter.size()];
      golden.bytes(steps + "." + parameter.name() + ".value").asFloatBuffer().get(expected);
      assertThat(parameter.value().toFloatArray()).containsExactly(expected, within(1e-6f));
    }
  }

  @Test
  void itIsItsTwin() {
    AdapterParameter large = parameters().get(0);
    float[] expected = large.value().toFloatArray();
    AdamW8bitTwin twin = new AdamW8bitTwin(LARGE_SIZE);
    try (Optimizer optimizer = optimizer(EIGHT_BIT, List.of(large), new StateMemory.Resident())) {
      for (int step = 1; step <= 5; step++) {
        float[] gradient = values(LARGE_SIZE, step);
        optimizer.step(gradient, 0.01);
        twin.step(expected, gradient, 0.01, 0.1, 0.9, 0.95, 1e-8);
      }
      assertThat(large.value().toFloatArray()).containsExactly(expected, within(1e-6f));
      byte[] codes = new byte[LARGE_SIZE];
      bytes(optimizer).get("state2.large").get(codes);
      assertThat(codes).isEqualTo(twin.codesOfSquares());
    }
  }

  static Stream<OptimizerSettings> everyKind() {
    return Stream.of(EIGHT_BIT, AdamWSettings.defaults(), new SgdSettings(0.9));
  }

  /** One run in memory; one with all state in files, going on from the other's checkpoint. */
  @ParameterizedTest
  @MethodSource("everyKind")
  void stateInFilesGivesTheSameBits(OptimizerSettings settings) {
    List<AdapterParameter> parameters = parameters();
    List<AdapterParameter> others = parameters();
    try (Optimizer first = optimizer(settings, parameters, new StateMemory.Resident());
        Optimizer paged = optimizer(settings, others, new StateMemory.Paged(folder, 0))) {
      take(first, 1, 3);
      take(paged, 1, 3);
      assertThat(bytes(paged)).isEqualTo(bytes(first));
      paged.restore(first.state());
      take(first, 4, 6);
      take(paged, 4, 6);
      assertThat(bytes(paged)).isEqualTo(bytes(first));
    }
    for (int i = 0; i < parameters.size(); i++) {
      assertThat(others.get(i).value().toByteBuffer())
          .isEqualTo(parameters.get(i).value().toByteBuffer());
    }
  }

  @Test
  void whatTheBudgetHoldsStaysInMemory() throws IOException {
    long ofLarge = EIGHT_BIT.stateBytes(LARGE_SIZE);
    try (Optimizer optimizer =
        optimizer(EIGHT_BIT, parameters(), new StateMemory.Paged(folder, ofLarge))) {
      take(optimizer, 1, 1);
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files.map(file -> file.toFile().length())).containsExactly(11200L, 11200L);
      }
    }
  }

  @Test
  void stateTakesTwoBytesPerValueAndItsBlocks() {
    assertThat(EIGHT_BIT.stateBytes(4095)).isEqualTo(8 * 4095);
    assertThat(EIGHT_BIT.stateBytes(4096)).isEqualTo(2 * 4096 + 2 * 4 * 16);
    assertThat(EIGHT_BIT.stateBytes(4097)).isEqualTo(2 * 4097 + 2 * 4 * 17);
    assertThat(AdamWSettings.defaults().stateBytes(5000)).isEqualTo(40_000);
    assertThat(new SgdSettings(0.9).stateBytes(5000)).isEqualTo(20_000);
    assertThat(new SgdSettings(0).stateBytes(5000)).isZero();
  }

  @Test
  void aBudgetBelowNothingIsRefused() {
    assertThatThrownBy(() -> new StateMemory.Paged(folder, -1))
        .hasMessageStartingWith(
            "train.optimizer_memory = -1 cannot be used. It must be 0 or more.");
  }

  private static Optimizer optimizer(
      OptimizerSettings settings, List<AdapterParameter> parameters, StateMemory memory) {
    return Optimizer.create(settings, ParameterGroup.single(parameters, 0.1), memory);
  }

  private static void take(Optimizer optimizer, int first, int last) {
    for (int step = first; step <= last; step++) {
      float[] gradient = new float[SIZE];
      System.arraycopy(values(LARGE_SIZE, step), 0, gradient, 0, LARGE_SIZE);
      System.arraycopy(values(2800, step), 0, gradient, LARGE_SIZE, 2800);
      optimizer.step(gradient, 0.01);
    }
  }

  private List<AdapterParameter> parameters() {
    NDArray large = Tensors.fromFloats(manager, values(LARGE_SIZE, 0), LARGE);
    NDArray small = Tensors.fromFloats(manager, values(2800, 0), SMALL);
    return List.of(
        new AdapterParameter("large", large, 0), new AdapterParameter("small", small, LARGE_SIZE));
  }

  /** As in adamw8bit.py. */
  private static float[] values(int count, int step) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int whole = (7919 * i + 104729 * step) % 2003 - 1001;
      boolean isZero = i >= 256 && i < 512;
      values[i] = isZero ? 0 : (float) (whole / 1000.0 * Math.pow(10, -(i / 256 % 5)));
    }
    return values;
  }

  private static Map<String, ByteBuffer> bytes(Optimizer optimizer) {
    Map<String, ByteBuffer> bytes = new TreeMap<>();
    for (NamedTensor tensor : optimizer.state().tensors()) {
      bytes.put(tensor.name(), tensor.bytes().get());
    }
    return bytes;
  }

  private static SafetensorsFile golden() {
    try {
      return Safetensors.open(
          Path.of(AdamW8bitTest.class.getResource("adamw8bit.safetensors").toURI()));
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
