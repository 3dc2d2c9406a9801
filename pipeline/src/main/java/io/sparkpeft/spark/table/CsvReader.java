package io.sparkpeft.spark.table;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Comma-separated records under a header line (RFC 4180: quotes doubled within quotes, line breaks
 * within quotes). An empty field is an empty text.
 */
final class CsvReader implements RecordReader {
  private final CsvParser parser;
  private final InputStream in;
  private final String[] header;

  CsvReader(InputStream in) throws IOException {
    this.in = in;
    CsvParserSettings settings = new CsvParserSettings();
    settings.setMaxCharsPerColumn(-1);
    settings.setEmptyValue("");
    settings.setNullValue("");
    settings.setIgnoreLeadingWhitespaces(false);
    settings.setIgnoreTrailingWhitespaces(false);
    settings.getFormat().setQuoteEscape('"');
    settings.setLineSeparatorDetectionEnabled(true);
    this.parser = new CsvParser(settings);
    parser.beginParsing(new InputStreamReader(in, StandardCharsets.UTF_8));
    this.header = row();
  }

  @Override
  public Optional<Entry> next() throws IOException {
    long line = parser.getContext().currentLine() + 1;
    String[] fields = row();
    if (fields.length == 0) {
      return Optional.empty();
    }
    if (fields.length > header.length) {
      throw new BrokenFileException(
          line, fields.length + " fields under a header of " + header.length);
    }
    ObjectNode record = Json.object();
    for (int i = 0; i < fields.length; i++) {
      record.put(header[i], fields[i]);
    }
    return Optional.of(new Entry(line, record.toString()));
  }

  /** Empty at the end. */
  private String[] row() throws IOException {
    try {
      String[] fields = parser.parseNext();
      return fields == null ? new String[0] : fields;
    } catch (TextParsingException e) {
      throw new BrokenFileException(e.getLineIndex() + 1, "it is not CSV");
    }
  }

  @Override
  public void close() throws IOException {
    parser.stopParsing();
    in.close();
  }
}
