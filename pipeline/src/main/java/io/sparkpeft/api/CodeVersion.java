package io.sparkpeft.api;

import java.util.Optional;

/** Which spark-peft this is. */
final class CodeVersion {
  private CodeVersion() {}

  /** The jar's version, or "unpacked" where the classes lie in a folder. */
  static String text() {
    Optional<String> version =
        Optional.ofNullable(CodeVersion.class.getPackage().getImplementationVersion());
    return "spark-peft " + version.orElse("unpacked");
  }
}
