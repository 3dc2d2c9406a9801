package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.FullDisk;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoraAdapterTest {
  private static final BaseModel BASE = Goldens.base(Goldens.tiny(2));
  private static final LoraConfig QUERY =
      LoraConfig.defaults().with("target_modules", List.of("q_proj"));

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

  @ParameterizedTest
  @ValueSource(strings = {"everything", "few"})
  void savesWhatItLoadsByteForByte(String name) throws IOException {
    Path golden = Goldens.path(name);

    Adapters.load(manager, golden, BASE).save(folder, "tiny");

    for (String file : List.of(AdapterFiles.WEIGHTS, AdapterFiles.CONFIG)) {
      assertThat(folder.resolve(file)).hasSameBinaryContentAs(golden.resolve(file));
    }
    assertThat(AdapterFiles.sha256(folder)).isEqualTo(AdapterFiles.sha256(golden));
    assertThat(folder.resolve(AdapterFiles.MODEL_CARD))
        .content()
        .contains("base_model: \"tiny\"\nlibrary_name: peft")
        .contains("- PEFT 0.21.2");
  }

  @Test
  void ordersParametersAsTheFileDoesAndTilesTheGradient() {
    Adapter adapter = Adapters.load(manager, Goldens.path("everything"), BASE);

    List<String> names = adapter.parameters().stream().map(AdapterParameter::name).toList();
    assertThat(names).hasSize(30).isSorted().startsWith("base_model.model.lm_head.lora_A.weight");
    int offset = 0;
    for (AdapterParameter parameter : adapter.parameters()) {
      assertThat(parameter.offset()).isEqualTo(offset);
      offset += parameter.size();
    }
    assertThat(adapter.parameterCount()).isEqualTo(offset);
    LowRankDelta head = delta(adapter, "lm_head");
    assertThat(head.scaling()).isEqualTo(5.0 / 3);
    assertThat(head.b().value().getShape().getShape()).containsExactly(40, 3);
    assertThat(adapter.parameters().get(0).tensor()).isEqualTo(head.a());
    assertThat(adapter.parameters().get(1).tensor()).isEqualTo(head.b());
    assertThat(adapter.linear("model.norm")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"everything_bf16", "everything_fp16"})
  void widensSixteenBitFilesToFp32(String name) {
    Adapter exact = Adapters.load(manager, Goldens.path("everything"), BASE);
    Adapter rounded = Adapters.load(manager, Goldens.path(name), BASE);

    for (int i = 0; i < exact.parameters().size(); i++) {
      float[] wide = exact.parameters().get(i).value().toFloatArray();
      assertThat(Tensors.dtype(rounded.parameters().get(i).value())).isEqualTo(Dtype.FLOAT32);
      float[] narrow = rounded.parameters().get(i).value().toFloatArray();
      assertThat(narrow).isNotEqualTo(wide);
      for (int k = 0; k < wide.length; k++) {
        assertThat(narrow[k]).isCloseTo(wide[k], within(Math.abs(wide[k]) / 256 + 1e-7f));
      }
    }
  }

  /** Left to itself, PEFT saves the frozen weight of an adapted head beside the adapter. */
  @Test
  void passesOverTheFrozenHeadThatPeftSaves() {
    Path golden = Goldens.path("everything_with_head");
    assertThat(Safetensors.open(golden.resolve(AdapterFiles.WEIGHTS)).names())
        .contains("base_model.model.lm_head.base_layer.weight");
    assertThat(Adapters.load(manager, golden, BASE).parameterCount())
        .isEqualTo(Adapters.load(manager, Goldens.path("everything"), BASE).parameterCount());
  }

  @Test
  void listsAllThatDoesNotFitAtOnce() throws IOException {
    Path golden = Goldens.path("few");
    SafetensorsFile file = Safetensors.open(golden.resolve(AdapterFiles.WEIGHTS));
    String prefix = "base_model.model.model.layers.";
    List<NamedTensor> tensors = new ArrayList<>();
    for (String name : file.names()) {
      NamedTensor tensor = NamedTensor.of(file, name);
      if (name.equals(prefix + "0.mlp.down_proj.lora_A.weight")) {
        tensors.add(new NamedTensor(name, tensor.dtype(), new long[] {24, 3}, tensor.bytes()));
      } else if (name.equals(prefix + "1.self_attn.q_proj.lora_B.weight")) {
        tensors.add(new NamedTensor(name + "s", tensor.dtype(), tensor.shape(), tensor.bytes()));
      } else {
        tensors.add(tensor);
      }
    }
    Files.copy(golden.resolve(AdapterFiles.CONFIG), folder.resolve(AdapterFiles.CONFIG));
    SafetensorsWriter.write(
        folder.resolve(AdapterFiles.WEIGHTS), SafetensorsWriter.PYTORCH, tensors);

    assertThatThrownBy(() -> Adapters.load(manager, folder, BASE))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining("does not fit its base.")
        .hasMessageContaining("1 tensors missing: " + prefix + "1.self_attn.q_proj.lora_B.weight. ")
        .hasMessageContaining(
            "1 tensors unexpected: " + prefix + "1.self_attn.q_proj.lora_B.weights. ")
        .hasMessageContaining(
            "1 tensors of another shape: "
                + prefix
                + "0.mlp.down_proj.lora_A.weight [24, 3] instead of [3, 24].");
  }

  @Test
  void refusesAnAdapterOfAnotherBase() {
    assertThatThrownBy(
            () -> Adapters.load(manager, Goldens.path("few"), Goldens.base(Goldens.tiny(3))))
        .hasMessageContaining("4 tensors missing: ");
    assertThatThrownBy(
            () -> Adapters.load(manager, Goldens.path("few"), Goldens.base(Goldens.tiny(1))))
        .hasMessageContaining("4 tensors unexpected: ");
  }

  @Test
  void saysWhichFileAFolderLacks() throws IOException {
    Files.copy(
        Goldens.path("few").resolve(AdapterFiles.CONFIG), folder.resolve(AdapterFiles.CONFIG));
    assertThatThrownBy(() -> Adapters.load(manager, folder, BASE))
        .hasMessageContaining(
            "There are no weights of an adapter in "
                + folder
                + ". It has neither adapter_model.safetensors nor adapter_model.bin.");
  }

  @Test
  void readsTheWeightsThatPeftOncePickled() throws IOException {
    Path golden = Goldens.path("few");
    Files.copy(golden.resolve(AdapterFiles.CONFIG), folder.resolve(AdapterFiles.CONFIG));
    Files.copy(Goldens.path("few_pickled.bin"), folder.resolve(AdapterFiles.PICKLED_WEIGHTS));
    List<AdapterParameter> pickled = Adapters.load(manager, folder, BASE).parameters();
    List<AdapterParameter> expected = Adapters.load(manager, golden, BASE).parameters();
    assertThat(pickled).hasSameSizeAs(expected).hasSizeGreaterThan(5);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(pickled.get(i).name()).isEqualTo(expected.get(i).name());
      assertThat(pickled.get(i).value().toByteBuffer())
          .isEqualTo(expected.get(i).value().toByteBuffer());
    }
  }

  @Test
  void beginsAsKaimingUniformWithBZero() {
    LowRankDelta delta = created(QUERY.with("r", 4096), 1);

    float[] a = delta.a().value().toFloatArray();
    assertThat(a).hasSize(4096 * 16).doesNotContain(Float.NaN);
    assertMoments(a, 0.25 / Math.sqrt(3));
    assertThat(max(a)).isLessThanOrEqualTo(0.25f).isGreaterThan(0.2499f);
    assertThat(max(delta.b().value().toFloatArray())).isZero();
    assertThat(delta.scaling()).isEqualTo(8.0 / 4096);
  }

  @Test
  void beginsGaussianWithDeviationOneOverR() {
    float[] a =
        created(QUERY.with("r", 4096).with("init_lora_weights", "gaussian"), 1)
            .a()
            .value()
            .toFloatArray();
    assertMoments(a, 1.0 / 4096);
    long beyondTwo = 0;
    for (float value : a) {
      beyondTwo += Math.abs(value) > 2.0 / 4096 ? 1 : 0;
    }
    assertThat(beyondTwo / (double) a.length).isCloseTo(0.0455, within(0.004));
  }

  @Test
  void beginsAsNoNoOpWithoutInitialisation() {
    LowRankDelta delta = created(QUERY.with("r", 4096).with("init_lora_weights", false), 1);
    assertMoments(delta.a().value().toFloatArray(), 0.25 / Math.sqrt(3));
    assertMoments(delta.b().value().toFloatArray(), 1 / Math.sqrt(3.0 * 4096));
  }

  @Test
  void initialValuesDependOnSeedAndNameAlone() {
    float[] alone = created(QUERY, 7).a().value().toFloatArray();
    LoraConfig more = QUERY.with("target_modules", List.of("q_proj", "k_proj", "lm_head"));
    Adapter among = Adapters.create(manager, more, BASE, 7);

    assertThat(delta(among, "model.layers.0.self_attn.q_proj").a().value().toFloatArray())
        .isEqualTo(alone);
    assertThat(delta(among, "model.layers.1.self_attn.q_proj").a().value().toFloatArray())
        .isNotEqualTo(alone);
    assertThat(created(QUERY, 8).a().value().toFloatArray()).isNotEqualTo(alone);
  }

  /** Computed by a second implementation, in Python. */
  @Test
  void initialValuesStayAsTheyWereInEarlierVersions() {
    InitialValues values = new InitialValues(42, "a");
    assertThat(values.uniform(3, 1)).containsExactly(-0.07751354f, -0.9482887f, 0.35401818f);
    assertThat(values.normal(2, 1)).containsExactly(1.0975528f, -1.2445621f);
  }

  @Test
  void refusesToSaveWhatIsNotFinite() {
    Adapter adapter = Adapters.create(manager, QUERY, BASE, 1);
    float[] broken = new float[8 * 16];
    broken[5] = Float.NaN;
    Tensors.copyFrom(adapter.parameters().get(0).value(), broken, 0);
    assertThatThrownBy(() -> adapter.save(folder, "tiny"))
        .hasMessageContaining("self_attn.q_proj.lora_A.weight holds values that are not finite");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void predictedSizeIsTheWrittenOne() throws IOException {
    Adapter adapter = Adapters.create(manager, QUERY, BASE, 1);
    adapter.save(folder, "tiny");
    assertThat(Files.size(folder.resolve(AdapterFiles.WEIGHTS)))
        .isEqualTo(QUERY.shape(BASE).fileBytes());
    LoraConfig saved = LoraConfig.read(folder);
    assertThat(saved.taskType()).contains("CAUSAL_LM");
    assertThat(saved.baseModelNameOrPath()).contains("tiny");
  }

  @Test
  void keepsProvenanceBesidePeftsFiles() {
    AdapterProvenance provenance =
        new AdapterProvenance(
            "ab12",
            Optional.of("nf4/64/nested"),
            Optional.of("tables/tokens"),
            OptionalLong.of(3),
            Optional.of("cd34"),
            Optional.empty(),
            "0.1.0",
            7,
            Map.of("loss_last", 1.5));
    assertThat(AdapterProvenance.read(folder)).isEmpty();
    provenance.write(folder);
    assertThat(AdapterProvenance.read(folder)).contains(provenance);
  }

  private LowRankDelta created(LoraConfig config, long seed) {
    Adapter adapter = Adapters.create(manager, config, BASE, seed);
    return delta(adapter, "model.layers.0.self_attn.q_proj");
  }

  private static LowRankDelta delta(Adapter adapter, String module) {
    return (LowRankDelta) adapter.linear(module).orElseThrow();
  }

  /** Mean within five standard errors of 0, deviation within 2 % of the expected. */
  private static void assertMoments(float[] values, double deviation) {
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      sum += value;
      squares += (double) value * value;
    }
    assertThat(sum / values.length).isCloseTo(0, within(5 * deviation / Math.sqrt(values.length)));
    assertThat(Math.sqrt(squares / values.length)).isCloseTo(deviation, within(deviation * 0.02));
  }

  private static float max(float[] values) {
    float max = 0;
    for (float value : values) {
      max = Math.max(max, Math.abs(value));
    }
    return max;
  }

  @Test
  void aFullDiskLeavesNoAdapter() throws IOException {
    Adapter adapter = Adapters.create(manager, QUERY, BASE, 1);
    adapter.save(folder, "tiny");
    FullDisk.assertNothingIsLeft(
        FullDisk.bytesBelow(folder),
        disk -> {
          try (NewFolder result = NewFolder.at(disk.resolve("adapter"))) {
            adapter.save(result.path(), "tiny");
            result.commit();
          }
        });
  }
}
