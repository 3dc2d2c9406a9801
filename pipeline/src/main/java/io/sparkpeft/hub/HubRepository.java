package io.sparkpeft.hub;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A repository of a Hugging Face style hub at a revision.
 *
 * @param id {@code owner/name}, or a name alone
 * @param revision a branch, a tag or a commit
 */
public record HubRepository(Type type, String id, String revision) {
  private static final Pattern ID = Pattern.compile("[\\w.-]+(/[\\w.-]+)?");

  /** What it holds. */
  public enum Type {
    MODEL("models", ""),
    DATASET("datasets", "datasets/");

    private final String inApi;
    private final String inPaths;

    Type(String inApi, String inPaths) {
      this.inApi = inApi;
      this.inPaths = inPaths;
    }
  }

  public HubRepository {
    if (!ID.matcher(id).matches() || id.contains("..")) {
      throw HubErrors.noRepositoryId(id);
    }
  }

  /** Where its description is, with every file's size and hash. */
  String descriptionPath() {
    return "/api/%s/%s/revision/%s?blobs=true".formatted(type.inApi, id, encoded(revision));
  }

  /** Where a file is at a commit. */
  String filePath(String commit, String file) {
    StringBuilder path = new StringBuilder("/" + type.inPaths + id + "/resolve/" + commit);
    for (String part : file.split("/")) {
      path.append('/').append(encoded(part));
    }
    return path.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public String toString() {
    return id + " at " + revision;
  }
}
