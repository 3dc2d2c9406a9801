package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.FullDisk;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.TensorSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergeTest {
  private static final List<LinearModule> MODULES = Goldens.tiny(2);

  /** Products may be summed in another order than PEFT's: a few units of the last place. */
  private static final double FP32_TOLERANCE = 2e-6;

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.start();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** In bf16 a sum near the middle of two numbers may round to the other: 2^-8 of a weight. */
  @ParameterizedTest
  @CsvSource({"everything, fp32", "few, fp32", "everything, bf16", "few, bf16"})
  void givesTheWeightsOfPeftsMerge(String adapter, String dtype) {
    ModelFolder base = ModelFolder.open(Goldens.path("base_" + dtype));

    Map<String, Double> changes =
        Merge.folder(
            manager, base, Goldens.path(adapter), Goldens.base(MODULES), weights(base), folder);

    ModelFolder merged = ModelFolder.open(folder);
    assertThat(merged.config()).isEqualTo(base.config());
    int rounding = requireEqual(merged.tensors(), golden("merged_" + adapter + "_" + dtype), dtype);
    assertThat(rounding).isLessThanOrEqualTo(5);
    assertThat(changes).hasSize(adapter.equals("few") ? 4 : 15);
    assertThat(Collections.max(changes.values())).isGreaterThan(0.1);
  }

  /** The number of bf16 values that differ, none by more than one rounding. */
  private int requireEqual(TensorSource found, TensorSource expected, String dtype) {
    assertThat(found.names()).isEqualTo(expected.names());
    int different = 0;
    for (String name : expected.names()) {
      assertThat(found.entry(name).toString()).isEqualTo(expected.entry(name).toString());
      float[] ours = fp32(found, name);
      float[] theirs = fp32(expected, name);
      for (int i = 0; i < ours.length; i++) {
        double tolerance = dtype.equals("fp32") ? FP32_TOLERANCE : Math.abs(theirs[i]) / 128;
        assertThat(Math.abs(ours[i] - theirs[i])).as(name).isLessThanOrEqualTo((float) tolerance);
        different += dtype.equals("bf16") && ours[i] != theirs[i] ? 1 : 0;
      }
    }
    return different;
  }

  /** The values come from merge_modes.py. */
  @Test
  void safeMergeRoundsTwice() {
    try (Merge merge = merge("base_bf16").with(Goldens.path("few"), MergeMode.SAFE_MERGE)) {
      assertThat(requireEqual(merge.tensors(), golden("merged_few_safe"), "bf16")).isLessThan(5);
      String name = "model.layers.0.mlp.down_proj.weight";
      assertThat(fp32(merge.tensors(), name)).isNotEqualTo(fp32(golden("merged_few_bf16"), name));
    }
  }

  @Test
  void adaptersAreMergedInOrderAndEachSumIsRounded() {
    try (Merge merge =
        merge("base_bf16")
            .with(Goldens.path("few"), MergeMode.MERGE)
            .with(Goldens.path("everything"), MergeMode.MERGE)) {
      assertThat(requireEqual(merge.tensors(), golden("merged_in_order"), "bf16")).isLessThan(10);
      assertThat(merge.largestChanges()).hasSize(15);
    }
  }

  @Test
  void unmergingTakesAwayWhatWasAdded() {
    try (Merge merge =
        merge("base_bf16")
            .with(Goldens.path("few"), MergeMode.MERGE)
            .with(Goldens.path("few"), MergeMode.UNMERGE)) {
      assertThat(requireEqual(merge.tensors(), golden("merged_few_back"), "bf16")).isLessThan(5);
    }
  }

  private Merge merge(String base) {
    ModelFolder folder = ModelFolder.open(Goldens.path(base));
    return new Merge(manager, folder.tensors(), Goldens.base(MODULES), weights(folder));
  }

  @Test
  void untiesAHeadThatIsAdaptedAndLeavesTheEmbedding() {
    ModelFolder base = ModelFolder.open(Goldens.path("base_tied"));
    assertThat(base.config().get("tie_word_embeddings").asBoolean()).isTrue();
    assertThat(base.tensors().contains("lm_head.weight")).isFalse();

    Merge.folder(
        manager, base, Goldens.path("everything"), Goldens.base(MODULES), weights(base), folder);

    ModelFolder merged = ModelFolder.open(folder);
    ObjectNode config = base.config();
    assertThat(merged.config()).isEqualTo(config.put("tie_word_embeddings", false));
    requireEqual(merged.tensors(), golden("merged_everything_untied"), "fp32");
    assertThat(merged.tensors().bytes("model.embed_tokens.weight"))
        .isEqualTo(base.tensors().bytes("model.embed_tokens.weight"));
  }

  @Test
  void leavesATiedHeadTiedIfItIsNotAdapted() {
    ModelFolder base = ModelFolder.open(Goldens.path("base_tied"));
    Merge.folder(manager, base, Goldens.path("few"), Goldens.base(MODULES), weights(base), folder);
    ModelFolder merged = ModelFolder.open(folder);
    assertThat(merged.config()).isEqualTo(base.config());
    assertThat(merged.tensors().names()).isEqualTo(base.tensors().names());
  }

  @Test
  void refusesAMergeThatChangesNothing() throws IOException {
    Path adapter = folder.resolve("adapter");
    Path target = Files.createDirectory(folder.resolve("merged"));
    LoraConfig config = LoraConfig.defaults().with("target_modules", List.of("q_proj"));
    Adapters.create(manager, config, Goldens.base(MODULES), 1).save(adapter, "tiny");
    ModelFolder base = ModelFolder.open(Goldens.path("base_fp32"));
    assertThatThrownBy(
            () ->
                Merge.folder(manager, base, adapter, Goldens.base(MODULES), weights(base), target))
        .hasMessageContaining("Merging " + adapter + " changes no weight of its base.");
  }

  @Test
  void refusesAMergeBeyondWhatTheWeightsCanHold() throws IOException {
    Path target = Files.createDirectory(folder.resolve("merged"));
    Path adapter = folder.resolve("adapter");
    LoraConfig config =
        LoraConfig.defaults().with("target_modules", List.of("q_proj")).with("lora_alpha", 8e30);
    Adapter huge = Adapters.create(manager, config, Goldens.base(MODULES), 1);
    float[] ones = new float[16 * 8];
    Arrays.fill(ones, 1e9f);
    huge.parameters().forEach(parameter -> Tensors.copyFrom(parameter.value(), ones, 0));
    huge.save(adapter, "tiny");
    ModelFolder base = ModelFolder.open(Goldens.path("base_bf16"));
    assertThatThrownBy(
            () ->
                Merge.folder(manager, base, adapter, Goldens.base(MODULES), weights(base), target))
        .hasMessageContaining(
            "Merging would leave values in model.layers.0.self_attn.q_proj.weight")
        .hasMessageContaining("beyond what bfloat16 holds");
  }

  @Test
  void roundsOnceToTheTypeOfTheWeight() {
    // 1 + 2^-8 lies midway between two bf16 numbers: the delta decides, if it is not rounded first.
    NDArray one = Tensors.fromFloats(manager, new float[] {1, 1}, 2, 1);
    NDArray weight = Tensors.cast(manager, one, Dtype.BFLOAT16);
    NDArray a = Tensors.fromFloats(manager, new float[] {1}, 1, 1);
    float half = 0x1p-9f;
    NDArray b =
        Tensors.fromFloats(manager, new float[] {half * (1 + 1e-4f), half * (1 - 1e-4f)}, 2, 1);

    NDArray merged =
        new LowRankDelta(new DeltaTensor("a", a), new DeltaTensor("b", b), 2, 0)
            .merged(manager, weight, false);

    assertThat(Tensors.dtype(merged)).isEqualTo(Dtype.BFLOAT16);
    assertThat(Tensors.cast(manager, merged, Dtype.FLOAT32).toFloatArray())
        .containsExactly(1 + 4 * half, 1);
  }

  @Test
  void weightsOfConv1dLieTheOtherWayRound() {
    NDArray weight = Tensors.fromFloats(manager, new float[] {1, 2, 3, 4, 5, 6}, 3, 2); // [in, out]
    NDArray a = Tensors.fromFloats(manager, new float[] {1, 10, 100}, 1, 3);
    NDArray b = Tensors.fromFloats(manager, new float[] {1, 2}, 2, 1);
    NDArray merged =
        new LowRankDelta(new DeltaTensor("a", a), new DeltaTensor("b", b), 1, 0)
            .merged(manager, weight, true);
    assertThat(merged.toFloatArray()).containsExactly(2, 4, 13, 24, 105, 206);
  }

  private static BaseWeights weights(ModelFolder base) {
    boolean tied = base.config().path("tie_word_embeddings").asBoolean();
    return BaseWeights.named(MODULES, "model.embed_tokens.weight", tied);
  }

  private static SafetensorsFile golden(String name) {
    return Safetensors.open(Goldens.path(name + ".safetensors"));
  }

  private float[] fp32(TensorSource source, String name) {
    ByteBuffer bytes = source.bytes(name);
    Dtype dtype = source.entry(name).dtype();
    NDArray tensor = Tensors.fromBytes(manager, bytes, dtype, source.entry(name).shape());
    return Tensors.cast(manager, tensor, Dtype.FLOAT32).toFloatArray();
  }

  @Test
  void aFullDiskLeavesNoMergedModel() throws IOException {
    ModelFolder base = ModelFolder.open(Goldens.path("base_bf16"));
    FullDisk.assertNothingIsLeft(
        disk -> {
          try (NewFolder result = NewFolder.at(disk.resolve("model"))) {
            Merge.folder(
                manager,
                base,
                Goldens.path("few"),
                Goldens.base(MODULES),
                weights(base),
                result.path());
            result.commit();
          }
        });
  }
}
