package io.sparkpeft.eval;

import io.sparkpeft.base.BaseErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where tasks find their files: a folder and those directly below it, or one file. */
record SourceFolder(Path path) {

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if nothing is there
   */
  static SourceFolder of(Path path) {
    if (!Files.exists(path)) {
      throw EvalErrors.sourceMissing(path);
    }
    return new SourceFolder(path);
  }

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if the file is not there, (78) if it is there
   *     twice
   */
  Path require(String task, String file) {
    List<Path> found = find(file);
    if (found.isEmpty()) {
      throw EvalErrors.fileMissing(task, file, path);
    }
    if (found.size() > 1) {
      throw EvalErrors.ambiguousFile(task, found);
    }
    return found.get(0);
  }

  /** The file in the folder itself; otherwise all that lie in folders directly below, sorted. */
  List<Path> find(String file) {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    Path own = path.resolve(file);
    if (Files.isRegularFile(own)) {
      return List.of(own);
    }
    try (Stream<Path> children = Files.list(path)) {
      return children
          .sorted()
          .map(child -> child.resolve(file))
          .filter(Files::isRegularFile)
          .toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(path, e);
    }
  }
}
