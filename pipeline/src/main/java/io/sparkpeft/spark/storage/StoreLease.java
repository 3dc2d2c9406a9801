package io.sparkpeft.spark.storage;

import io.sparkpeft.base.Held;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A lease in an object store, which has no locks: a folder of numbered objects, whose highest is
 * the holder's. One is taken by a conditional write of the next number, so that of several that try
 * one succeeds; its holder writes it again at every heartbeat; and it has ended when it is gone, or
 * silent for longer than a driver may be. Ages are read by the store's clock alone.
 */
public final class StoreLease implements Held {
  /** How often a holder shows that it lives, and how long it may be silent. */
  record Rhythm(Duration heartbeat, Duration silence) {
    static final Rhythm USUAL = new Rhythm(Duration.ofSeconds(20), Duration.ofSeconds(120));
  }

  private static final long LAST_BEAT_MILLIS = 10_000;

  private final FileSystem files;
  private final Path object;
  private final String what;
  private final String holder;
  private final Optional<String> earlierHolder;
  private final Thread heart;

  private StoreLease(
      FileSystem files,
      Path object,
      String what,
      String holder,
      Optional<String> earlierHolder,
      Duration heartbeat) {
    this.files = files;
    this.object = object;
    this.what = what;
    this.holder = holder;
    this.earlierHolder = earlierHolder;
    this.heart = new Thread(() -> beatEvery(heartbeat), "spark-peft-lease");
    heart.setDaemon(true);
    heart.start();
  }

  /**
   * @param folder of the lease's objects
   * @param what is leased, for the error: "Run x"
   * @throws io.sparkpeft.base.SparkPeftException (75) with the holder, if somebody holds it;
   *     otherwise for what the store says
   */
  public static StoreLease take(Configuration hadoop, String folder, String what) {
    return take(hadoop, folder, what, Rhythm.USUAL);
  }

  static StoreLease take(Configuration hadoop, String folder, String what, Rhythm rhythm) {
    try {
      FileSystem files = new Path(folder).getFileSystem(hadoop);
      while (true) {
        Optional<StoreLease> taken = attempt(files, new Path(folder), what, rhythm);
        if (taken.isPresent()) {
          return taken.get();
        }
      }
    } catch (IOException e) {
      throw StorageErrors.failed(folder, e);
    }
  }

  /** Nothing if another was quicker. */
  private static Optional<StoreLease> attempt(
      FileSystem files, Path folder, String what, Rhythm rhythm) throws IOException {
    Optional<FileStatus> newest = newest(files, folder);
    Optional<String> earlier = Optional.empty();
    if (newest.isPresent()) {
      earlier = read(files, newest.get().getPath());
      long silent = now(files, folder) - newest.get().getModificationTime();
      if (earlier.isPresent() && silent < rhythm.silence().toMillis()) {
        throw StorageErrors.held(what, told(earlier.get()));
      }
    }
    long number = newest.map(StoreLease::number).orElse(0L) + 1;
    String holder = thisProcess();
    Path object = new Path(folder, "%09d".formatted(number));
    if (!create(files, object, holder)) {
      return Optional.empty();
    }
    if (newest.isPresent()) {
      files.delete(newest.get().getPath(), false);
    }
    Optional<String> told = earlier.map(StoreLease::told);
    return Optional.of(new StoreLease(files, object, what, holder, told, rhythm.heartbeat()));
  }

  private static Optional<FileStatus> newest(FileSystem files, Path folder) throws IOException {
    try {
      return Arrays.stream(files.listStatus(folder))
          .filter(status -> status.getPath().getName().matches("\\d+"))
          .max(Comparator.comparingLong(StoreLease::number));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  private static long number(FileStatus status) {
    return Long.parseLong(status.getPath().getName());
  }

  /** The store's clock: when it writes something. */
  private static long now(FileSystem files, Path folder) throws IOException {
    Path clock = new Path(folder, "clock-" + UUID.randomUUID());
    files.create(clock, true).close();
    long now = files.getFileStatus(clock).getModificationTime();
    files.delete(clock, false);
    return now;
  }

  private static boolean create(FileSystem files, Path object, String holder) throws IOException {
    FSDataOutputStreamBuilder<?, ?> file = files.createFile(object);
    file.must(ConditionalLogStore.CONDITIONAL, true);
    try {
      try (var out = (java.io.OutputStream) file.build()) {
        out.write(holder.getBytes(StandardCharsets.UTF_8));
      }
      return true;
    } catch (IOException e) {
      Optional<String> winner = read(files, object);
      if (winner.isEmpty()) {
        throw e;
      }
      return winner.get().equals(holder);
    }
  }

  private static Optional<String> read(FileSystem files, Path object) throws IOException {
    try (FSDataInputStream in = files.open(object)) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** For people, then a mark that no other has. */
  private static String thisProcess() throws IOException {
    return "process %d on %s since %s\n%s"
        .formatted(
            ProcessHandle.current().pid(),
            InetAddress.getLocalHost().getHostName(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS),
            UUID.randomUUID());
  }

  private static String told(String holder) {
    return holder.lines().findFirst().orElse("");
  }

  private void beatEvery(Duration heartbeat) {
    try {
      while (true) {
        Thread.sleep(heartbeat.toMillis());
        beat();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A heartbeat that fails is made good by the next: several fit into the silence allowed. */
  private void beat() {
    try {
      if (successor().isEmpty()) {
        try (var out = files.create(object, true)) {
          out.write(holder.getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      // The store is away for a moment.
    }
  }

  /** Who has it now, if this process no longer does. */
  private Optional<String> successor() throws IOException {
    Optional<FileStatus> newest = newest(files, object.getParent());
    if (newest.isEmpty()) {
      return Optional.of("its object is gone");
    }
    Optional<String> there = read(files, newest.get().getPath());
    return there.filter(text -> !text.equals(holder)).map(StoreLease::told);
  }

  @Override
  public Optional<String> earlierHolder() {
    return earlierHolder;
  }

  @Override
  public void requireHeld() {
    try {
      Optional<String> successor = successor();
      if (successor.isPresent()) {
        throw StorageErrors.leaseLost(what, successor.get());
      }
    } catch (IOException e) {
      throw StorageErrors.failed(object.toString(), e);
    }
  }

  @Override
  public void close() {
    heart.interrupt();
    try {
      heart.join(LAST_BEAT_MILLIS);
      if (successor().isEmpty()) {
        files.delete(object, false);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw StorageErrors.failed(object.toString(), e);
    }
  }
}
