package io.sparkpeft.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaseTest {
  /** FIPS 180-4's example. */
  private static final String OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir Path folder;

  @Test
  void sha256OfTextBytesBufferAndFileAgree() throws IOException {
    byte[] abc = "abc".getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.wrap(abc);
    assertThat(Sha256.of("abc")).isEqualTo(OF_ABC);
    assertThat(Sha256.of(abc)).isEqualTo(OF_ABC);
    assertThat(new Sha256().add(buffer).hex()).isEqualTo(OF_ABC);
    assertThat(buffer.remaining()).isEqualTo(3);
    assertThat(new Sha256().add("a").add("bc").hex()).isEqualTo(OF_ABC);
    assertThat(Sha256.ofFile(Files.write(folder.resolve("abc"), abc))).isEqualTo(OF_ABC);
  }

  @Test
  void nearestNameForgivesATypingError() {
    List<String> known = List.of("train.learning_rate", "train.epochs", "adapter.r");
    assertThat(Nearest.to("train.learningrate", known)).contains("train.learning_rate");
    assertThat(Nearest.to("train.epoch", known)).contains("train.epochs");
    assertThat(Nearest.to("something.else.entirely", known)).isEmpty();
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
  }

  @Test
  void exitCodeIsThatOfTheNearestCauseThatKnowsOne() {
    SparkPeftException known = SparkPeftException.of(ExitCode.DATA, "What.", "Why.", "What to do.");
    assertThat(known).hasMessage("What. Why. What to do.");
    assertThat(SparkPeftException.exitCodeOf(new RuntimeException(known))).isEqualTo(ExitCode.DATA);
    assertThat(SparkPeftException.exitCodeOf(new RuntimeException("other")))
        .isEqualTo(ExitCode.INTERNAL);
  }

  @Test
  void exitCodesAreThoseOfTheTable() {
    assertThat(ExitCode.values())
        .extracting(ExitCode::number)
        .containsExactly(0, 64, 65, 66, 69, 70, 73, 75, 78, 99);
  }
}
