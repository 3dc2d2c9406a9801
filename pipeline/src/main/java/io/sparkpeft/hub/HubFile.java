package io.sparkpeft.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of a repository.
 *
 * @param path in the repository; never above it
 * @param checksum of its content
 */
public record HubFile(String path, long bytes, Checksum checksum) {
  private static final int BUFFER_BYTES = 1 << 16;

  /**
   * @param hex of git's hash of the blob, or of SHA-256 where the file lies in large file storage
   */
  record Checksum(boolean large, String hex) {}

  public HubFile {
    Path relative = Path.of(path).normalize();
    if (relative.isAbsolute() || relative.startsWith("..") || path.isEmpty()) {
      throw HubErrors.pathLeavesTheFolder(path);
    }
  }

  static HubFile of(JsonNode sibling) {
    JsonNode large = sibling.path("lfs");
    return large.has("sha256")
        ? new HubFile(
            sibling.path("rfilename").asText(),
            large.path("size").asLong(),
            new Checksum(true, large.path("sha256").asText()))
        : new HubFile(
            sibling.path("rfilename").asText(),
            sibling.path("size").asLong(),
            new Checksum(false, sibling.path("blobId").asText()));
  }

  /** Whether a local file is this one. */
  boolean isIn(Path file) {
    try {
      return Files.isRegularFile(file)
          && Files.size(file) == bytes
          && hash(file).equals(checksum.hex());
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  private String hash(Path file) throws IOException {
    MessageDigest digest = digest(checksum.large() ? "SHA-256" : "SHA-1");
    if (!checksum.large()) {
      // As git hashes a blob.
      digest.update(("blob " + bytes + "\0").getBytes(StandardCharsets.UTF_8));
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
