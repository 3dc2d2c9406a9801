package io.sparkpeft.report;

/** A name and what it stands for, for a person. */
public record Fact(String name, String value) {}
