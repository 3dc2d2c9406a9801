package io.sparkpeft.optim;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What src/test/reference/optim.py wrote. */
final class Golden {
  private static final JsonNode ALL = read();

  private Golden() {}

  static JsonNode of(String name) {
    return ALL.get(name);
  }

  static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).floatValue();
    }
    return values;
  }

  private static JsonNode read() {
    try (InputStream in = Golden.class.getResourceAsStream("optim.json")) {
      return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
