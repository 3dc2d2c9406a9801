package io.sparkpeft.spark.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.storage.CloseableIterator;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several drivers' commits of one version, against a real S3 server. */
class ConditionalLogStoreTest {
  private static final String ONE = "{\"commitInfo\":{\"txnId\":\"1111\"}}";
  private static final String OTHER = "{\"commitInfo\":{\"txnId\":\"2222\"}}";

  @TempDir static java.nio.file.Path folder;

  private static S3Server server;
  private static Configuration hadoop;
  private static String log;

  private final ConditionalLogStore store = new ConditionalLogStore(hadoop);

  @BeforeAll
  static void startServer() {
    server = S3Server.start(folder);
    hadoop = server.hadoop();
    log = server.bucket("tables") + "/runs/_delta_log/";
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aVersionThatStandsIsNotReplaced() throws IOException {
    Path version = new Path(log + "0.json");
    store.write(version, List.of(ONE, "{}").iterator(), false, hadoop);
    assertThatThrownBy(() -> store.write(version, List.of(OTHER).iterator(), false, hadoop))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("s3a://tables/runs/_delta_log/0.json");
    assertThat(lines(version)).containsExactly(ONE, "{}");
  }

  /** The narrow place: both have looked and found nothing, then both write. */
  @Test
  void ofTwoThatBothSawNothingOneIsRefused() throws IOException {
    Path version = new Path(log + "1.json");
    Iterator<String> whileTheOtherCommits =
        meanwhile(
            ONE,
            () ->
                new ConditionalLogStore(hadoop)
                    .write(version, List.of(OTHER).iterator(), false, hadoop));
    assertThatThrownBy(() -> store.write(version, whileTheOtherCommits, false, hadoop))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(lines(version)).containsExactly(OTHER);
  }

  /** The answer to a write was lost, and the client sends it again. */
  @Test
  void itsOwnCommitIsRecognised() throws IOException {
    Path version = new Path(log + "2.json");
    Iterator<String> sentTwice =
        meanwhile(ONE, () -> store.write(version, List.of(ONE).iterator(), false, hadoop));
    store.write(version, sentTwice, false, hadoop);
    assertThat(lines(version)).containsExactly(ONE);
  }

  /** Without a transaction's id two drivers could write the same text. */
  @Test
  void whatAnybodyMightHaveWrittenIsNotTakenForItsOwn() throws IOException {
    Path version = new Path(log + "3.json");
    store.write(version, List.of("{}").iterator(), false, hadoop);
    assertThatThrownBy(() -> store.write(version, List.of("{}").iterator(), false, hadoop))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void whatMayBeReplacedIs() throws IOException {
    Path last = new Path(log + "_last_checkpoint");
    store.write(last, List.of(ONE).iterator(), true, hadoop);
    store.write(last, List.of(OTHER).iterator(), true, hadoop);
    assertThat(lines(last)).containsExactly(OTHER);
  }

  private interface Commit {
    void write() throws IOException;
  }

  /** Lines whose reading lets something else happen first. */
  private static Iterator<String> meanwhile(String line, Commit first) {
    return new Iterator<>() {
      private boolean isRead;

      @Override
      public boolean hasNext() {
        return !isRead;
      }

      @Override
      public String next() {
        try {
          first.write();
        } catch (IOException e) {
          throw new AssertionError(e);
        }
        isRead = true;
        return line;
      }
    };
  }

  private List<String> lines(Path path) throws IOException {
    List<String> lines = new ArrayList<>();
    try (CloseableIterator<String> read = store.read(path, hadoop)) {
      read.forEachRemaining(lines::add);
    }
    return lines;
  }
}
