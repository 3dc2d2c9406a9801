package io.sparkpeft.text.jinja;

/**
 * The value of what does not exist: prints as nothing, is false, and allows nothing else.
 *
 * @param name what was asked for
 */
record Undefined(String name) {
  JinjaException refused() {
    return new JinjaException("'" + name + "' is undefined");
  }
}
