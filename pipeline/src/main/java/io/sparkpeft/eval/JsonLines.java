package io.sparkpeft.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file with one JSON object per line. */
final class JsonLines {
  private JsonLines() {}

  /** One object of the file, and the line it stands in, from 1. */
  record Line(Path file, int number, JsonNode value) {

    /**
     * @throws io.sparkpeft.base.SparkPeftException (65) if the object has no such text
     */
    String text(String key) {
      JsonNode node = value.path(key);
      if (!node.isTextual()) {
        throw EvalErrors.badDocument(file, number, "no text under the key " + key);
      }
      return node.textValue();
    }
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if the file cannot be read, (65) if a line is
   *     not a JSON object or there is none
   */
  static List<Line> read(Path file) {
    List<String> texts;
    try {
      texts = Files.readAllLines(file);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.get(i).isBlank()) {
        lines.add(new Line(file, i + 1, object(file, i + 1, texts.get(i))));
      }
    }
    if (lines.isEmpty()) {
      throw EvalErrors.noDocuments(file);
    }
    return lines;
  }

  private static JsonNode object(Path file, int number, String text) {
    try {
      JsonNode value = Json.parse(text);
      if (!value.isObject()) {
        throw EvalErrors.badDocument(file, number, "not a JSON object");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw EvalErrors.badDocument(file, number, e.getOriginalMessage(), e);
    }
  }
}
