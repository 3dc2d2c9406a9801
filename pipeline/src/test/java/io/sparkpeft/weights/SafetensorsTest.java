package io.sparkpeft.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.FullDisk;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Dtype;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void readsWhatTheReferenceImplementationWrote() {
    SafetensorsFile file = Safetensors.open(golden());

    assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
    assertThat(file.names())
        .containsExactly(
            "b",
            "c",
            "d",
            "e",
            "empty",
            "f",
            "g",
            "h",
            "i",
            "layers.10.weight",
            "layers.2.weight",
            "scalar",
            "é");
    assertThat(file.entry("b").toString()).isEqualTo("b BF16 [2, 3]");
    assertThat(file.entry("scalar").shape()).isEmpty();
    assertThat(file.bytes("scalar").getFloat()).isEqualTo(3.5f);
    assertThat(file.bytes("empty").remaining()).isZero();
    assertThat(file.bytes("layers.10.weight").getFloat(20)).isEqualTo(5f / 7);
    assertThat(file.bytes("c").getLong(40)).isEqualTo(5);
    assertThat(file.bytes("i").isDirect()).isTrue();
  }

  @Test
  void writesTheSameBytesWhateverTheOrderTheTensorsComeIn() throws IOException {
    SafetensorsFile file = Safetensors.open(golden());
    List<NamedTensor> tensors =
        new ArrayList<>(file.names().stream().map(name -> NamedTensor.of(file, name)).toList());
    Collections.reverse(tensors);

    SafetensorsWriter.write(folder.resolve("again"), SafetensorsWriter.PYTORCH, tensors);

    assertThat(Files.readAllBytes(folder.resolve("again"))).isEqualTo(Files.readAllBytes(golden()));
    List<TensorEntry> entries = tensors.stream().map(NamedTensor::entry).toList();
    assertThat(SafetensorsWriter.fileBytes(SafetensorsWriter.PYTORCH, entries))
        .isEqualTo(Files.size(golden()));
  }

  @Test
  void mapsTensorsBeyondTwoGibibytes() throws IOException {
    long far = 3L << 30;
    String header =
        "{\"far\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":["
            + far
            + ","
            + (far + 4)
            + "]},\"large\":{\"dtype\":\"U8\",\"shape\":["
            + far
            + "],\"data_offsets\":[0,"
            + far
            + "]}}";
    Path path = write(header, 0);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(file.length() + far); // a hole: it takes no space on disk
      file.write(new byte[] {1, 2, 3, 4});
    }

    SafetensorsFile file = Safetensors.open(path);

    assertThat(file.bytes("far").getInt()).isEqualTo(0x04030201);
    assertThatThrownBy(() -> file.bytes("large"))
        .hasMessageContaining("Cannot map tensor large U8 [3221225472]")
        .hasMessageContaining("at most 2147483647");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "[] | 0 | Its header is not a JSON object.",
        "{\"a\": | 0 | Its header is not sound JSON",
        "{} {} | 0 | Its header is not sound JSON",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"
            + "| 2 | Duplicate field 'a'",
        "{\"a\":{\"dtype\":\"Q9\",\"shape\":[2],\"data_offsets\":[0,2]}} | 2 | has the dtype 'Q9'",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}} | 2"
            + "| has a shape that is no list of natural numbers",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1.5]}} | 2"
            + "| has a data_offsets that is no list of natural numbers",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}} | 2"
            + "| data_offsets that are not a beginning and an end",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2,4]}} | 2"
            + "| data_offsets that are not a beginning and an end",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | 4"
            + "| a F32 [2] needs 8 bytes, but has 4",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}} | 0"
            + "| more elements than a number can count",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}} | 3"
            + "| Bytes 0 to 1 of its data belong to no tensor",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}} | 3"
            + "| Tensor b overlaps the one before it",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | 5"
            + "| 3 bytes at its end belong to no tensor",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | 1"
            + "| is truncated. Its header promises 2 bytes of tensors, but 1 follow",
        "{\"__metadata__\":{\"a\":1}} | 0 | a value that is not text, at a",
        "{\"__metadata__\":3} | 0 | Its __metadata__ is not a JSON object",
      })
  void refusesHostileHeaders(String header, int dataBytes, String message) throws IOException {
    Path file = write(header, dataBytes);
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOfSatisfying(
            SparkPeftException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DATA))
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "100000001, more than the 100000000 allowed",
    "-1, 18446744073709551615 bytes",
    "17, the file has only 24",
  })
  void refusesHeaderLengths(long length, String message) throws IOException {
    Path file = folder.resolve("hostile");
    ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    Files.write(file, bytes.array());
    assertThatThrownBy(() -> Safetensors.open(file)).hasMessageContaining(message);
  }

  @Test
  void refusesAFileShorterThanItsLength() throws IOException {
    Path file = Files.write(folder.resolve("short"), new byte[7]);
    assertThatThrownBy(() -> Safetensors.open(file)).hasMessageContaining("It has 7 bytes");
  }

  @Test
  void saysThatAFileIsMissing() {
    assertThatThrownBy(() -> Safetensors.open(folder.resolve("absent")))
        .isInstanceOfSatisfying(
            SparkPeftException.class,
            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.MISSING_INPUT))
        .hasMessageContaining("absent");
  }

  @Test
  void namesAMissingTensorAndItsNearest() {
    SafetensorsFile file = Safetensors.open(golden());
    assertThatThrownBy(() -> file.entry("layers.2.weights"))
        .hasMessageContaining("Tensor layers.2.weights is missing")
        .hasMessageContaining("The nearest is layers.2.weight.");
  }

  @Test
  void noticesThatAFileWasCutWhileOpen() throws IOException {
    Path file = write("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2);
    SafetensorsFile open = Safetensors.open(file);
    Files.write(file, new byte[4]);
    assertThatThrownBy(() -> open.bytes("a")).hasMessageContaining("changed while it was in use");
  }

  @Test
  void deletesAFileThatFailsHalfway() {
    Path file = folder.resolve("half");
    NamedTensor broken =
        new NamedTensor("a", Dtype.FLOAT32, new long[] {2}, () -> ByteBuffer.allocate(4));
    assertThatThrownBy(
            () -> SafetensorsWriter.write(file, SafetensorsWriter.PYTORCH, List.of(broken)))
        .hasMessage("a F32 [2] came with 4 bytes");
    assertThat(file).doesNotExist();
  }

  @Test
  void writesNoTwoTensorsOfOneName() {
    NamedTensor tensor =
        new NamedTensor("a", Dtype.UINT8, new long[] {1}, () -> ByteBuffer.allocate(1));
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(folder.resolve("twice"), Map.of(), List.of(tensor, tensor)))
        .hasMessage("two tensors are named a");
  }

  private Path write(String header, int dataBytes) throws IOException {
    byte[] json = header.strip().getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json);
    return Files.write(folder.resolve("hostile"), bytes.array());
  }

  private static Path golden() {
    try {
      return Path.of(SafetensorsTest.class.getResource("all_dtypes.safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFullDiskLeavesNoFile() throws IOException {
    ByteBuffer values = ByteBuffer.allocate(4000);
    NamedTensor tensor =
        new NamedTensor("x", Dtype.FLOAT32, new long[] {1000}, () -> values.duplicate());
    FullDisk.assertNothingIsLeft(
        disk -> SafetensorsWriter.write(disk.resolve("x.safetensors"), Map.of(), List.of(tensor)));
  }
}
