package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SortedMap;
import java.util.TreeMap;

/** A token table that was written. */
public final class Prepared extends RunResult {
  Prepared(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  /** The token table's path. */
  public String table() {
    return text("table");
  }

  /** Its version. */
  public long version() {
    return count("version");
  }

  /** Records read from the source. */
  public long records() {
    return count("records");
  }

  /** Records that are not in the table, by reason. */
  public SortedMap<String, Long> dropped() {
    SortedMap<String, Long> dropped = new TreeMap<>();
    node()
        .path("dropped")
        .properties()
        .forEach(e -> dropped.put(e.getKey(), e.getValue().asLong()));
    return dropped;
  }

  public long tokens() {
    return count("tokens");
  }

  /** Tokens that are to be predicted. */
  public long targetTokens() {
    return count("target_tokens");
  }
}
