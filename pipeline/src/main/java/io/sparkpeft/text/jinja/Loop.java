package io.sparkpeft.text.jinja;

import java.util.List;

/** The {@code loop} of a for block, at one of its elements. */
record Loop(List<Object> elements, int index, int depth) {
  Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) elements.size() - index;
      case "revindex0" -> elements.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == elements.size() - 1;
      case "length" -> (long) elements.size();
      case "depth" -> (long) depth;
      case "depth0" -> depth - 1L;
      case "previtem" -> index == 0 ? new Undefined(name) : elements.get(index - 1);
      case "nextitem" ->
          index == elements.size() - 1 ? new Undefined(name) : elements.get(index + 1);
      case "cycle" -> (Callable) arguments -> arguments.positional().get(index % arguments.size());
      default -> new Undefined(name);
    };
  }
}
