package io.sparkpeft.base;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * JSON in one canonical form: keys sorted, two blanks of indentation, as Python's {@code
 * json.dumps(value, indent=2, sort_keys=True)} writes it (without its ASCII escapes).
 */
public final class Json {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** The tree of any value that Jackson knows: maps, lists, records, numbers, texts. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * @throws JsonProcessingException with line and column, if the text is not JSON
   */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  public static JsonNode read(Path file) {
    try {
      return MAPPER.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw SparkPeftException.of(
          ExitCode.DATA,
          "Cannot read " + file + " as JSON.",
          e.getOriginalMessage() + " at " + position(e) + ".",
          "Mend the file.",
          e);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  public static String canonical(JsonNode node) {
    try {
      return MAPPER.writer(new PythonPrinter()).writeValueAsString(sorted(node));
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree can always be written", e);
    }
  }

  /** Whether Python takes a value for false: null, false, 0, "", [] and {}. */
  public static boolean isFalse(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isNumber() && value.doubleValue() == 0)
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isContainerNode() && value.isEmpty());
  }

  /** One line without blanks, keys sorted: for hashes and for lines of a file. */
  public static String compact(JsonNode node) {
    return sorted(node).toString();
  }

  public static byte[] canonicalBytes(JsonNode node) {
    return canonical(node).getBytes(StandardCharsets.UTF_8);
  }

  private static JsonNode sorted(JsonNode node) {
    if (node.isObject()) {
      ObjectNode result = object();
      List<String> names = new ArrayList<>();
      node.fieldNames().forEachRemaining(names::add);
      names.stream().sorted().forEach(name -> result.set(name, sorted(node.get(name))));
      return result;
    }
    if (node.isArray()) {
      ArrayNode result = array();
      node.forEach(element -> result.add(sorted(element)));
      return result;
    }
    return node;
  }

  private static String position(JsonProcessingException e) {
    return "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
  }

  /** Python's layout: every element on its own line, empty containers as {} and []. */
  private static final class PythonPrinter extends DefaultPrettyPrinter {
    PythonPrinter() {
      super(
          Separators.createDefaultInstance()
              .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
              .withObjectEmptySeparator("")
              .withArrayEmptySeparator(""));
      indentObjectsWith(new DefaultIndenter("  ", "\n"));
      indentArraysWith(new DefaultIndenter("  ", "\n"));
    }

    PythonPrinter(PythonPrinter other) {
      super(other);
    }

    @Override
    public DefaultPrettyPrinter createInstance() {
      return new PythonPrinter(this);
    }
  }
}
