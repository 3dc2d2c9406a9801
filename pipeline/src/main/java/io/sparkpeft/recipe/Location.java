package io.sparkpeft.recipe;

import io.sparkpeft.base.LocalCopy;
import java.nio.file.Path;

/** Where something lies, in words that mean the same on the driver and on every executor. */
final class Location {
  private Location() {}

  /** A local path made absolute; an address with a scheme ({@code s3a://...}) as it is. */
  static String absolute(String location) {
    return location.matches("[A-Za-z][A-Za-z0-9+.-]*:.*") ? location : folder(location).toString();
  }

  /**
   * A local path made absolute.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) if it lies in another file system
   */
  static Path folder(String path) {
    if (LocalCopy.isRemote(path)) {
      throw RecipeErrors.notLocal(path);
    }
    return Path.of(path).toAbsolutePath().normalize();
  }
}
