package io.sparkpeft.data;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Writes a {@link TokenFile}. Examples may come in any order. The file appears whole by {@link
 * #commit}, or not at all.
 */
public final class TokenFileWriter implements AutoCloseable {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Path target;
  private final Path aside;
  private final long windowBytes;
  private final FileChannel channel;
  private final List<Entry> entries = new ArrayList<>();
  private ByteBuffer buffer = newBuffer(BUFFER_BYTES);
  private long written;

  private record Entry(long sampleIndex, long offset, int tokens, int targets) {}

  private TokenFileWriter(Path target, Path aside, long windowBytes, FileChannel channel) {
    this.target = target;
    this.aside = aside;
    this.windowBytes = windowBytes;
    this.channel = channel;
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (73) if the file cannot be written
   */
  public static TokenFileWriter create(Path target) {
    return create(target, TokenFile.WINDOW_BYTES);
  }

  static TokenFileWriter create(Path target, long windowBytes) {
    Path aside = target.resolveSibling("." + target.getFileName() + ".part");
    try {
      Files.createDirectories(target.toAbsolutePath().getParent());
      return new TokenFileWriter(
          target,
          aside,
          windowBytes,
          FileChannel.open(
              aside,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  public void add(long sampleIndex, TokenizedExample example) {
    int[] tokens = example.tokens();
    int bytes = Math.addExact(tokens.length * Integer.BYTES, TargetBits.bytes(tokens.length));
    if (bytes > windowBytes) {
      throw new IllegalArgumentException(tokens.length + " tokens do not fit into a window");
    }
    try {
      startWhereItFits(bytes);
      entries.add(new Entry(sampleIndex, position(), tokens.length, example.targetCount()));
      reserve(bytes);
      buffer.asIntBuffer().put(tokens);
      buffer.position(buffer.position() + tokens.length * Integer.BYTES);
      buffer.put(TargetBits.pack(example.targets()));
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  /** Writes the index and gives the file its name. */
  public void commit() {
    entries.sort(Comparator.comparingLong(Entry::sampleIndex));
    try {
      for (Entry entry : entries) {
        reserve(TokenFile.ENTRY_BYTES);
        buffer.putLong(entry.sampleIndex()).putLong(entry.offset());
        buffer.putInt(entry.tokens()).putInt(entry.targets());
      }
      reserve(TokenFile.FOOTER_BYTES);
      buffer.putLong(entries.size()).putLong(windowBytes).putLong(TokenFile.MAGIC);
      flush();
      channel.close();
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(aside);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(target, e);
    }
  }

  private long position() {
    return written + buffer.position();
  }

  /** Fills up the window with zeros where the record would cross its border. */
  private void startWhereItFits(int bytes) throws IOException {
    long left = windowBytes - position() % windowBytes;
    while (bytes > left && left > 0) {
      reserve(1);
      int zeros = (int) Math.min(left, buffer.remaining());
      buffer.put(new byte[zeros]);
      left -= zeros;
    }
  }

  private void reserve(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      flush();
    }
    if (buffer.capacity() < bytes) {
      buffer = newBuffer(bytes);
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      written += channel.write(buffer);
    }
    buffer.clear();
  }

  private static ByteBuffer newBuffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
