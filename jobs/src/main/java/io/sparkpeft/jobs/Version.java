package io.sparkpeft.jobs;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version that the jar's manifest states. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"spark-peft " + Optional.ofNullable(version).orElse("(unpacked)")};
  }
}
