package io.sparkpeft.base;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.LocalCopy.Kind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A copy's path says of what it is a copy. */
class LocalCopyTest {
  private static final Path CACHE = Path.of("/var/cache");

  @ParameterizedTest
  @ValueSource(
      strings = {"s3a://bucket/models/llama", "s3a://bucket", "hdfs:///models/a", "gs://b/a@b/c"})
  void aPathLeadsBackToItsOrigin(String location) {
    Path copy = LocalCopy.of(CACHE, location, Kind.FOLDER, "1a2b");
    assertThat(copy.startsWith(CACHE)).isTrue();
    assertThat(LocalCopy.origin(copy)).contains(location);
    assertThat(LocalCopy.origin(copy.resolve("sub/file"))).contains(location + "/sub/file");
    assertThat(LocalCopy.whole(copy.resolve("sub/file"))).contains(copy);
  }

  @Test
  void itReadsLikeItsOrigin() {
    assertThat(LocalCopy.of(CACHE, "s3a://bucket/runs/x/", Kind.RUN, "id"))
        .isEqualTo(Path.of("/var/cache/spark-peft-copies/s3a/bucket/runs/x/@run-id"));
  }

  @Test
  void whatARunWritesIsNoWhole() {
    Path run = LocalCopy.of(CACHE, "s3a://bucket/runs/x", Kind.RUN, "id");
    assertThat(LocalCopy.whole(run.resolve("checkpoints"))).isEmpty();
  }

  @Test
  void aFilesCopyIsTheFile() {
    Path copy = LocalCopy.of(CACHE, "s3a://bucket/q.jsonl", Kind.FILE, "7");
    assertThat(LocalCopy.whole(copy.resolve("q.jsonl"))).contains(copy);
    assertThat(LocalCopy.name(copy.resolve("q.jsonl"))).isEqualTo("s3a://bucket/q.jsonl");
  }

  @Test
  void otherPathsAreNoCopies() {
    assertThat(LocalCopy.origin(Path.of("/models/llama"))).isEmpty();
    assertThat(LocalCopy.whole(Path.of("/models/llama"))).isEmpty();
    assertThat(LocalCopy.name(Path.of("/models/llama"))).isEqualTo("/models/llama");
  }

  @Test
  void remoteIsWhatHasAnotherScheme() {
    assertThat(LocalCopy.isRemote("s3a://bucket/x")).isTrue();
    assertThat(LocalCopy.isRemote("/a/b")).isFalse();
    assertThat(LocalCopy.isRemote("a:b")).isFalse();
    assertThat(LocalCopy.isRemote("file:///a")).isFalse();
  }
}
