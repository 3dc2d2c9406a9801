package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** A version of an adapter that was promoted. */
public final class Promoted extends RunResult {
  Promoted(ObjectNode json, boolean reused) {
    super(json, reused);
  }

  public String name() {
    return text("name");
  }

  /** 1 for the first of its name. */
  public long version() {
    return count("version");
  }

  /** Where the adapter is: a folder's path, or its address in an object store. */
  public String adapterLocation() {
    return text("adapter_path");
  }

  /** The folder of its files. */
  public Path adapterPath() {
    return Path.of(text("adapter_path"));
  }

  /** How it stood with its gate: passed, not_passed or not_asked. */
  public String gate() {
    return text("gate");
  }
}
