package io.sparkpeft.jobs;

import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code _RESULT.json} of a failed run, alone in the folder where the result would have been. (That
 * of a run that succeeds is the last file of its result's folder, which appears whole.) The next
 * try takes it away.
 */
final class ResultFile {
  static final String NAME = "_RESULT.json";

  private ResultFile() {}

  /** Of a job whose folder holds the results of others: written once they are all there. */
  static void write(Path folder, String json) {
    Path aside = folder.resolve("." + NAME + ".part");
    try {
      try {
        Files.writeString(aside, json + "\n");
        Files.move(aside, folder.resolve(NAME), StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder.resolve(NAME), e);
    }
  }

  /** Leaves a folder that exists, whoever made it, as it is. */
  static void writeFailure(Path folder, String json) {
    if (Files.exists(folder)) {
      return;
    }
    try (NewFolder aside = NewFolder.at(folder)) {
      aside.write(NAME, (json + "\n").getBytes(StandardCharsets.UTF_8));
      aside.commit();
    }
  }

  /** Removes the folder if it holds nothing but the result of a failed run. */
  static void clearFailure(Path folder) {
    Path file = folder.resolve(NAME);
    if (Files.isRegularFile(file) && isAlone(file)) {
      if (Json.read(file).path("status").asText().equals("failed")) {
        NewFolder.deleteTree(folder);
      }
    }
  }

  private static boolean isAlone(Path file) {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files.toList().equals(List.of(file));
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file.getParent(), e);
    }
  }
}
