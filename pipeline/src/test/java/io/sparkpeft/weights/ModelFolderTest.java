package io.sparkpeft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Dtype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  private static final ObjectNode CONFIG = Json.object().put("model_type", "llama");

  @TempDir Path folder;

  @Test
  void writesAndReadsASingleFile() {
    ModelFolderWriter.write(folder, CONFIG, tensors(), 1 << 30);

    ModelFolder model = ModelFolder.open(folder);

    assertThat(folder).isDirectoryNotContaining("glob:**.index.json");
    assertThat(model.config()).isEqualTo(CONFIG);
    assertThat(model.tensors().names()).containsExactly("t0", "t1", "t2");
    assertThat(model.tensors().bytes("t1").getFloat(4)).isEqualTo(11);
  }

  @Test
  void fillsShardsUpToTheirBoundAndIndexesThem() throws IOException {
    ModelFolderWriter.write(folder, CONFIG, tensors(), 900_000);

    assertThat(Json.parse(Files.readString(folder.resolve("model.safetensors.index.json"))))
        .isEqualTo(
            Json.parse(
                """
                {"metadata": {"total_parameters": 300000, "total_size": 1200000},
                 "weight_map": {"t0": "model-00001-of-00002.safetensors",
                                "t1": "model-00001-of-00002.safetensors",
                                "t2": "model-00002-of-00002.safetensors"}}"""));
    ModelFolder model = ModelFolder.open(folder);
    assertThat(model.tensors().names()).containsExactly("t0", "t1", "t2");
    assertThat(model.tensors().bytes("t2").getFloat(4)).isEqualTo(21);
    assertThat(model.tensors().entry("t2").shape()).containsExactly(100, 1000);
  }

  @Test
  void namesNeedNoShards() throws IOException {
    assertThat(ModelFolder.tensorNames(folder)).isEmpty();
    ModelFolderWriter.write(folder, CONFIG, tensors(), 1 << 30);
    assertThat(ModelFolder.tensorNames(folder)).containsExactlyInAnyOrder("t0", "t1", "t2");
    assertThat(ModelFolder.tensorNames(folder.resolve("config.json"))).isEmpty();
    Path sharded = write("sharded", CONFIG, tensors(), 1);
    Files.delete(sharded.resolve("model-00001-of-00003.safetensors"));
    assertThat(ModelFolder.tensorNames(sharded)).containsExactlyInAnyOrder("t0", "t1", "t2");
  }

  @Test
  void identityDoesNotDependOnShardsButOnValuesAndConfig() {
    Path one = write("one", CONFIG, tensors(), 1 << 30);
    Path many = write("many", CONFIG, tensors(), 1);
    Path otherConfig = write("config", Json.object().put("model_type", "x"), tensors(), 1 << 30);
    List<NamedTensor> altered = new ArrayList<>(tensors());
    altered.set(2, tensor("t2", 21));
    Path otherValues = write("values", CONFIG, altered, 1 << 30);

    String identity = ModelFolder.open(one).sha256();

    assertThat(identity).hasSize(64).isEqualTo(ModelFolder.open(many).sha256());
    assertThat(identity).isNotEqualTo(ModelFolder.open(otherConfig).sha256());
    assertThat(identity).isNotEqualTo(ModelFolder.open(otherValues).sha256());
  }

  @Test
  void identityOfLargeTensorsSamplesBothEnds() {
    ByteBuffer first = ByteBuffer.allocateDirect(400_000).put(0, (byte) 1);
    ByteBuffer last = ByteBuffer.allocateDirect(400_000).put(399_999, (byte) 1);
    List<String> identities = new ArrayList<>();
    for (ByteBuffer values : List.of(ByteBuffer.allocateDirect(400_000), first, last)) {
      NamedTensor tensor =
          new NamedTensor("t", Dtype.FLOAT32, new long[] {100_000}, () -> values.duplicate());
      Path path = write("sample" + identities.size(), CONFIG, List.of(tensor), 1 << 30);
      identities.add(ModelFolder.open(path).sha256());
    }
    assertThat(identities).doesNotHaveDuplicates();
  }

  @Test
  void namesMissingShards() throws IOException {
    ModelFolderWriter.write(folder, CONFIG, tensors(), 1);
    Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
    fails(ExitCode.MISSING_INPUT, "Shards are missing", "model-00002-of-00003.safetensors");
  }

  @Test
  void namesTensorsThatTheirShardLacks() throws IOException {
    ModelFolderWriter.write(folder, CONFIG, tensors(), 1);
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replace("\"t0\"", "\"t9\""));
    fails(ExitCode.MISSING_INPUT, "Tensors are missing", "t9 (model-00001-of-00003.safetensors)");
  }

  @Test
  void refusesAnIndexThatLeadsElsewhere() throws IOException {
    writeConfig();
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"t0\": \"../model.safetensors\"}}");
    fails(ExitCode.DATA, "gives t0 no file name but ../model.safetensors");
    Files.writeString(folder.resolve("model.safetensors.index.json"), "{}");
    fails(ExitCode.DATA, "It has no weight_map.");
  }

  @Test
  void knowsATiedMatrixByTheEmbeddingsName() {
    List<NamedTensor> head = List.of(tensor("lm_head.weight", 5), tensor("t0", 0));
    ObjectNode tied = CONFIG.deepCopy().put("tie_word_embeddings", true);

    TensorSource tensors = ModelFolder.open(write("tied", tied, head, 1 << 30)).tensors();
    assertThat(tensors.names()).containsExactly("model.embed_tokens.weight", "t0");
    assertThat(tensors.entry("model.embed_tokens.weight"))
        .hasToString("model.embed_tokens.weight F32 [100, 1000]");
    assertThat(tensors.bytes("model.embed_tokens.weight").getFloat(4)).isEqualTo(6);
    assertThat(tensors.bytes("t0").getFloat(4)).isEqualTo(1);

    assertThat(ModelFolder.open(write("untied", CONFIG, head, 1 << 30)).tensors().names())
        .containsExactly("lm_head.weight", "t0");
  }

  @Test
  void refusesPickles() throws IOException {
    writeConfig();
    Files.write(folder.resolve("pytorch_model.bin"), new byte[1]);
    fails(ExitCode.DATA, "are a pickle, pytorch_model.bin", "save_pretrained");
  }

  @Test
  void saysWhatAFolderLacks() throws IOException {
    fails(ExitCode.MISSING_INPUT, "There is no config.json in " + folder);
    writeConfig();
    fails(ExitCode.MISSING_INPUT, "There are no weights in " + folder);
  }

  @Test
  void readsAConfigurationWithoutWeights() throws IOException {
    writeConfig();
    assertThat(ModelFolder.openConfig(folder)).isEqualTo(CONFIG);
    assertThat(ModelFolder.openConfig(folder.resolve("config.json"))).isEqualTo(CONFIG);
    Files.writeString(folder.resolve("config.json"), "[]");
    assertThatThrownBy(() -> ModelFolder.openConfig(folder)).hasMessageContaining("not an object");
  }

  @Test
  void copiesTokenizerGenerationAndLicenceFiles() throws IOException {
    Path from = Files.createDirectory(folder.resolve("from"));
    Path to = Files.createDirectory(folder.resolve("to"));
    for (String name :
        List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "generation_config.json",
            "LICENSE.txt",
            "chat_template.jinja",
            "model.safetensors",
            "config.json",
            "optimizer.pt")) {
      Files.writeString(from.resolve(name), name);
    }

    ModelFolderWriter.copyCompanions(from, to);

    try (var files = Files.list(to)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "tokenizer.json",
              "tokenizer_config.json",
              "generation_config.json",
              "LICENSE.txt",
              "chat_template.jinja");
    }
  }

  private void fails(ExitCode code, String... messages) {
    assertThatThrownBy(() -> ModelFolder.open(folder))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(code))
        .hasMessageContainingAll(messages);
  }

  private void writeConfig() throws IOException {
    Files.writeString(folder.resolve("config.json"), Json.canonical(CONFIG));
  }

  private Path write(String name, ObjectNode config, List<NamedTensor> tensors, long shardBytes) {
    try {
      Path path = Files.createDirectory(folder.resolve(name));
      ModelFolderWriter.write(path, config, tensors, shardBytes);
      return path;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<NamedTensor> tensors() {
    return List.of(tensor("t0", 0), tensor("t1", 10), tensor("t2", 20));
  }

  /** 400,000 bytes that count up from a number. */
  private static NamedTensor tensor(String name, float first) {
    return new NamedTensor(
        name,
        Dtype.FLOAT32,
        new long[] {100, 1000},
        () -> {
          ByteBuffer bytes = ByteBuffer.allocateDirect(400_000).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = 0; i < 100_000; i++) {
            bytes.putFloat(first + i);
          }
          return bytes.flip();
        });
  }
}
