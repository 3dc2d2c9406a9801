package io.sparkpeft.base;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;

/**
 * A file that at most one process holds. Its lock is the operating system's, which lets go of it
 * however the process ends; what the file says tells others who holds it.
 */
public final class Lease implements Held {
  private static final int LONGEST_HOLDER = 1000;

  private final Path file;
  private final FileChannel channel;
  private final Optional<String> earlierHolder;

  private Lease(Path file, FileChannel channel, Optional<String> earlierHolder) {
    this.file = file;
    this.channel = channel;
    this.earlierHolder = earlierHolder;
  }

  /**
   * @param what is leased, for the error: "Run x"
   * @throws SparkPeftException (75) with the holder, if somebody holds it; (73) if the file cannot
   *     be written or its file system has no locks
   */
  public static Lease take(Path file, String what) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Optional<Lease> lease = Optional.empty();
      while (lease.isEmpty()) {
        create(file);
        lease = attempt(file, what);
      }
      return lease.get();
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    }
  }

  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException there) {
      // Somebody holds it, or ended without giving it back.
      return;
    }
  }

  /** Nothing if the file was taken away between its opening and its locking. */
  private static Optional<Lease> attempt(Path file, String what) throws IOException {
    BasicFileAttributes before = attributes(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      Optional<String> holder = holderIn(channel);
      if (!lock(channel)) {
        throw BaseErrors.held(what, holder.orElse("somebody who began just now"));
      }
      taken = isSame(before, attributes(file));
      if (!taken) {
        return Optional.empty();
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(thisProcess().getBytes(StandardCharsets.UTF_8)), 0);
      channel.force(true);
      return Optional.of(new Lease(file, channel, holder));
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class);
  }

  private static boolean isSame(BasicFileAttributes one, BasicFileAttributes other) {
    return one.creationTime().equals(other.creationTime())
        && Objects.equals(one.fileKey(), other.fileKey());
  }

  /** By the channel itself: to close another one of the same file would end the lock. */
  private static Optional<String> holderIn(FileChannel channel) throws IOException {
    ByteBuffer text =
        ByteBuffer.allocate(Math.toIntExact(Math.min(channel.size(), LONGEST_HOLDER)));
    channel.read(text, 0);
    String holder = StandardCharsets.UTF_8.decode(text.flip()).toString();
    return holder.isEmpty() ? Optional.empty() : Optional.of(holder);
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  private static String thisProcess() throws UnknownHostException {
    return "process %d on %s since %s"
        .formatted(
            ProcessHandle.current().pid(),
            InetAddress.getLocalHost().getHostName(),
            Instant.now().truncatedTo(ChronoUnit.SECONDS));
  }

  @Override
  public Optional<String> earlierHolder() {
    return earlierHolder;
  }

  /** The operating system takes it from nobody who lives. */
  @Override
  public void requireHeld() {}

  /** Gives it back. */
  @Override
  public void close() {
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    }
  }
}
