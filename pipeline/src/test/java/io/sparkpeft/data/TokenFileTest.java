package io.sparkpeft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.FullDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFileTest {
  @TempDir private Path folder;
  private Path path;

  @BeforeEach
  void namePath() {
    path = folder.resolve("spool.tokens");
  }

  private static TokenizedExample example(Random random, int length) {
    int[] tokens = random.ints(length, 0, 32000).toArray();
    boolean[] targets = new boolean[length];
    for (int i = 1; i < length; i++) {
      targets[i] = random.nextBoolean();
    }
    return new TokenizedExample(tokens, targets);
  }

  private void write(List<TokenizedExample> examples, int[] order, long windowBytes) {
    try (TokenFileWriter writer = TokenFileWriter.create(path, windowBytes)) {
      for (int index : order) {
        writer.add(index, examples.get(index));
      }
      writer.commit();
    }
  }

  @Test
  void readsWhatWasWrittenInTheOrderOfIndexesAcrossWindows() {
    Random random = new Random(1);
    List<TokenizedExample> examples =
        IntStream.range(0, 200).mapToObj(i -> example(random, 1 + random.nextInt(40))).toList();
    int[] backwards = IntStream.range(0, 200).map(i -> 199 - i).toArray();
    write(examples, backwards, 256);
    TokenFile file = TokenFile.open(path);
    assertThat(file.size()).isEqualTo(200);
    for (int i = 0; i < 200; i++) {
      assertThat(file.example(i).tokens()).isEqualTo(examples.get(i).tokens());
      assertThat(file.example(i).targets()).isEqualTo(examples.get(i).targets());
      assertThat(file.tokenCount(i)).isEqualTo(examples.get(i).tokens().length);
      assertThat(file.targetCount(i)).isEqualTo(examples.get(i).targetCount());
      assertThat(file.sampleIndex(i)).isEqualTo(i);
    }
  }

  @Test
  void sampleIndexesMayHaveGaps() {
    try (TokenFileWriter writer = TokenFileWriter.create(path)) {
      writer.add(9, new TokenizedExample(new int[] {4}, new boolean[] {false}));
      writer.add(2, new TokenizedExample(new int[] {5}, new boolean[] {true}));
      writer.commit();
    }
    TokenFile file = TokenFile.open(path);
    assertThat(file.sampleIndex(0)).isEqualTo(2);
    assertThat(file.example(0).tokens()).containsExactly(5);
    assertThat(file.sampleIndex(1)).isEqualTo(9);
  }

  @Test
  void nothingIsLeftOfAFileThatWasNotCommitted() throws IOException {
    try (TokenFileWriter writer = TokenFileWriter.create(path)) {
      writer.add(0, new TokenizedExample(new int[] {1}, new boolean[] {false}));
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aFileCutShortIsRefused() throws IOException {
    write(List.of(example(new Random(2), 30)), new int[] {0}, 1024);
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> TokenFile.open(path))
        .hasMessageContaining("is not a whole token file");
    Files.write(path, new byte[3]);
    assertThatThrownBy(() -> TokenFile.open(path)).hasMessageContaining("(3 bytes)");
  }

  @Test
  void anEmptyFileHasNoExamples() {
    write(List.of(), new int[0], 1024);
    assertThat(TokenFile.open(path).size()).isZero();
  }

  /** More than its buffer holds, so that it fills the disk in the middle as well as at the end. */
  @Test
  void aFullDiskLeavesNoSpool() throws IOException {
    TokenizedExample example = example(new Random(5), 10_000);
    FullDisk.assertNothingIsLeft(
        disk -> {
          try (TokenFileWriter writer = TokenFileWriter.create(disk.resolve("spool.tokens"))) {
            for (int i = 0; i < 40; i++) {
              writer.add(i, example);
            }
            writer.commit();
          }
        });
  }
}
