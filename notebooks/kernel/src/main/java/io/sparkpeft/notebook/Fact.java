package io.sparkpeft.notebook;

/** A line of a card. */
record Fact(String name, String value) {}
