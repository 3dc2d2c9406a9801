package io.sparkpeft.hub;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Brings a repository's files into a folder. What is there already and has the right hash is left;
 * what was broken off is gone on with.
 */
public final class HubDownload {
  private static final String PARTIAL = ".incomplete";
  private static final int TRIES = 5;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final double MB = 1e6;

  private final Hub hub;
  private final HubRepository repository;
  private final Patterns patterns;
  private final Consumer<String> messages;

  /**
   * @param patterns which of its files
   * @param messages takes, line by line, how it gets on
   */
  public HubDownload(
      Hub hub, HubRepository repository, Patterns patterns, Consumer<String> messages) {
    this.hub = hub;
    this.repository = repository;
    this.patterns = patterns;
    this.messages = messages;
  }

  /**
   * What was brought.
   *
   * @param commit that the revision stood for
   * @param transferred bytes that were not there before
   */
  public record Result(String commit, List<HubFile> files, long bytes, long transferred) {}

  /**
   * @param folder made if it is not there
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such repository, revision or
   *     file; (65) if a file's hash is wrong; (73) if it cannot be written or has no room; (75) if
   *     the hub cannot be reached or breaks off again and again
   */
  public Result into(Path folder) {
    Hub.Listing listing = hub.list(repository);
    List<HubFile> files = listing.files().stream().filter(f -> patterns.take(f.path())).toList();
    if (files.isEmpty()) {
      throw HubErrors.noFiles(repository, listing.files().size());
    }
    long bytes = files.stream().mapToLong(HubFile::bytes).sum();
    messages.accept(
        String.format(
            Locale.ROOT,
            "%s is commit %s: %d files, %.1f MB.",
            repository,
            listing.commit(),
            files.size(),
            bytes / MB));
    requireRoom(folder, bytes);
    long transferred = 0;
    for (HubFile file : files) {
      transferred += bring(listing.commit(), file, folder.resolve(file.path()));
    }
    return new Result(listing.commit(), files, bytes, transferred);
  }

  private static void requireRoom(Path folder, long bytes) {
    try {
      Files.createDirectories(folder);
      long room = Files.getFileStore(folder).getUsableSpace();
      if (room < bytes) {
        throw HubErrors.noRoom(folder, bytes, room);
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder, e);
    }
  }

  private long bring(String commit, HubFile file, Path target) {
    if (file.isIn(target)) {
      messages.accept(file.path() + " is there already.");
      return 0;
    }
    Path partial = target.resolveSibling(target.getFileName() + PARTIAL);
    try {
      Files.createDirectories(target.getParent());
      long transferred = file.isIn(partial) ? 0 : transfer(commit, file, partial);
      if (!file.isIn(partial)) {
        Files.delete(partial);
        throw HubErrors.wrongHash(repository, file.path());
      }
      Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
      return transferred;
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  private long transfer(String commit, HubFile file, Path partial) throws IOException {
    long transferred = 0;
    long begin = System.nanoTime();
    for (int attempt = 1; size(partial) < file.bytes() || attempt == 1; attempt++) {
      long before = size(partial);
      try {
        transferred += append(commit, file, partial);
      } catch (BrokenOff broken) {
        transferred += Math.max(0, size(partial) - before);
        if (attempt == TRIES) {
          throw HubErrors.brokenOff(repository, file, size(partial), broken.getCause());
        }
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    messages.accept(
        String.format(
            Locale.ROOT,
            "%s: %.1f MB in %.1f s, %.1f MB/s.",
            file.path(),
            transferred / MB,
            seconds,
            transferred / MB / seconds));
    return transferred;
  }

  /** The connection's failure, as opposed to the disk's. */
  private static final class BrokenOff extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenOff(IOException cause) {
      super(cause);
    }

    @Override
    public synchronized IOException getCause() {
      return (IOException) super.getCause();
    }
  }

  /** What follows the part that is there. */
  private long append(String commit, HubFile file, Path partial) throws IOException, BrokenOff {
    long from = size(partial) < file.bytes() ? size(partial) : 0;
    Hub.Content content = hub.open(repository, commit, file, from);
    StandardOpenOption how =
        from == 0 || content.isWhole()
            ? StandardOpenOption.TRUNCATE_EXISTING
            : StandardOpenOption.APPEND;
    long count = 0;
    try (InputStream in = content.bytes();
        OutputStream out =
            Files.newOutputStream(
                partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = read(in, buffer); read >= 0; read = read(in, buffer)) {
        out.write(buffer, 0, read);
        count += read;
      }
    }
    return count;
  }

  private static int read(InputStream in, byte[] buffer) throws BrokenOff {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw new BrokenOff(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }
}
