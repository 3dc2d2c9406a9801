package io.sparkpeft.recipe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How many training examples there will be, where that can be told without Spark: from the commits
 * of a local token table, else from a local file of instructions (of which prepare may still drop
 * some).
 */
final class ExampleCount {
  private ExampleCount() {}

  static OptionalLong of(Recipe recipe) {
    Path table = Path.of(recipe.tokenTable());
    OptionalLong rows = Files.isDirectory(table.resolve("_delta_log")) ? rows(table) : unknown();
    if (rows.isPresent()) {
      return rows;
    }
    OptionalLong records =
        recipe.data().source().map(Path::of).filter(Files::isRegularFile).stream()
            .map(ExampleCount::records)
            .findFirst()
            .orElse(unknown());
    double share = 1 - recipe.data().validationFraction();
    return records.isPresent()
        ? OptionalLong.of(Math.round(records.getAsLong() * share))
        : unknown();
  }

  /**
   * Rows of a Delta table by its commits' statistics; unknown if a commit or a count is missing.
   */
  private static OptionalLong rows(Path table) {
    Map<String, Long> rowsOfFile = new TreeMap<>();
    try (Stream<Path> files = Files.list(table.resolve("_delta_log"))) {
      List<Path> commits =
          files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
      for (int version = 0; version < commits.size(); version++) {
        if (!commits.get(version).endsWith(String.format("%020d.json", version))) {
          return unknown();
        }
        for (String line : Files.readAllLines(commits.get(version))) {
          apply(Json.parse(line), rowsOfFile);
        }
      }
    } catch (JsonProcessingException e) {
      return unknown();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(table, e);
    }
    return rowsOfFile.containsValue(-1L)
        ? unknown()
        : OptionalLong.of(rowsOfFile.values().stream().mapToLong(Long::longValue).sum());
  }

  private static void apply(JsonNode action, Map<String, Long> rowsOfFile)
      throws JsonProcessingException {
    if (action.has("add")) {
      JsonNode statistics = Json.parse(action.at("/add/stats").asText("{}"));
      rowsOfFile.put(action.at("/add/path").asText(), statistics.path("numRecords").asLong(-1));
    } else if (action.has("remove")) {
      rowsOfFile.remove(action.at("/remove/path").asText());
    }
  }

  private static OptionalLong records(Path file) {
    String name = file.getFileName().toString();
    try {
      if (name.endsWith(".jsonl")) {
        try (Stream<String> lines = Files.lines(file)) {
          return OptionalLong.of(lines.filter(line -> !line.isBlank()).count());
        }
      }
      return name.endsWith(".json") ? elements(file) : unknown();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /** Elements of a JSON array; unknown if the file holds something else. */
  private static OptionalLong elements(Path file) throws IOException {
    try (JsonParser parser = new JsonFactory().createParser(file.toFile())) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return unknown();
      }
      long count = 0;
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        parser.skipChildren();
        count++;
      }
      return OptionalLong.of(count);
    } catch (JsonProcessingException e) {
      return unknown();
    }
  }

  private static OptionalLong unknown() {
    return OptionalLong.empty();
  }
}
