package io.sparkpeft.spark.table;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** One record per line; blank lines are passed over. */
final class JsonLinesReader implements RecordReader {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final BufferedReader lines;
  private long line;

  JsonLinesReader(InputStream in) {
    this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  @Override
  public Optional<Entry> next() throws IOException {
    for (String text = lines.readLine(); text != null; text = lines.readLine()) {
      line++;
      String content = line == 1 && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
      if (!content.isBlank()) {
        return Optional.of(new Entry(line, content));
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
