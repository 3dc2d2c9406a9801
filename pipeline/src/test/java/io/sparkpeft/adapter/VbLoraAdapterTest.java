package io.sparkpeft.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VbLoraAdapterTest {
  private static final String QUERY = "base_model.model.model.layers.0.self_attn.q_proj.vblora_";
  private static final String ALL_LINEAR = "all-linear";

  /** Widths 16, 8 and 24. */
  private static final BaseModel BASE = Goldens.base(Goldens.tiny(2));

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

  /**
   * LLaMA-2-7B, rank 4, 2048 vectors of 256, all seven linears: 308 MB and 2.5 MB, as published.
   */
  @ParameterizedTest
  @CsvSource({"false, 321974984, 80478208", "true, 2538104, 602368"})
  void predictsPublishedSizesOfLlama2(boolean onlyTopk, long fileBytes, long savable) {
    BaseModel base = Goldens.base(Goldens.llama(published("llama-2-7b")));
    VbLoraConfig config =
        config(
            Map.of(
                "num_vectors",
                2048,
                "vector_length",
                256,
                "target_modules",
                ALL_LINEAR,
                "save_only_topk_weights",
                onlyTopk));
    AdapterShape shape = config.resolvedFor(base).shape(base);
    assertThat(shape.fileBytes()).isEqualTo(fileBytes);
    assertThat(shape.trainableParameters()).isEqualTo(80_478_208);
    assertThat(config.savableParameters(base, onlyTopk)).isEqualTo(savable);
  }

  /** What PEFT's benchmark published for Llama-3.2-3B: 256 vectors of 256 on q_proj and v_proj. */
  @Test
  void predictsThePublishedSizeOfLlama32() {
    BaseModel base = Goldens.base(Goldens.llama(published("llama-3.2-3b")));
    AdapterShape shape = config(Map.of()).resolvedFor(base).shape(base);
    assertThat(shape.trainableParameters()).isEqualTo(1_212_416);
    assertThat(shape.fileBytes()).isEqualTo(4_864_912);
  }

  /**
   * RoBERTa-large with 90 vectors of 256 on all linears, of which PEFT's notebook counts 33,408.
   */
  @Test
  void countsSmallIndicesAsAQuarter() {
    List<LinearModule> modules =
        List.of(new LinearModule("h.0.dense", 1024, 256), new LinearModule("lm_head", 256, 512));
    BaseModel base = Goldens.base("roberta", modules);
    VbLoraConfig config = config(Map.of("num_vectors", 90, "target_modules", List.of("dense")));
    // 4 (4 + 1) sub-vectors: a share of four bytes and two places of one byte each
    assertThat(config.savableParameters(base, true)).isEqualTo(90 * 256 + 20 + 20 * 2 / 4);
    assertThat(config.savableParameters(base, false)).isEqualTo(90 * 256 + 20 * 90);
  }

  @Test
  void takesTheSmallestTypeThatHoldsAPlace() {
    assertThat(
            List.of(255, 256, 32_767, 32_768).stream()
                .map(count -> config(Map.of("num_vectors", count)).indexType().safetensorsName()))
        .containsExactly("U8", "I16", "I16", "I32");
  }

  @Test
  void namesTheLayersThatCannotBeMadeOfSuchVectors() {
    VbLoraConfig config =
        config(Map.of("vector_length", 16, "target_modules", List.of("q_proj", "v_proj")));
    assertThatThrownBy(() -> config.shape(BASE))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessage(
            "Cannot make layers of vectors of 16. Inputs and outputs of every adapted layer must be"
                + " multiples of it; not so model.layers.0.self_attn.v_proj (16 to 8),"
                + " model.layers.1.self_attn.v_proj (16 to 8). Set adapter.vector_length to a"
                + " divisor of them, or target other layers.");
  }

  @Test
  void refusesMoreVectorsInAMixtureThanThereAre() {
    assertThatThrownBy(() -> config(Map.of("num_vectors", 2, "topk", 3)))
        .hasMessageContaining("A sub-vector cannot be mixed of 3 vectors out of 2 (num_vectors).");
  }

  @Test
  void beginsWithABankDrawnOnceAndNormalLogits() {
    Adapter adapter = created(Map.of("num_vectors", 512, "init_logits_std", 0.5));
    List<String> names = adapter.parameters().stream().map(AdapterParameter::name).toList();
    assertThat(names).hasSize(9).isSorted().endsWith("base_model.vblora_vector_bank");
    float[] bank = values(adapter, "base_model.vblora_vector_bank");
    float[] logits = values(adapter, QUERY + "logits_A");
    assertThat(bank).hasSize(512 * 8);
    assertThat(deviation(bank)).isCloseTo(0.02 / Math.sqrt(3), within(0.0003));
    assertThat(deviation(logits)).isCloseTo(0.5, within(0.01));
    assertThat(logits).isNotEqualTo(values(adapter, QUERY.replace(".0.", ".1.") + "logits_A"));
    // never the base at step 0, unlike LoRA
    assertThat(deviation(delta(adapter).b().value().toFloatArray())).isPositive();
  }

  @Test
  void layersFollowTheBankAsSoonAsTheyAreRefreshed() {
    Adapter adapter = created(Map.of());
    float[] before = delta(adapter).a().value().toFloatArray();
    AdapterParameter bank = adapter.parameters().get(8);
    float[] doubled = bank.value().toFloatArray();
    for (int i = 0; i < doubled.length; i++) {
      doubled[i] *= 2;
    }
    Tensors.copyFrom(bank.value(), doubled, 0);
    assertThat(delta(adapter).a().value().toFloatArray()).isEqualTo(before);
    adapter.derivation().orElseThrow().refresh();
    float[] after = delta(adapter).a().value().toFloatArray();
    for (int i = 0; i < before.length; i++) {
      assertThat(after[i]).isEqualTo(2 * before[i]);
    }
  }

  /** A file of top-k weights gives the same matrices as the whole one. */
  @Test
  void aSmallFileComputesWhatTheWholeOneDoes() throws IOException {
    Adapter whole = created(Map.of("topk", 3));
    Path small = Files.createDirectory(folder.resolve("small"));
    whole.save(Files.createDirectory(folder.resolve("whole")), "tiny");
    created(Map.of("topk", 3, "save_only_topk_weights", true)).save(small, "tiny");

    Adapter loaded = Adapters.load(manager, small, BASE);

    assertThat(Files.size(small.resolve(AdapterFiles.WEIGHTS)))
        .isEqualTo(loaded.config().shape(BASE).fileBytes())
        .isLessThan(Files.size(folder.resolve("whole").resolve(AdapterFiles.WEIGHTS)) / 4);
    NDArray exact = delta(whole).b().value();
    assertThat(Tensors.maxAbsDifference(delta(loaded).b().value(), exact)).isLessThan(1e-8);
    assertThat(loaded.config().whyNotTrained()).isPresent();
    assertThatThrownBy(() -> AdapterConfig.readToTrain(small))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIGURATION))
        .hasMessageContaining("Cannot train on the adapter " + small + ".")
        .hasMessageContaining("It was saved with save_only_topk_weights");
    assertThat(AdapterConfig.readToTrain(folder.resolve("whole")).whyNotTrained()).isEmpty();
    Path again = Files.createDirectory(folder.resolve("again"));
    loaded.save(again, "tiny");
    assertThat(again.resolve(AdapterFiles.WEIGHTS))
        .hasSameBinaryContentAs(small.resolve(AdapterFiles.WEIGHTS));
  }

  @Test
  void refusesPlacesThatTheBankDoesNotHave() throws IOException {
    created(Map.of("num_vectors", 32, "save_only_topk_weights", true, "target_modules", ALL_LINEAR))
        .save(folder, "tiny");
    Path weights = folder.resolve(AdapterFiles.WEIGHTS);
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] = 32; // the smallest type is last
    Files.write(weights, bytes);
    assertThatThrownBy(() -> Adapters.load(manager, folder, BASE))
        .hasMessageContaining("It must hold places in a bank of 32 vectors: whole numbers from 0.");
  }

  private Adapter created(Map<String, Object> settings) {
    AdapterConfig config = config(settings).with("vector_length", 8).resolvedFor(BASE);
    return Adapters.create(manager, config, BASE, 7);
  }

  private static VbLoraConfig config(Map<String, Object> settings) {
    ObjectNode keys = (ObjectNode) Json.tree(settings);
    return (VbLoraConfig) AdapterConfig.of(keys.put("peft_type", "VBLORA"));
  }

  private static LowRankDelta delta(Adapter adapter) {
    return (LowRankDelta) adapter.linear("model.layers.0.self_attn.q_proj").orElseThrow();
  }

  private static float[] values(Adapter adapter, String name) {
    return adapter.parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow()
        .value()
        .toFloatArray();
  }

  private static double deviation(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares / values.length);
  }

  private static JsonNode published(String model) {
    return Goldens.cases("counts.json").stream()
        .filter(golden -> golden.get("model").asText().equals(model))
        .findFirst()
        .orElseThrow()
        .get("config");
  }
}
