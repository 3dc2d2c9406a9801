package io.sparkpeft.recipe;

import java.nio.file.Path;

/** Where something lies, in words that mean the same on the driver and on every executor. */
final class Location {
  private Location() {}

  /** A local path made absolute; an address with a scheme ({@code s3a://...}) as it is. */
  static String absolute(String location) {
    return location.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") ? location : folder(location).toString();
  }

  /** A local path made absolute. */
  static Path folder(String path) {
    return Path.of(path).toAbsolutePath().normalize();
  }
}
