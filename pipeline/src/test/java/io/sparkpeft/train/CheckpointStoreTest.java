package io.sparkpeft.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.FullDisk;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.optim.OptimizerState;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.train.Checkpoint.SavedTensor;
import io.sparkpeft.weights.NamedTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {
  static final CheckpointIdentity IDENTITY =
      identity(Map.of("train.learning_rate", "0.05"), Map.of("dtype", "float32"));

  private static final NamedTensor CODES =
      new NamedTensor(
          "state1.m.lora_B.weight",
          Dtype.UINT8,
          new long[] {3},
          () -> ByteBuffer.wrap(new byte[] {0, 127, -1}));

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();

  private static CheckpointIdentity identity(
      Map<String, String> recipe, Map<String, String> arithmetic) {
    return new CheckpointIdentity(new TreeMap<>(recipe), new TreeMap<>(arithmetic));
  }

  private CheckpointStore store() {
    return new CheckpointStore(folder, IDENTITY);
  }

  private static Checkpoint checkpoint(long step) {
    float[] values = {1.5f, -0.0f, Float.MIN_VALUE, 3e38f, step, 0.1f};
    return new Checkpoint(
        new Progress(step, 2.5, 0.1 + step, 1000 * step, 10 * step),
        new TreeMap<>(Map.of("m.lora_A.weight", new SavedTensor(new long[] {2, 3}, values))),
        new OptimizerState(step, List.of(fp32("exp_avg.m.lora_A.weight", values), CODES)));
  }

  private static NamedTensor fp32(String name, float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new NamedTensor(name, Dtype.FLOAT32, new long[] {values.length}, () -> bytes);
  }

  @Test
  void whatIsLoadedIsWhatWasSaved() {
    Path path = store().save(checkpoint(123), 2);
    assertThat(path).isEqualTo(folder.resolve("step-000123"));
    Checkpoint loaded = store().load(path);
    assertThat(loaded)
        .usingRecursiveComparison()
        .withEqualsForType((a, b) -> a.get().equals(b.get()), Supplier.class)
        .isEqualTo(checkpoint(123));
  }

  @Test
  void thereIsNoneAtFirst() {
    assertThat(CheckpointStore.latest(folder.resolve("nowhere"), warnings::add)).isEmpty();
  }

  @Test
  void keepsTheNewest() throws IOException {
    for (long step : new long[] {5, 90, 100, 1_000_000}) {
      store().save(checkpoint(step), 2);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("step-000100", "step-1000000");
    }
    assertThat(CheckpointStore.latest(folder, warnings::add))
        .contains(folder.resolve("step-1000000"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"adapter_model.safetensors", "optimizer.safetensors", "checkpoint.json"})
  void aDamagedOneIsPassedOverWithAWarning(String file) throws IOException {
    store().save(checkpoint(10), 2);
    Path damaged = store().save(checkpoint(20), 2).resolve(file);
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length - 5] ^= 1;
    Files.write(damaged, bytes);

    assertThat(CheckpointStore.latest(folder, warnings::add))
        .contains(folder.resolve("step-000010"));
    assertThat(warnings).singleElement().asString().contains("step-000020 is damaged", file);
    assertThatThrownBy(() -> store().load(folder.resolve("step-000020")))
        .hasMessageContaining("step-000020 is damaged. ")
        .hasMessageEndingWith("Resume from another, or start anew with train.resume = never.");
  }

  @Test
  void oneWithoutAFileIsPassedOver() throws IOException {
    Files.delete(store().save(checkpoint(3), 2).resolve("optimizer.safetensors"));
    assertThat(CheckpointStore.latest(folder, warnings::add)).isEmpty();
    assertThat(warnings).hasSize(1);
  }

  @Test
  void aHalfWrittenOneIsNotSeen() throws IOException {
    Files.createDirectory(folder.resolve(".step-000009.0123.part"));
    assertThat(CheckpointStore.latest(folder, warnings::add)).isEmpty();
    assertThat(warnings).isEmpty();
  }

  @Test
  void aDamagedOneIsReplaced() throws IOException {
    Path path = store().save(checkpoint(7), 2);
    Files.writeString(path.resolve("checkpoint.json"), "{");
    store().save(checkpoint(7), 2);
    assertThat(CheckpointStore.latest(folder, warnings::add)).contains(path);
    assertThat(warnings).isEmpty();
  }

  @Test
  void anotherRunsIsRefusedWithTheDifference() {
    Path path = store().save(checkpoint(1), 2);
    CheckpointStore other =
        new CheckpointStore(
            folder,
            identity(
                Map.of("train.learning_rate", "0.01", "adapter.r", "8"),
                Map.of("dtype", "bfloat16")));
    assertThatThrownBy(() -> other.load(path))
        .hasMessage(
            ("The checkpoint %s belongs to another run. adapter.r is 8 and was (nothing);"
                    + " arithmetic.dtype is bfloat16 and was float32; train.learning_rate is 0.01"
                    + " and was 0.05. Go back to its settings, choose another run.id, or start anew"
                    + " with train.resume = never.")
                .formatted(path))
        .satisfies(
            e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.CONFIGURATION));
  }

  @Test
  void aMissingOneIsSaidToBeMissing() {
    assertThatThrownBy(() -> store().load(folder.resolve("step-000001")))
        .hasMessageStartingWith("There is no checkpoint at " + folder)
        .satisfies(
            e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.MISSING_INPUT));
    assertThatThrownBy(() -> CheckpointStore.stepOf(folder.resolve("final")))
        .hasMessageContaining("final is not a checkpoint.");
  }

  @Test
  void anotherAdaptersTensorsAreRefused() {
    try (PairAdapter adapter = new PairAdapter(3, 2, 1)) {
      assertThatThrownBy(() -> checkpoint(1).restore(adapter))
          .hasMessageStartingWith(
              "The checkpoint's adapter has the tensors [m.lora_A.weight] instead of"
                  + " [base_model.model.head.lora_A.weight, base_model.model.head.lora_B.weight].");
      try (PairAdapter larger = new PairAdapter(4, 2, 1)) {
        Checkpoint saved =
            new Checkpoint(
                Progress.NONE, Checkpoint.copyOf(larger), new OptimizerState(0, List.of()));
        assertThatThrownBy(() -> saved.restore(adapter))
            .hasMessageStartingWith(
                "The checkpoint's base_model.model.head.lora_A.weight has the shape [2, 4] instead"
                    + " of [2, 3].");
      }
    }
  }

  @Test
  void aFullDiskLeavesNoCheckpoint() throws IOException {
    FullDisk.assertNothingIsLeft(
        disk -> new CheckpointStore(disk, IDENTITY).save(checkpoint(1), 2));
  }
}
