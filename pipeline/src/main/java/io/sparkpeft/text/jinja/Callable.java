package io.sparkpeft.text.jinja;

/** A function, a macro, or a method bound to its object. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments);
}
