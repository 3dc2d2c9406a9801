package io.sparkpeft.optim;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What src/test/reference/optim.py and loraplus.py wrote. */
final class Golden {
  private static final JsonNode ALL = file("optim.json");

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

  static JsonNode file(String name) {
    try (InputStream in = Golden.class.getResourceAsStream(name)) {
      return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
