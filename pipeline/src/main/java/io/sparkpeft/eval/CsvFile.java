package io.sparkpeft.eval;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Comma-separated records without a header, quoted as Python's csv module does (RFC 4180). */
final class CsvFile {
  private final Path file;
  private final String text;
  private int next;
  private int line = 1;

  private CsvFile(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  /** One record, and the line it begins in, from 1. */
  record Row(Path file, int number, List<String> fields) {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if the file cannot be read, (65) if a record
   *     has another number of fields, a quote stays open, or there is no record
   */
  static List<Row> read(Path file, int fields) {
    CsvFile csv;
    try {
      csv = new CsvFile(file, Files.readString(file));
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
    List<Row> rows = new ArrayList<>();
    while (csv.next < csv.text.length()) {
      Row row = csv.row();
      if (row.fields().size() != fields) {
        throw EvalErrors.badDocument(
            file, row.number(), row.fields().size() + " fields instead of " + fields);
      }
      rows.add(row);
    }
    if (rows.isEmpty()) {
      throw EvalErrors.noDocuments(file);
    }
    return rows;
  }

  private Row row() {
    int first = line;
    List<String> fields = new ArrayList<>();
    fields.add(field());
    while (next < text.length() && text.charAt(next) == ',') {
      next++;
      fields.add(field());
    }
    endOfLine();
    return new Row(file, first, fields);
  }

  private String field() {
    if (next < text.length() && text.charAt(next) == '"') {
      return quoted();
    }
    int start = next;
    while (next < text.length() && ",\r\n".indexOf(text.charAt(next)) < 0) {
      next++;
    }
    return text.substring(start, next);
  }

  private String quoted() {
    int opened = line;
    StringBuilder field = new StringBuilder();
    for (next++; next < text.length(); next++) {
      char c = text.charAt(next);
      if (c == '"') {
        next++;
        if (next == text.length() || text.charAt(next) != '"') {
          return field.toString();
        }
      }
      line += c == '\n' ? 1 : 0;
      field.append(c);
    }
    throw EvalErrors.badDocument(file, opened, "a quote stays open");
  }

  private void endOfLine() {
    if (next < text.length() && text.charAt(next) == '\r') {
      next++;
    }
    if (next < text.length()) {
      if (text.charAt(next) != '\n') {
        throw EvalErrors.badDocument(file, line, "text after a closing quote");
      }
      next++;
      line++;
    }
  }
}
