package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A page about a run. */
public final class Reported extends RunResult {
  Reported(ObjectNode json) {
    super(json, false);
  }

  /** The page: one HTML file that needs nothing beside it. */
  public Path page() {
    return Path.of(text("report_path"));
  }
}
