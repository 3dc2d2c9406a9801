package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * JSON as Python's {@code json.dumps(value, indent=2, sort_keys=True)} writes it, escapes and
 * numbers included: what PEFT's configuration files are made by.
 */
final class PythonJson {
  private final StringBuilder out = new StringBuilder();

  private PythonJson() {}

  static String dumps(JsonNode value) {
    PythonJson writer = new PythonJson();
    writer.write(value, "");
    return writer.out.toString();
  }

  /** A text in quotes, which YAML reads as well. */
  static String quoted(String text) {
    PythonJson writer = new PythonJson();
    writer.writeText(text);
    return writer.out.toString();
  }

  private void write(JsonNode value, String indent) {
    if (value.isObject()) {
      List<String> names = new ArrayList<>();
      value.fieldNames().forEachRemaining(names::add);
      names.sort(null);
      writeContainer('{', '}', names, indent, name -> writeField(name, value.get(name), indent));
    } else if (value.isArray()) {
      List<JsonNode> elements = new ArrayList<>();
      ((ArrayNode) value).forEach(elements::add);
      writeContainer('[', ']', elements, indent, element -> write(element, indent + "  "));
    } else if (value.isTextual()) {
      writeText(value.textValue());
    } else if (value.isFloatingPointNumber()) {
      out.append(number(value.doubleValue()));
    } else {
      out.append(value.isMissingNode() ? JsonNodeFactory.instance.nullNode() : value);
    }
  }

  private void writeField(String name, JsonNode value, String indent) {
    writeText(name);
    out.append(": ");
    write(value, indent + "  ");
  }

  private <T> void writeContainer(
      char open, char close, List<T> elements, String indent, Consumer<T> each) {
    out.append(open);
    for (int i = 0; i < elements.size(); i++) {
      out.append(i == 0 ? "\n" : ",\n").append(indent).append("  ");
      each.accept(elements.get(i));
    }
    if (!elements.isEmpty()) {
      out.append('\n').append(indent);
    }
    out.append(close);
  }

  private void writeText(String text) {
    out.append('"');
    text.chars().forEach(c -> writeCharacter((char) c));
    out.append('"');
  }

  private void writeCharacter(char c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\f' -> out.append("\\f");
      case '\b' -> out.append("\\b");
      default -> out.append(c < ' ' || c > 127 ? String.format("\\u%04x", (int) c) : c);
    }
  }

  /** Python's repr of a float: the shortest digits, with an exponent outside 1e-4 to 1e16. */
  static String number(double value) {
    if (value == 0 || Double.isNaN(value) || Double.isInfinite(value)) {
      return Double.isFinite(value) ? Double.toString(value) : special(value);
    }
    BigDecimal shortest = shortest(value);
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent < -4 || exponent >= 16) {
      String digits = shortest.unscaledValue().abs().toString();
      String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
      String sign = exponent < 0 ? "-" : "+";
      return (value < 0 ? "-" : "")
          + digits.charAt(0)
          + fraction
          + "e"
          + sign
          + String.format("%02d", Math.abs(exponent));
    }
    String plain = shortest.toPlainString();
    return plain.contains(".") ? plain : plain + ".0";
  }

  /** The fewest digits that still mean this number; Java 17's own text may have one too many. */
  private static BigDecimal shortest(double value) {
    BigDecimal exact = new BigDecimal(value);
    return IntStream.rangeClosed(1, 17)
        .mapToObj(digits -> exact.round(new MathContext(digits)))
        .filter(rounded -> rounded.doubleValue() == value)
        .findFirst()
        .orElse(exact)
        .stripTrailingZeros();
  }

  private static String special(double value) {
    return Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  }
}
