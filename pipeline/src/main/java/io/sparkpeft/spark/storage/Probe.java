package io.sparkpeft.spark.storage;

import io.sparkpeft.base.LocalCopy;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Asks the stores of a job for an answer before anything begins: s3a itself tries for minutes, and
 * Spark for longer, where an endpoint, a key or a bucket is wrong.
 */
public final class Probe {
  private static final Map<String, String> IMPATIENT =
      Map.of(
          "fs.s3a.attempts.maximum", "1",
          "fs.s3a.retry.limit", "1",
          "fs.s3a.retry.interval", "100ms",
          "fs.s3a.connection.establish.timeout", "15s",
          "fs.s3a.connection.timeout", "20s",
          "fs.s3a.bucket.probe", "2");

  private final Configuration hadoop;

  /**
   * @param hadoop what the job will go by
   */
  public Probe(Configuration hadoop) {
    this.hadoop = new Configuration(hadoop);
    IMPATIENT.forEach(this.hadoop::set);
  }

  /**
   * Asks every bucket among some locations, once; local ones are passed over.
   *
   * @throws io.sparkpeft.base.SparkPeftException with the store's reason
   */
  public void reach(Collection<String> locations) {
    Set<String> buckets = new TreeSet<>();
    for (String location : locations) {
      if (LocalCopy.isRemote(location)) {
        buckets.add(new Path(location).toUri().resolve("/").toString());
      }
    }
    for (String bucket : buckets) {
      try (FileSystem files = FileSystem.newInstance(URI.create(bucket), hadoop)) {
        files.listStatusIterator(new Path(bucket)).hasNext();
      } catch (IOException | RuntimeException e) {
        throw StorageErrors.failed(bucket, e);
      }
    }
  }

  /**
   * Whether a store keeps what {@link ConditionalLogStore} builds on, by trying.
   *
   * @param folder below which an object is written for a moment
   * @throws io.sparkpeft.base.SparkPeftException (78) if it does not
   */
  public void requireConditionalWrites(String folder) {
    Path probe = new Path(folder, ".spark-peft-probe-" + UUID.randomUUID());
    try (FileSystem files = FileSystem.newInstance(probe.toUri(), hadoop)) {
      FSDataOutputStreamBuilder<?, ?> first = files.createFile(probe);
      FSDataOutputStreamBuilder<?, ?> second = files.createFile(probe);
      first.must(ConditionalLogStore.CONDITIONAL, true);
      second.must(ConditionalLogStore.CONDITIONAL, true);
      boolean replaced = replaces(first, second);
      files.delete(probe, false);
      if (replaced) {
        throw StorageErrors.notConditional(folder);
      }
    } catch (IOException e) {
      throw StorageErrors.failed(folder, e);
    }
  }

  /** Opened before the first is closed, so that the store alone can tell. */
  private static boolean replaces(
      FSDataOutputStreamBuilder<?, ?> first, FSDataOutputStreamBuilder<?, ?> second)
      throws IOException {
    var one = (java.io.OutputStream) first.build();
    var other = (java.io.OutputStream) second.build();
    one.close();
    try {
      other.close();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }
}
