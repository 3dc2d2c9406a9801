package io.sparkpeft.spark.table;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** The records of one file, in order. */
interface RecordReader extends Closeable {

  /**
   * One record as it stands in the file.
   *
   * @param line where it begins, counted from 1
   * @param json the record as JSON text, perhaps broken
   */
  record Entry(long line, String json) {}

  /** The file cannot be read on from here. */
  final class BrokenFileException extends IOException {
    private final long line;

    BrokenFileException(long line, String reason) {
      super(reason);
      this.line = line;
    }

    long line() {
      return line;
    }
  }

  /**
   * @return empty at the end
   * @throws BrokenFileException if what follows is not what the format says
   */
  Optional<Entry> next() throws IOException;
}
