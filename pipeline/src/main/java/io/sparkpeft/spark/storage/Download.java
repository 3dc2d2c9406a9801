package io.sparkpeft.spark.storage;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.NewFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;

/**
 * Files of a store to a local folder, which appears whole or not at all; once per machine, however
 * many processes ask for it.
 */
record Download(FileSystem files, String location, Listing listing, Consumer<String> messages) {
  /** One stream of a store gives less than a network can carry. */
  private static final int STREAMS = 4;

  private static final double SPARE_SHARE = 0.02;

  /** File locks are the process's: its threads wait for each other here. */
  private static final Object ONE_AT_A_TIME = new Object();

  void into(Path folder) {
    if (Files.exists(folder)) {
      return;
    }
    try {
      Files.createDirectories(folder.getParent());
      Path lockFile = folder.resolveSibling("." + folder.getFileName() + ".lock");
      synchronized (ONE_AT_A_TIME) {
        try (FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          if (lock.isValid() && !Files.exists(folder)) {
            fetch(folder);
          }
        }
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder, e);
    }
  }

  private void fetch(Path folder) throws IOException {
    requireRoom(folder.getParent());
    messages.accept("Copying %s: %s.".formatted(location, Transfer.size(listing.bytes())));
    long start = System.nanoTime();
    try (NewFolder aside = NewFolder.at(folder)) {
      fetchAll(aside.path());
      aside.commit();
    }
    messages.accept(Transfer.text("Copied", location, listing.bytes(), start));
  }

  private void requireRoom(Path folder) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    long needed = listing.bytes() + (long) (SPARE_SHARE * listing.bytes());
    if (free < needed) {
      throw StorageErrors.noRoom(location, listing.bytes(), folder, free);
    }
  }

  private void fetchAll(Path folder) throws IOException {
    ExecutorService streams = Executors.newFixedThreadPool(STREAMS);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (Listing.Entry entry : listing.entries()) {
        parts.add(streams.submit(() -> fetch(entry, folder.resolve(entry.name()))));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw StorageErrors.failed(location, e.getCause());
    } finally {
      streams.shutdownNow();
    }
  }

  private Void fetch(Listing.Entry entry, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    try (InputStream in = files.open(entry.path())) {
      long copied = Files.copy(in, file);
      if (copied != entry.bytes()) {
        throw new IOException(
            "%s has %d bytes rather than %d".formatted(entry.name(), copied, entry.bytes()));
      }
    }
    return null;
  }
}
