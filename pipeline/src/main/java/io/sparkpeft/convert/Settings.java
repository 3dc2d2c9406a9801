package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.JsonNode;

/** How settings of other projects are judged. */
final class Settings {
  private Settings() {}

  /** Null, false, 0, "" and what is empty: what Python takes for false. */
  static boolean isOff(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isNumber() && value.doubleValue() == 0)
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isContainerNode() && value.isEmpty());
  }
}
