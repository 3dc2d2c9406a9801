package io.sparkpeft.data;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Tokenized examples in one memory-mapped file, for random access beyond 2 GB. Examples are
 * numbered from 0 in the order of their sample indexes. Safe for concurrent reading.
 *
 * <p>Layout, all little-endian: the records (int32 tokens, then one bit per token that says whether
 * it is a target, least significant first), none of which crosses a window's border; then per
 * example its index entry (int64 sample index, int64 offset, int32 tokens, int32 targets); then the
 * footer (int64 number of examples, int64 window bytes, int64 {@value #MAGIC}).
 */
public final class TokenFile {
  static final long MAGIC = 0x31304E454B4F5453L;
  static final int FOOTER_BYTES = 24;
  static final int ENTRY_BYTES = 24;
  static final long WINDOW_BYTES = 1L << 30;

  private final ByteBuffer[] windows;
  private final long windowBytes;
  private final long[] sampleIndexes;
  private final long[] offsets;
  private final int[] tokenCounts;
  private final int[] targetCounts;

  private TokenFile(ByteBuffer[] windows, long windowBytes, int size) {
    this.windows = windows;
    this.windowBytes = windowBytes;
    this.sampleIndexes = new long[size];
    this.offsets = new long[size];
    this.tokenCounts = new int[size];
    this.targetCounts = new int[size];
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if the file cannot be read, (65) if it is not
   *     a whole token file
   */
  public static TokenFile open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return read(path, channel);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(path, e);
    }
  }

  private static TokenFile read(Path path, FileChannel channel) throws IOException {
    long bytes = channel.size();
    if (bytes < FOOTER_BYTES) {
      throw DataErrors.brokenTokenFile(path, bytes);
    }
    ByteBuffer footer = bytes(channel, bytes - FOOTER_BYTES, FOOTER_BYTES);
    long size = footer.getLong();
    long windowBytes = footer.getLong();
    long recordBytes = bytes - FOOTER_BYTES - size * ENTRY_BYTES;
    if (footer.getLong() != MAGIC || size < 0 || size > Integer.MAX_VALUE || recordBytes < 0) {
      throw DataErrors.brokenTokenFile(path, bytes);
    }
    TokenFile file = new TokenFile(map(channel, recordBytes, windowBytes), windowBytes, (int) size);
    file.readIndex(channel, recordBytes);
    return file;
  }

  private static ByteBuffer[] map(FileChannel channel, long recordBytes, long windowBytes)
      throws IOException {
    int count = (int) ((recordBytes + windowBytes - 1) / windowBytes);
    ByteBuffer[] windows = new ByteBuffer[count];
    for (int i = 0; i < count; i++) {
      long from = i * windowBytes;
      MappedByteBuffer window =
          channel.map(
              FileChannel.MapMode.READ_ONLY, from, Math.min(windowBytes, recordBytes - from));
      windows[i] = window.order(ByteOrder.LITTLE_ENDIAN);
    }
    return windows;
  }

  private void readIndex(FileChannel channel, long from) throws IOException {
    int blockEntries = 1 << 16;
    for (int first = 0; first < size(); first += blockEntries) {
      int count = Math.min(blockEntries, size() - first);
      ByteBuffer block = bytes(channel, from + (long) first * ENTRY_BYTES, count * ENTRY_BYTES);
      for (int i = first; i < first + count; i++) {
        sampleIndexes[i] = block.getLong();
        offsets[i] = block.getLong();
        tokenCounts[i] = block.getInt();
        targetCounts[i] = block.getInt();
      }
    }
  }

  private static ByteBuffer bytes(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = channel.read(buffer, from + buffer.position());
    }
    return buffer.flip();
  }

  /** The number of examples. */
  public int size() {
    return offsets.length;
  }

  public TokenizedExample example(int index) {
    int count = tokenCounts[index];
    int[] tokens = new int[count];
    ByteBuffer window = windows[(int) (offsets[index] / windowBytes)];
    int at = (int) (offsets[index] % windowBytes);
    window
        .slice(at, count * Integer.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asIntBuffer()
        .get(tokens);
    byte[] bits = new byte[TargetBits.bytes(count)];
    window.get(at + count * Integer.BYTES, bits);
    return new TokenizedExample(tokens, TargetBits.unpack(bits, count));
  }

  /** The example's index in the token table. */
  public long sampleIndex(int index) {
    return sampleIndexes[index];
  }

  public int tokenCount(int index) {
    return tokenCounts[index];
  }

  public int targetCount(int index) {
    return targetCounts[index];
  }
}
