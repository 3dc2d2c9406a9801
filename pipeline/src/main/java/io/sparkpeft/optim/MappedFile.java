package io.sparkpeft.optim;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file of zeros, mapped to be read and written. */
final class MappedFile {
  private static final int ZEROS_AT_ONCE = 1 << 20;

  private MappedFile() {}

  /**
   * @param file does not exist
   * @param size in bytes, less than 2 GiB
   * @throws io.sparkpeft.base.SparkPeftException (73) if it cannot be made, also for want of space
   */
  static ByteBuffer zeros(Path file, long size) {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      fill(channel, size);
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, size).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(file, e);
    }
  }

  /** A mapping's first write to a hole in the file would end the process if the disk were full. */
  private static void fill(FileChannel channel, long size) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_AT_ONCE);
    while (channel.position() < size) {
      long missing = size - channel.position();
      zeros.clear().limit((int) Math.min(ZEROS_AT_ONCE, missing));
      channel.write(zeros);
    }
  }
}
