package io.sparkpeft.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.ModelFolderWriter;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointQuantizerTest {
  private static final String WEIGHT = "layers.0.up_proj.weight";
  private static final long ROWS = 300;
  private static final long COLUMNS = 64;
  private static final Quantization NF4 = new Quantization(QuantType.NF4, 64, true);

  @TempDir Path folder;
  private Path plain;
  private float[] values;

  @BeforeEach
  void plainModel() throws IOException {
    plain = Files.createDirectory(folder.resolve("plain"));
    Random random = new Random(1);
    values = new float[(int) (ROWS * COLUMNS)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    ByteBuffer bytes = BitsAndBytesGolden.direct(values);
    ByteBuffer norm = BitsAndBytesGolden.direct(new float[] {1, 2, 3});
    ModelFolderWriter.write(
        plain,
        Json.object().put("model_type", "llama"),
        List.of(
            new NamedTensor(WEIGHT, Dtype.FLOAT32, new long[] {ROWS, COLUMNS}, () -> bytes),
            new NamedTensor("norm.weight", Dtype.FLOAT32, new long[] {3}, () -> norm)),
        ModelFolderWriter.DEFAULT_SHARD_BYTES);
    Files.writeString(plain.resolve("tokenizer.json"), "{}");
  }

  @ParameterizedTest
  @CsvSource({"NF4, 64, true", "FP4, 64, false", "INT4, 32, true", "NF4, 4096, false"})
  void whatIsWrittenReadsBackAsItWasQuantised(QuantType type, int blockSize, boolean nested) {
    Quantization settings = new Quantization(type, blockSize, nested);
    QuantizationReport report = write(settings);
    TensorSource written = ModelFolder.open(folder.resolve("written")).tensors();
    QuantizedTensor read = QuantizedFormat.read(written, WEIGHT);
    QuantizedTensor direct = quantized(settings);
    assertThat(read.settings()).isEqualTo(settings);
    assertThat(read.shape()).containsExactly(ROWS, COLUMNS);
    assertThat(read.packed()).isEqualTo(direct.packed());
    assertThat(floats(read)).isEqualTo(floats(direct));
    assertThat(written.bytes("norm.weight")).isEqualTo(plainTensors().bytes("norm.weight"));
    assertThat(read.bytes()).isEqualTo(settings.bytes(ROWS * COLUMNS));
    assertThat(report.errors()).containsOnlyKeys("up_proj");
    assertErrors(report.error(), floats(read));
    assertThat(report.bytesBefore()).isEqualTo((ROWS * COLUMNS + 3) * Float.BYTES);
    assertThat(report.bytesAfter()).isLessThan(report.bytesBefore() / 4);
  }

  private void assertErrors(QuantizationError error, float[] expanded) {
    double largest = 0;
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double difference = Math.abs((double) values[i] - expanded[i]);
      largest = Math.max(largest, difference);
      sum += difference;
    }
    assertThat(error).isEqualTo(new QuantizationError(values.length, largest, sum));
    assertThat(error.mean()).isBetween(0.01, 0.15);
  }

  @Test
  void theStateIsTheTextOfBitsandbytes() {
    write(NF4);
    TensorSource written = ModelFolder.open(folder.resolve("written")).tensors();
    ByteBuffer state = written.bytes(WEIGHT + ".quant_state.bitsandbytes__nf4");
    Scales.Nested scales = (Scales.Nested) QuantizedFormat.read(written, WEIGHT).scales();
    assertThat(StandardCharsets.UTF_8.decode(state).toString())
        .isEqualTo(
            "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"float32\", \"shape\": [300,"
                + " 64], \"nested_blocksize\": 256, \"nested_dtype\": \"float32\","
                + " \"nested_offset\": "
                + (double) scales.offset()
                + "}");
    assertThat(written.names())
        .containsExactly(
            WEIGHT,
            WEIGHT + ".absmax",
            WEIGHT + ".nested_absmax",
            WEIGHT + ".nested_quant_map",
            WEIGHT + ".quant_map",
            WEIGHT + ".quant_state.bitsandbytes__nf4",
            "norm.weight");
    assertThat(written.entry(WEIGHT).shape()).containsExactly(ROWS * COLUMNS / 2, 1);
    assertThat(folder.resolve("written/tokenizer.json")).exists();
  }

  @Test
  void transformersIsToldOfItsOwnTypesAlone() {
    write(NF4);
    JsonNode config = Json.read(folder.resolve("written/config.json")).path("quantization_config");
    assertThat(config.path("quant_method").asText()).isEqualTo("bitsandbytes");
    assertThat(config.path("load_in_4bit").asBoolean()).isTrue();
    assertThat(config.path("bnb_4bit_quant_type").asText()).isEqualTo("nf4");
    assertThat(config.path("bnb_4bit_use_double_quant").asBoolean()).isTrue();
    assertThat(config.path("llm_int8_skip_modules")).isEqualTo(Json.tree(List.of("lm_head")));
    JsonNode own =
        QuantizationConfig.of(
            new Quantization(QuantType.INT4, 128, false), List.of("lm_head"), Dtype.BFLOAT16);
    assertThat(own.path("quant_method").asText()).isEqualTo("spark_peft");
    assertThat(QuantizationConfig.read(Json.object().set(QuantizationConfig.KEY, own)))
        .contains(new Quantization(QuantType.INT4, 128, false));
  }

  @Test
  void quantisingOnLoadGivesWhatIsWritten() {
    write(NF4);
    TensorSource written = ModelFolder.open(folder.resolve("written")).tensors();
    TensorSource onLoad =
        new QuantizingTensors(
            plainTensors(),
            List.of(new WeightToQuantize(WEIGHT, false)),
            NF4,
            ByteBuffer::allocateDirect);
    assertThat(onLoad.names()).isEqualTo(written.names());
    for (String name : written.names()) {
      assertThat(onLoad.bytes(name)).as(name).isEqualTo(written.bytes(name));
    }
  }

  @Test
  void aQuantisedModelIsNotQuantisedAgain() {
    write(NF4);
    ModelFolder written = ModelFolder.open(folder.resolve("written"));
    assertThatThrownBy(
            () ->
                CheckpointQuantizer.write(
                    written,
                    targets(WEIGHT),
                    List.of("lm_head"),
                    NF4,
                    folder.resolve("again"),
                    WriteListener.NONE))
        .hasMessage(
            "The model is quantised already: nf4/64/nested. Quantising it again would lose more"
                + " and save nothing. Leave model.quantization out, or start from the checkpoint"
                + " in 16 bits.");
  }

  @Test
  void missingWeightsAreNamed() {
    assertThatThrownBy(
            () ->
                CheckpointQuantizer.write(
                    ModelFolder.open(plain),
                    targets(WEIGHT, "b.weight"),
                    List.of(),
                    NF4,
                    folder,
                    WriteListener.NONE))
        .hasMessage(
            "Weights that should be quantised are missing: b.weight. config.json promises them."
                + " Check that the weights belong to this config.json.");
  }

  @Test
  void otherMethodsAreRefused() {
    assertThatThrownBy(() -> QuantizationConfig.read(config("{\"quant_method\": \"gptq\"}")))
        .hasMessage(
            "The model is quantised by gptq. bitsandbytes' four bits (nf4, fp4) and the int4 of"
                + " spark-peft are read. Start from the checkpoint in 16 bits, with"
                + " model.quantization = nf4.");
    assertThatThrownBy(() -> QuantizationConfig.read(config("{\"load_in_8bit\": true}")))
        .hasMessage(
            "The model is quantised to eight bits (LLM.int8). Of bitsandbytes' checkpoints those"
                + " in four bits are read: nf4 and fp4. Start from the checkpoint in 16 bits, with"
                + " model.quantization = nf4.");
  }

  @ParameterizedTest
  @CsvSource({
    "'.absmax', 9, 'layers.0.up_proj.weight.absmax has 9 bytes instead of 300'",
    "'.quant_map', 60, 'layers.0.up_proj.weight.quant_map has 60 bytes instead of 64'",
    "'', 7, 'layers.0.up_proj.weight has 7 bytes instead of 9600'",
  })
  void partsThatDoNotFitAreNamed(String part, int bytes, String message) {
    TensorSource broken =
        changed(
            WEIGHT + part,
            new NamedTensor(
                WEIGHT + part,
                Dtype.UINT8,
                new long[] {bytes},
                () -> ByteBuffer.allocateDirect(bytes)));
    assertThatThrownBy(() -> QuantizedFormat.read(broken, WEIGHT))
        .hasMessage(
            "The quantised weight layers.0.up_proj.weight cannot be read. "
                + message
                + ", as nf4/64/nested asks for. Quantise the model again, or fetch its files anew.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"dtype\": \"int8\"} | Its quant_state has dtype = \"int8\".",
        "{\"dtype\": \"float32\", \"blocksize\": 48} | Its quant_state has blocksize = 48.",
        "{\"dtype\": \"float32\", \"blocksize\": 64} | Its quant_state has shape = .",
        "{\"dtype\": \"float32\", \"blocksize\": 64, \"shape\": [], \"nested_offset\": 1} |"
            + " Its quant_state has nested_blocksize = .",
        "nothing | Its quant_state is no JSON.",
      })
  void statesThatSayNonsenseAreNamed(String state, String message) {
    String name = WEIGHT + ".quant_state.bitsandbytes__nf4";
    byte[] text = state.getBytes(StandardCharsets.UTF_8);
    TensorSource broken =
        changed(
            name,
            new NamedTensor(
                name, Dtype.UINT8, new long[] {text.length}, () -> ByteBuffer.wrap(text)));
    assertThatThrownBy(() -> QuantizedFormat.read(broken, WEIGHT))
        .hasMessage(
            "The quantised weight layers.0.up_proj.weight cannot be read. "
                + message
                + " Quantise the model again, or fetch its files anew.");
  }

  /** What is written, with another tensor in the place of one. */
  private TensorSource changed(String name, NamedTensor other) {
    write(NF4);
    TensorSource written = ModelFolder.open(folder.resolve("written")).tensors();
    List<NamedTensor> tensors = new ArrayList<>(List.of(other));
    written.names().stream()
        .filter(present -> !present.equals(name))
        .forEach(present -> tensors.add(NamedTensor.of(written, present)));
    Path changed = folder.resolve("changed");
    try {
      Files.createDirectory(changed);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    ModelFolderWriter.write(changed, Json.object(), tensors, ModelFolderWriter.DEFAULT_SHARD_BYTES);
    return ModelFolder.open(changed).tensors();
  }

  private QuantizationReport write(Quantization settings) {
    Path target = folder.resolve("written");
    try {
      Files.createDirectory(target);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return CheckpointQuantizer.write(
        ModelFolder.open(plain),
        targets(WEIGHT),
        List.of("lm_head"),
        settings,
        target,
        WriteListener.NONE);
  }

  private static List<WeightToQuantize> targets(String... names) {
    return List.of(names).stream().map(name -> new WeightToQuantize(name, false)).toList();
  }

  private TensorSource plainTensors() {
    return ModelFolder.open(plain).tensors();
  }

  private QuantizedTensor quantized(Quantization settings) {
    return QuantizedTensor.quantize(
        plainTensors().entry(WEIGHT),
        plainTensors().bytes(WEIGHT),
        false,
        settings,
        ByteBuffer.allocateDirect(values.length / 2));
  }

  private static float[] floats(QuantizedTensor tensor) {
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) tensor.elements() * Float.BYTES);
    new Dequantizer().dequantize(tensor, Dtype.FLOAT32, bytes);
    return BitsAndBytesGolden.floats(bytes);
  }

  private static JsonNode config(String quantization) {
    try {
      return Json.object().set(QuantizationConfig.KEY, Json.parse(quantization));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
