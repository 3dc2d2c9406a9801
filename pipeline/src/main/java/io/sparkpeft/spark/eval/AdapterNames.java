package io.sparkpeft.spark.eval;

import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.AdapterFolder;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.spark.storage.Storage;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * What names the adapter of a row: {@code __base__} for none, as in PEFT's mixed batches; the name
 * of one of several that lie beside each other in PEFT's layout; or a folder's path, which has a
 * slash in it.
 *
 * @param folder of those that have names; empty text if there is none
 */
public record AdapterNames(String folder) implements Serializable {
  /** PEFT's name for the base model alone. */
  static final String BASE = "__base__";

  public static AdapterNames in(Optional<Path> folder) {
    return new AdapterNames(folder.map(Path::toString).orElse(""));
  }

  /**
   * The question of a row.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such adapter, or the row names
   *     none
   */
  public Question question(String prompt, String name) {
    if (name == null) {
      throw SparkEvalErrors.namesNoAdapter(prompt);
    }
    return Question.of(prompt, folder(name));
  }

  /**
   * The folder of that adapter; empty for the base model alone.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66, 78) if there is no such adapter
   */
  public Optional<Path> folder(String name) {
    return name.equals(BASE) ? Optional.empty() : Optional.of(named(name));
  }

  private Path named(String name) {
    if (!name.contains("/") && folder.isEmpty()) {
      throw SparkEvalErrors.noNamedAdapters(name);
    }
    if (LocalCopy.isRemote(name)) {
      throw SparkEvalErrors.remoteName(name);
    }
    Path path = name.contains("/") ? Path.of(name) : AdapterFolder.of(here(), name);
    if (!Files.isRegularFile(path.resolve(AdapterFiles.CONFIG))) {
      throw SparkEvalErrors.noAdapter(name, path, names());
    }
    return path;
  }

  private Set<String> names() {
    return folder.isEmpty() ? Set.of() : AdapterFolder.list(here()).keySet();
  }

  /** Their folder on this machine, which may be another than that which named it. */
  private Path here() {
    return Storage.here().ensure(Path.of(folder));
  }
}
