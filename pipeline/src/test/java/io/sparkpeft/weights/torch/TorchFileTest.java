package io.sparkpeft.weights.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import io.sparkpeft.weights.TensorEntry;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files are those of torch_files.py. */
class TorchFileTest {
  private static final String BEYOND = "A tensor reaches beyond its storage of 6 values.";

  @TempDir Path folder;

  /** The second is a trainer's checkpoint, in the newer of pickle's protocols. */
  @ParameterizedTest
  @ValueSource(strings = {"state.bin", "trainer.bin"})
  void tensorsAreThoseThatTorchSaved(String name) {
    TorchFile file = TorchFile.open(path(name));
    SafetensorsFile expected = Safetensors.open(path("state.safetensors"));
    assertThat(file.names()).isEqualTo(expected.names()).hasSize(10);
    for (String tensor : expected.names()) {
      assertThat(file.entry(tensor).toString()).isEqualTo(expected.entry(tensor).toString());
      assertThat(file.bytes(tensor)).as(tensor).isEqualTo(expected.bytes(tensor));
      assertThat(file.bytes(tensor).isDirect()).isTrue();
    }
  }

  @Test
  void aModulesDictionaryHasAttributesToo() {
    TorchFile file = TorchFile.open(path("module.bin"));
    assertThat(file.names()).containsExactly("bias", "weight");
    ByteBuffer weight = file.bytes("weight");
    for (int i = 0; i < 6; i++) {
      assertThat(weight.getFloat()).isEqualTo(i);
    }
  }

  @Test
  void theHandMadeOnesAreSoundBeforeTheyAreSpoiled() {
    TensorEntry entry = TorchFile.open(path("sound.bin")).entry("w");
    assertThat(Arrays.equals(entry.shape(), new long[] {2, 3})).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "calls_system | Python's posix.getpid",
        "calls_system_5 | Python's posix.getpid",
        "calls_eval | Python's __builtin__.eval",
        "builds_object | the pickle instruction 0x81",
      })
  void nothingIsCalled(String name, String what) {
    Path file = path(name + ".bin");
    assertThatThrownBy(() -> TorchFile.open(file))
        .hasMessage(
            "Refused to read "
                + file
                + ": it asks for "
                + what
                + ". A pickle may call anything that Python can. Only what a dictionary of tensors"
                + " needs is done, and nothing of this file was. Do not load it in Python either,"
                + " unless you trust whoever made it.")
        .satisfies(e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.DATA));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "protocol_1 | Its pickle has protocol 1; torch.save writes protocol 2.",
        "names_by_number | It names a function by what is no text.",
        "not_tensors | What it holds as w is no tensor.",
        "not_a_dictionary | It holds no dictionary of tensors.",
        "beyond_storage | " + BEYOND,
        "before_storage | " + BEYOND,
        "backward | " + BEYOND,
        "multiplied | " + BEYOND,
        "overflowing | A tensor's shape is larger than any memory.",
        "short_storage | Its data/0 is not the 24 bytes that it should be.",
        "compressed | Its archive/byteorder is missing, compressed or too long.",
        "big_endian | Its numbers are big-endian.",
        "cut_short | Its pickle ends in the middle of an instruction.",
        "empty_stack | Its pickle is out of order.",
        "unknown_memo | Its pickle is out of order.",
        "long_text | Its pickle ends in the middle of an instruction.",
        "path_as_key | A storage is called '../0'.",
        "no_archive | Its archive is damaged: ",
      })
  void brokenFilesAreRefused(String name, String why) {
    Path file = path(name + ".bin");
    assertThatThrownBy(() -> TorchFile.open(file))
        .hasMessageStartingWith(
            "Cannot read " + file + " as torch.save writes files. " + why.strip())
        .satisfies(e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.DATA));
  }

  @Test
  void theFormatBeforeTheArchiveIsSaidToBeOld() {
    Path file = path("legacy.bin");
    assertThatThrownBy(() -> TorchFile.open(file))
        .hasMessage(
            "Cannot read "
                + file
                + ": it has the format of torch before 1.6. It is a bare pickle, not the archive"
                + " that torch.save has written since. Use the safetensors file of the same"
                + " weights, or write one in Python from what torch.load with weights_only=True"
                + " gives.");
  }

  @Test
  void whatIsMissingIsSaidToBeMissing() {
    assertThatThrownBy(() -> TorchFile.open(folder.resolve("none.bin")))
        .satisfies(
            e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(ExitCode.MISSING_INPUT));
    TorchFile file = TorchFile.open(path("sound.bin"));
    assertThatThrownBy(() -> file.entry("v"))
        .hasMessageStartingWith("Tensor v is missing from " + path("sound.bin") + ". It has 1");
  }

  private static Path path(String name) {
    try {
      return Path.of(TorchFileTest.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
