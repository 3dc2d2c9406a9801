package io.sparkpeft.base;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the local copy of what lies in an object store is kept. Its path tells of what it is a
 * copy, so that it means the same on every machine: of {@code s3a://bucket/models/llama}
 *
 * <pre>CACHE/spark-peft-copies/s3a/bucket/models/llama/@folder-VERSION</pre>
 */
public final class LocalCopy {
  /** What a copy is of. */
  public enum Kind {
    /** A folder as it was in one version. */
    FOLDER("@folder-"),
    /** A file as it was in one version: the only one in the copy's folder. */
    FILE("@file-"),
    /** A folder that a run is writing. */
    RUN("@run-");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  private static final String ROOT = "spark-peft-copies";
  private static final String NO_AUTHORITY = "_";

  private LocalCopy() {}

  /** Whether a location is another file system's, by its scheme: {@code s3a://...}, not file. */
  public static boolean isRemote(String location) {
    return location.matches("[A-Za-z][A-Za-z0-9+.-]*://.*") && !location.startsWith("file:");
  }

  /**
   * The folder that is, or holds, the copy.
   *
   * @param cache the folder of all copies
   * @param version tells one content of the location from another
   */
  public static Path of(Path cache, String location, Kind kind, String version) {
    int scheme = location.indexOf("://");
    String rest = location.substring(scheme + 3);
    int slash = (rest + "/").indexOf('/');
    String authority = slash == 0 ? NO_AUTHORITY : rest.substring(0, slash);
    Path copy = cache.resolve(ROOT).resolve(location.substring(0, scheme)).resolve(authority);
    for (String name : rest.substring(Math.min(slash, rest.length())).split("/")) {
      copy = copy.resolve(name);
    }
    return copy.resolve(kind.prefix + version);
  }

  /** What a path is a copy of, whole or a part; empty for one that is no copy. */
  public static Optional<String> origin(Path path) {
    List<String> names = new ArrayList<>();
    path.forEach(name -> names.add(name.toString()));
    int root = names.lastIndexOf(ROOT);
    for (int i = root + 3; root >= 0 && i < names.size(); i++) {
      for (Kind kind : Kind.values()) {
        if (names.get(i).startsWith(kind.prefix)) {
          return Optional.of(location(names.subList(root + 1, names.size()), i - root - 1, kind));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * @param marked which of the names says what kind of copy it is
   */
  private static String location(List<String> names, int marked, Kind kind) {
    List<String> parts = new ArrayList<>(names.subList(2, marked));
    if (kind != Kind.FILE) {
      parts.addAll(names.subList(marked + 1, names.size()));
    }
    String authority = names.get(1).equals(NO_AUTHORITY) ? "" : names.get(1);
    String path = parts.isEmpty() ? "" : "/" + String.join("/", parts);
    return names.get(0) + "://" + authority + path;
  }

  /**
   * The folder within a path that is, or holds, the whole copy; empty for one that is no copy, and
   * for what a run writes, which comes and goes by parts.
   */
  public static Optional<Path> whole(Path path) {
    for (Path at = path; at != null && at.getFileName() != null; at = at.getParent()) {
      String name = at.getFileName().toString();
      for (Kind kind : List.of(Kind.FOLDER, Kind.FILE)) {
        if (name.startsWith(kind.prefix) && origin(at).isPresent()) {
          return Optional.of(at);
        }
      }
    }
    return Optional.empty();
  }

  /** How a person, a table and a result call it: by its origin, else by the path. */
  public static String name(Path path) {
    return origin(path).orElseGet(path::toString);
  }
}
