package io.sparkpeft.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** An object whose attributes templates may set, from inner scopes too. */
final class Namespace {
  private final Map<String, Object> attributes = new HashMap<>();

  Namespace(Map<String, Object> attributes) {
    this.attributes.putAll(attributes);
  }

  Object attribute(String name) {
    return attributes.containsKey(name) ? attributes.get(name) : new Undefined(name);
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
