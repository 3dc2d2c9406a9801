package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** A folder from a hub. */
public final class Downloaded extends RunResult {
  Downloaded(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** The commit that the revision stood for. */
  public String commit() {
    return text("commit");
  }
}
