package io.sparkpeft.text.jinja;

import java.util.HashMap;
import java.util.Map;

/** Names and their values; what a scope does not know its parent may. */
final class Scope {
  private final Map<String, Object> values = new HashMap<>();
  private final Scope parent;

  /** The outermost scope. */
  Scope() {
    this.parent = this;
  }

  Scope(Scope parent) {
    this.parent = parent;
  }

  Object find(String name) {
    for (Scope scope = this; ; scope = scope.parent) {
      if (scope.values.containsKey(name)) {
        return scope.values.get(name);
      }
      if (scope.parent == scope) {
        return new Undefined(name);
      }
    }
  }

  void set(String name, Object value) {
    values.put(name, value);
  }
}
